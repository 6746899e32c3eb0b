"""What style rules say that can hide something, and to which elements they apply."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from parvis.core.integrity.tree import Element

HIDING = frozenset(
    {"display", "visibility", "position", "left", "right", "top", "bottom", "width", "height", "max-width",
     "max-height", "overflow", "overflow-x", "overflow-y", "font-size", "opacity", "clip", "clip-path", "text-indent",
     "color", "background", "background-color", "z-index", "transform", "margin-left", "margin-top", "margin",
     "inset", "filter", "line-height", "font", "content-visibility"}
)  # fmt: skip
Declared = dict[str, str]

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]*+)([{}])")
_SCREEN = re.compile(r"(?:^|,)\s*(?:only\s+)?(?:all|screen)?\s*(?:$|,)")
_PLAIN_MEDIA = re.compile(r"@(?:media\s*(?P<media>[^{]*)|layer|supports|scope)", re.IGNORECASE)
_MOST_RULES = 20_000
_COMPOUND = re.compile(r"([#.]?)((?:[\w-]|[^\x00-\x7f]|\\.)+)|\[([^\]]*+)\]|(:{1,2}[\w-]+(?:\([^)]*+\))?)|(\*)")
_COMBINED = re.compile(r"\s*([>+~])\s*|\s+")
_ATTRIBUTE = re.compile(r"\s*([\w-]+)\s*(?:([~^$*|]?)=\s*[\"']?([^\"']*)[\"']?(?:\s+[iIsS])?)?\s*")


class Compound(NamedTuple):
    tag: str
    identifiers: tuple[str, ...]
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...]


class Selector(NamedTuple):
    """The compounds from the right to the left, each with what joins it to the one before."""

    compounds: tuple[tuple[str, Compound], ...]
    weight: tuple[int, int, int]


class Rules:
    """Of all style sheets of a page, found by what stands rightmost in their selectors."""

    def __init__(self, sheets: Sequence[str]) -> None:
        self._by_key: dict[str, list[tuple[Selector, int, Declared]]] = {}
        order = 0
        for sheet in sheets:
            for selectors, body in _rules_in(sheet):
                order += 1
                declared = declarations(body)
                if order > _MOST_RULES:
                    return
                if not declared:
                    continue
                for written in selectors.split(","):
                    selector = _selector(written.strip())
                    if selector is not None:
                        key = _key_of(selector.compounds[0][1])
                        self._by_key.setdefault(key, []).append((selector, order, declared))

    def of(self, element: Element) -> Declared:
        """What is declared for an element, its own style attribute last."""
        found: Declared = {}
        if self._by_key:
            matching = [
                (selector.weight, order, declared)
                for key in _keys(element)
                for selector, order, declared in self._by_key.get(key, ())
                if _applies(selector, element)
            ]
            for _, _, declared in sorted(matching, key=lambda rule: rule[:2]):
                _lay_over(found, declared)
        if "style" in element.attributes:
            _lay_over(found, declarations(element.get("style")))
        return found


@lru_cache(maxsize=4096)
def _declared(body: str) -> Declared:
    found: Declared = {}
    for declaration in body.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower().lstrip("*_")
        if colon and name in HIDING:
            _lay_over(found, {name: value.strip().lower()})
    return found


def declarations(body: str) -> Declared:
    """The properties that can hide, with their values in small letters."""
    if "/*" in body:
        body = _COMMENT.sub(" ", body)
    if "\\" in body:
        body = re.sub(r"\\([0-9a-fA-F]{1,6})\s?", lambda code: chr(min(int(code[1], 16), 0xFFFF)), body)
    return _declared(body)


def _lay_over(found: Declared, declared: Declared) -> None:
    """A later declaration wins, unless the earlier one alone is important."""
    for name, value in declared.items():
        if "!important" in found.get(name, "") and "!important" not in value:
            continue
        found[name] = value


def _rules_in(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and bodies of what applies on a screen of any size."""
    sheet = _COMMENT.sub(" ", sheet) if "/*" in sheet else sheet
    opened: list[bool] = []
    selectors = ""
    is_in_rule = False
    for match in _RULE.finditer(sheet):
        text, sign = match.groups()
        if sign == "{":
            prelude = text.rsplit(";", 1)[-1].strip()
            if prelude.startswith("@"):
                opened.append(_is_for_every_screen(prelude))
                is_in_rule = False
            else:
                opened.append(True)
                selectors, is_in_rule = prelude, True
            continue
        if is_in_rule and all(opened):
            yield selectors, text
        is_in_rule = False
        if opened:
            opened.pop()


