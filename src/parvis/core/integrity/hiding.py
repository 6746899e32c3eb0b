"""Whether a reader sees what stands in an element, and if not, by what it is hidden."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from parvis.core.integrity.colours import colour_of, look_alike
from parvis.core.integrity.styles import Declared, Rules
from parvis.core.integrity.tree import Element


class By(StrEnum):
    """How something is hidden. The first ones serve menus and dialogues every day, the others hardly ever."""

    DISPLAY = "display:none"
    VISIBILITY = "visibility:hidden"
    ATTRIBUTE = "hidden"
    SCRIPT = "script"
    NOSCRIPT = "noscript"
    OVERFLOW = "overflow:hidden"
    CLIP = "clip"
    OPACITY = "opacity:0"
    OFF_SCREEN = "off-screen"
    SIZE = "no size"
    FONT = "font-size:0"
    INDENT = "text-indent"
    COLOUR = "same colour"
    BEHIND = "behind"

    @property
    def is_common(self) -> bool:
        return self in {By.DISPLAY, By.VISIBILITY, By.ATTRIBUTE, By.SCRIPT, By.NOSCRIPT}


class Hidden(NamedTuple):
    by: By
    root: Element


_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(px|em|rem|ex|ch|pt|cm|mm|in|pc|vw|vh|vmin|vmax|%)?")
_PIXELS = {"em": 16, "rem": 16, "ex": 8, "ch": 8, "pt": 1.33, "cm": 38, "mm": 3.8, "in": 96, "pc": 16}
_FAR_PIXELS = 400
_FAR_SHARE = 95
"""Of the screen: menus that slide in wait at exactly -100 %, so only the sides count that nothing slides in from."""
_CLIPPED = re.compile(r"rect\(\s*([01])(?:px|em)?[\s,]+\1(?:px|em)?[\s,]+\1(?:px|em)?[\s,]+\1(?:px|em)?\s*\)")
_CLIP_PATH = re.compile(r"inset\(\s*(?:50|100)%|circle\(\s*0|polygon\(\s*0\s+0\s*,\s*0\s+0\s*,\s*0\s+0")
_SHIFTED = re.compile(
    r"translate(?:x|y|3d)?\(\s*(-?[\d.]+)(px|em|rem|vw|vh|%)?(?:\s*,\s*(-?[\d.]+)(px|em|rem|vw|vh|%)?)?"
)
_BY_SCRIPT = re.compile(
    r"getElementById\(\s*[\"']([^\"']{1,80})[\"']\s*\)\s*\.\s*style\s*\.\s*"
    r"(?:display\s*=\s*[\"']none|visibility\s*=\s*[\"']hidden|(?:left|top|textIndent)\s*=\s*[\"']-\d{3})"
)
_SCALED = re.compile(r"scale(?:x|y|3d)?\(\s*0(?:\.0+)?\s*[,)]")


class Hiding:
    """Of one page; each element is looked at once, and only where somebody asks."""

    def __init__(self, sheets: Sequence[str], *, scripts: Sequence[str] = ()) -> None:
        self._rules = Rules(sheets)
        self._hidden_ids = {found[1] for script in scripts for found in _BY_SCRIPT.finditer(script)}
        self._declared: dict[Element, Declared] = {}
        self._hidden: dict[Element, Hidden | None] = {}

    def of(self, element: Element) -> Hidden | None:
        """The outermost thing that hides the element."""
        path = []
        at: Element | None = element
        while at is not None and at not in self._hidden:
            path.append(at)
            at = at.parent
        hidden = self._hidden[at] if at is not None else None
        for one in reversed(path):
            hidden = self._below(one, hidden)
            self._hidden[one] = hidden
        return hidden

    def _below(self, element: Element, above: Hidden | None) -> Hidden | None:
        declared = self._rules.of(element)
        self._declared[element] = declared
        if above is not None and not self._shows_again(declared, above.by):
            return above
        by = self._by(element, declared)
        return None if by is None else Hidden(by, element)

    @staticmethod
    def _shows_again(declared: Declared, by: By) -> bool:
        if by is By.VISIBILITY:
            return _word(declared.get("visibility")) == "visible"
        if by is By.FONT:
            size = _pixels(declared.get("font-size"))
            return size is not None and size > 4 and not declared.get("font-size", "").rstrip().endswith(("em", "%"))
        if by is By.COLOUR:
            return "color" in declared
        if by is By.INDENT:
            return _pixels(declared.get("text-indent")) == 0
        return False

    def _by(self, element: Element, declared: Declared) -> By | None:
        attributes = element.attributes
        if element.tag == "noscript":
            return By.NOSCRIPT
        if "hidden" in attributes and attributes["hidden"].lower() != "until-found" and "display" not in declared:
            return By.ATTRIBUTE
        if attributes.get("id") in self._hidden_ids:
            return By.SCRIPT
        if element.tag in {"template", "noframes"} or (element.tag == "dialog" and "open" not in attributes):
            return By.ATTRIBUTE
        if declared or element.tag == "font" or "width" in attributes or "height" in attributes:
            return self._by_style(element, declared)
        return None

    def _by_style(self, element: Element, declared: Declared) -> By | None:
        if _word(declared.get("display")) == "none":
            return By.DISPLAY
        if _word(declared.get("visibility")) in {"hidden", "collapse"}:
            return By.VISIBILITY
        for by, is_so in (
            (By.OFF_SCREEN, _is_off_screen),
            (By.CLIP, _is_clipped),
            (By.SIZE, _has_no_size),
            (By.FONT, _has_no_font),
            (By.INDENT, _is_indented_away),
            (By.OPACITY, _is_clear),
            (By.BEHIND, _is_behind),
        ):
            if is_so(declared):
                return by
        if _is_tiny_marquee(element, declared):
            return By.SIZE
        return By.COLOUR if self._is_of_its_ground(element, declared) else None

    def _is_of_its_ground(self, element: Element, declared: Declared) -> bool:
        """Text in the colour of what stands behind it, where the page tells both."""
        written = declared.get("color") or (element.get("color") if element.tag == "font" else "")
        ink = colour_of(written) if written else None
        if ink is None:
            return False
        if ink.is_clear:
            return True
        for one in element.line_up():
            own = declared if one is element else self._declared.get(one, {})
            ground = own.get("background-color") or own.get("background") or one.get("bgcolor")
            if ground:
                if "url(" in ground or "gradient" in ground:
                    return False
                colour = colour_of(ground)
                if colour is not None and not colour.is_clear:
                    return look_alike(ink, colour)
        return False


def _word(value: str | None) -> str:
    return value.replace("!important", "").strip() if value else ""


def _pixels(value: str | None) -> float | None:
    """None for no length, and for a share of something."""
    found = _LENGTH.match(value) if value else None
    if found is None:
        return None
    unit = found[2] or "px"
    number = float(found[1])
    if unit == "%" or unit.startswith("v"):
        return number if number == 0 else None
    return number * _PIXELS.get(unit, 1)


def _is_far(value: str | None) -> bool:
    """Beyond the left or the upper edge, or far beyond the others."""
    pixels = _pixels(value)
    if pixels is not None:
        return pixels <= -_FAR_PIXELS or pixels >= 5_000
    found = _LENGTH.match(value) if value else None
    return found is not None and float(found[1]) < -2 * _FAR_SHARE


def _is_off_screen(declared: Declared) -> bool:
    position = _word(declared.get("position"))
    sides = ("left", "top", "right", "bottom", "inset")
    if position in {"absolute", "fixed", "relative"} and any(_is_far(declared.get(side)) for side in sides):
        return True
    margins = declared.get("margin", "").split()
    if any(_is_far(value) for value in [declared.get("margin-left"), declared.get("margin-top"), *margins]):
        return True
    moved = _SHIFTED.search(declared.get("transform", ""))
    return moved is not None and any(
        number is not None and _is_far(f"{number}{unit or 'px'}")
        for number, unit in ((moved[1], moved[2]), (moved[3], moved[4]))
    )


def _is_clipped(declared: Declared) -> bool:
    if _CLIP_PATH.search(declared.get("clip-path", "")):
        return True
    return (
        _word(declared.get("position")) in {"absolute", "fixed"}
        and _CLIPPED.search(declared.get("clip", "")) is not None
    )


def _has_no_size(declared: Declared) -> bool:
    """At most two pixels wide or high, and what does not fit is cut off."""
    is_cut = any(
        _word(declared.get(name)).startswith(("hidden", "clip", "scroll", "auto"))
        for name in ("overflow", "overflow-x", "overflow-y")
    )
    if not is_cut:
        return False
    return any(
        size is not None and 0 <= size <= 2
        for size in (_pixels(declared.get(name)) for name in ("width", "height", "max-width", "max-height"))
    )


def _has_no_font(declared: Declared) -> bool:
    size = _pixels(declared.get("font-size"))
    if size is None and "font" in declared:
        found = re.search(r"(?:^|\s)(-?[\d.]+(?:px|pt|em|%)|0)(?:/|\s)", declared["font"] + " ")
        size = _pixels(found[1]) if found else None
    return size is not None and size <= 2


def _is_indented_away(declared: Declared) -> bool:
    indent = _pixels(declared.get("text-indent"))
    return indent is not None and (indent <= -_FAR_PIXELS or indent >= 5_000)


def _is_clear(declared: Declared) -> bool:
    found = _LENGTH.match(declared.get("opacity", ""))
    if found is not None and float(found[1]) <= (2 if found[2] == "%" else 0.02):
        return True
    return _SCALED.search(declared.get("transform", "")) is not None or "alpha(opacity=0)" in declared.get(
        "filter", ""
    ).replace(" ", "")


def _is_behind(declared: Declared) -> bool:
    if _word(declared.get("position")) not in {"absolute", "fixed"}:
        return False
    try:
        return int(_word(declared.get("z-index")) or "0") <= -1
    except ValueError:
        return False


def _is_tiny_marquee(element: Element, declared: Declared) -> bool:
    """Browsers no longer let it run, and it cuts off what does not fit."""
    if element.tag != "marquee":
        return False
    sizes = [element.get("width"), element.get("height"), declared.get("width"), declared.get("height")]
    return any(size is not None and size <= 2 for size in map(_pixels, sizes))
