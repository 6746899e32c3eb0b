"""Fields of a query: what each asks of a document, and by which values a document is found at once."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from parvis.core.matching.prepared import Prepared
from parvis.core.matching.signs import has_handles, has_tags
from parvis.core.query.document import Document
from parvis.core.query.fields import BY_NAME, Value
from parvis.core.query.homoglyphs import hard
from parvis.core.query.values import (
    days_span,
    host_of,
    name_key,
    number_span,
    since_start,
)
from parvis.core.query.words import folded, folded_parts, pattern_holds


class FieldHolds:
    __slots__ = ("test", "wanted")

    def __init__(self, test: Callable[[Prepared, Any], bool], wanted: Any) -> None:
        self.test = test
        self.wanted = wanted

    def holds(self, of: Prepared) -> bool:
        return self.test(of, self.wanted)


def field_predicate(name: str, value: str, *, is_hard: bool) -> FieldHolds:  # noqa: PLR0911 (one for each kind)
    """Of a field and its normal value. Hashtags and mentions are leaves of the text: not here."""
    match BY_NAME[name].value:
        case Value.WORDS:
            wanted = tuple(hard(word) if is_hard else word for word in folded_parts(value))
            return FieldHolds(_title_says if name == "title" else _author_is, wanted)
        case Value.LETTERS:
            return FieldHolds(_has_in_url, value.casefold())
        case Value.HOST:
            return FieldHolds(_is_on, value)
        case Value.LANGUAGE:
            return FieldHolds(_is_in_language, value)
        case Value.NUMBER:
            return FieldHolds(_NUMBERS[name], number_span(value))
        case Value.DAYS:
            return FieldHolds(_is_of_days, value)
        case Value.AGE:
            return FieldHolds(_is_since, value)
        case Value.CHOICE:
            return _choice(name, value)
        case _:
            return _named(name, name_key(value))


def _title_says(of: Prepared, wanted: tuple[str, ...]) -> bool:
    return _says(of.words[: of.bar], wanted)


def _author_is(of: Prepared, wanted: tuple[str, ...]) -> bool:
    return any(_says(list(map(of.mode, folded(name))), wanted) for name in (of.document.author, of.document.handle))


def _says(words: list[str], wanted: tuple[str, ...]) -> bool:
    return any(
        all(pattern_holds(*pair) for pair in zip(wanted, words[at:], strict=False))
        for at in range(len(words) - len(wanted) + 1)
    )


def _has_in_url(of: Prepared, wanted: str) -> bool:
    return wanted in of.document.url.casefold()


def _is_on(of: Prepared, wanted: str) -> bool:
    return wanted in values_of("site", of)


def _is_in_language(of: Prepared, wanted: str) -> bool:
    return wanted in values_of("lang", of)


def _is_of_days(of: Prepared, days: str) -> bool:
    at = of.document.published_at
    if at is None:
        return False
    begin, end = days_span(days, of.zone)
    return (begin is None or at >= begin) and (end is None or at < end)


def _is_since(of: Prepared, age: str) -> bool:
    at = of.document.published_at
    return at is not None and at >= since_start(age, of.now)


_NUMBERS: Mapping[str, Callable[[Prepared, Any], bool]] = {
    "followers": lambda of, span: span.holds(of.document.followers),
    "reach": lambda of, span: span.holds(of.document.reach),
    "spam": lambda of, span: span.holds(of.document.spam),
    "toxicity": lambda of, span: span.holds(of.document.toxicity),
    "sentiment": lambda of, span: span.holds(of.document.sentiment),
}


def _choice(name: str, value: str) -> FieldHolds:
    if name == "fold":
        return FieldHolds(lambda _of, _wanted: True, None)
    if (name, value) == ("is", "snoozed"):
        return FieldHolds(lambda of, wanted: of.document.state == wanted, value)
    if (name, value) == ("has", "link"):
        return FieldHolds(lambda of, _wanted: of.document.holds_link, None)
    if name in {"is", "has"}:
        return FieldHolds(_is_claimed, f"{name}_{value}")
    return FieldHolds(_NAMED[name], value)


def _is_claimed(of: Prepared, claim: str) -> bool:
    return getattr(of.document, claim) is True


def _named(name: str, wanted: str) -> FieldHolds:
    if name == "assignee" and wanted in {"nobody", "personne"}:
        return FieldHolds(lambda of, _wanted: of.document.assignee == (), None)
    if name == "assignee" and wanted in {"me", "moi"}:
        return FieldHolds(_is_claimed, "is_mine")
    return FieldHolds(_NAMED[name], wanted)


_NAMES: Mapping[str, Callable[[Document], Iterable[str]]] = {
    "channel": lambda document: document.channel,
    "department": lambda document: document.department,
    "assignee": lambda document: document.assignee or (),
    "label": lambda document: document.labels,
    "story": lambda document: document.story,
    "platform": lambda document: (document.platform,),
    "kind": lambda document: (document.kind,),
    "state": lambda document: (document.state,),
    "priority": lambda document: (document.priority,),
}


def _name_test(name: str) -> Callable[[Prepared, str], bool]:
    return lambda of, wanted: wanted in values_of(name, of)


_NAMED: Mapping[str, Callable[[Prepared, str], bool]] = {name: _name_test(name) for name in _NAMES}


def found_by(name: str, value: str, *, is_hard: bool) -> tuple[str, str] | None:
    """The (name, value) under which every document that the field holds for is found; None where there is none.

    `values_of` gives a document's values under that name.
    """
    match BY_NAME[name].value:
        case Value.WORDS if name == "author":
            plain = [hard(word) if is_hard else word for word in folded_parts(value) if "*" not in word]
            return (name, max(plain, key=len)) if plain else None
        case Value.HOST | Value.LANGUAGE:
            return name, value
        case Value.CHOICE if name in _NAMES:
            return name, value
        case Value.NAME if name != "assignee" or name_key(value) not in {"nobody", "personne", "me", "moi"}:
            return name, name_key(value)
        case _:
            return None


def has_values(name: str, of: Prepared) -> bool:
    """False where it is seen at once that there are none: most texts have no hashtag."""
    if name == "hashtag":
        return has_tags(of.document)
    return name != "mention" or has_handles(of.document)


def values_of(name: str, of: Prepared) -> set[str]:
    """A document's values of a field by which queries are found. "" among them: it has any."""
    values = of.values.get(name)
    if values is None:
        values = of.values[name] = _values_of(name, of)
    return values


def _values_of(name: str, of: Prepared) -> set[str]:
    if name in {"hashtag", "mention"}:
        signs = of.tags if name == "hashtag" else of.handles
        return {key for sign in signs for key in sign.keys} | {""} if signs else set()
    document = of.document
    if name in _NAMES:
        return {name_key(one) for one in _NAMES[name](document) if one}
    if name == "lang":
        tag = document.lang.lower().replace("_", "-")
        return {tag, tag.split("-")[0]}
    if name == "site":
        return _hosts_of_origin("/".join(document.url.split("/", 3)[:3]))
    return {of.mode(word) for text in (document.author, document.handle) for word in folded(text)}  # author


@lru_cache(4096)
def _hosts_of_origin(origin: str) -> set[str]:
    """Of an address up to its path, the host and those above it: many documents come from the same sites."""
    host = host_of(origin)
    return {host[at:] for at in range(len(host)) if not at or host[at - 1] == "."}