def _is_for_every_screen(prelude: str) -> bool:
    found = _PLAIN_MEDIA.match(prelude)
    if found is None:
        return False
    return found["media"] is None or _SCREEN.search(found["media"].strip().lower()) is not None


@lru_cache(maxsize=8192)
def _selector(written: str) -> Selector | None:
    """None for what holds in certain states alone (:hover, ::before, :not …) or is not understood."""
    compounds: list[tuple[str, Compound]] = []
    weights = [0, 0, 0]
    joint, at = "", 0
    while at < len(written):
        combined = _COMBINED.match(written, at)
        if combined and compounds:
            joint, at = combined[1] or " ", combined.end()
        start, parts = at, []
        while (part := _COMPOUND.match(written, at)) is not None and part.end() > at:
            parts.append(part)
            at = part.end()
        if at == start:
            return None
        compound = _compound(parts)
        if compound is None:
            return None
        weights[0] += len(compound.identifiers)
        weights[1] += len(compound.classes) + len(compound.attributes)
        weights[2] += bool(compound.tag)
        compounds.append((joint, compound))
    if not compounds:
        return None
    joints = [joint for joint, _ in compounds[1:]] + [""]
    backwards = [(joint, compound) for joint, (_, compound) in zip(joints, compounds, strict=True)][::-1]
    # Each compound comes with what joins it to the one on its right.
    return Selector(tuple(backwards), (weights[0], weights[1], weights[2]))


def _compound(parts: Sequence[re.Match[str]]) -> Compound | None:
    tag, identifiers, classes, attributes = "", [], [], []
    for sign, name, attribute, state, _ in (part.groups() for part in parts):
        if state:
            if state.lower() not in {":link", ":root", ":any-link"}:
                return None
        elif attribute is not None:
            found = _ATTRIBUTE.fullmatch(attribute)
            if found is None:
                return None
            attributes.append((found[1].lower(), found[2] or ("=" if found[3] is not None else ""), found[3] or ""))
        elif sign == "#":
            identifiers.append(name.replace("\\", ""))
        elif sign == ".":
            classes.append(name.replace("\\", ""))
        elif name:
            tag = name.lower()
    return Compound(tag, tuple(identifiers), tuple(classes), tuple(attributes))


def _key_of(compound: Compound) -> str:
    if compound.identifiers:
        return "#" + compound.identifiers[0]
    if compound.classes:
        return "." + compound.classes[0]
    return compound.tag or "*"


def _keys(element: Element) -> Iterator[str]:
    if identifier := element.attributes.get("id"):
        yield "#" + identifier
    yield from {"." + name for name in element.attributes.get("class", "").split()}
    yield element.tag
    yield "*"


def _applies(selector: Selector, element: Element) -> bool:
    """Siblings (+ and ~) are not looked at: such a rule is taken as not applying."""
    (_, first), *others = selector.compounds
    if not _fits(first, element):
        return False
    at: Element | None = element
    for joint, compound in others:
        if joint in {"+", "~"}:
            return False
        at = at.parent if at else None
        while at is not None and not _fits(compound, at):
            if joint == ">":
                return False
            at = at.parent
        if at is None:
            return False
    return True


def _fits(compound: Compound, element: Element) -> bool:
    if compound.tag and compound.tag != element.tag:
        return False
    attributes = element.attributes
    if compound.identifiers and any(attributes.get("id") != name for name in compound.identifiers):
        return False
    if compound.classes:
        own = attributes.get("class", "").split()
        if any(name not in own for name in compound.classes):
            return False
    return all(_has(attributes, *wanted) for wanted in compound.attributes)


def _has(attributes: dict[str, str], name: str, how: str, value: str) -> bool:
    own = attributes.get(name)
    if own is None or how == "":
        return own is not None
    return {
        "=": own == value,
        "~": value in own.split(),
        "^": own.startswith(value),
        "$": own.endswith(value),
        "*": value in own,
        "|": own == value or own.startswith(value + "-"),
    }[how]
