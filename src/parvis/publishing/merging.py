"""Two people in one draft: what each changed since they began is put together; nothing typed is lost.

Three-way, field by field; within a text paragraph by paragraph. Where both changed the same paragraph
nobody can put it together but a person.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

TEXTS = frozenset({"text", "title", "warning", "comment", "alt", "caption"})
_LISTS = frozenset({"thread", "media"})
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """What stands in the base from `start` to `end` becomes `new`."""

    start: int
    end: int
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    values: dict[str, Any]
    conflicts: tuple[str, ...]
    """Fields that both changed in the same place; `values` has theirs."""


def merge_fields(
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    mine: Mapping[str, Any],
    *,
    common: Mapping[str, Any] | None = None,
) -> Merged:
    """`common` says what a field that is missing in the base stood for."""
    values: dict[str, Any] = {}
    conflicts: list[str] = []
    for name in dict.fromkeys([*theirs, *mine]):
        before, other, own = (side.get(name, _NOTHING) for side in (base, theirs, mine))
        if own in (other, before):
            value = other
        elif other == before:
            value = own
        else:
            was = (common or {}).get(name, _NOTHING) if before is _NOTHING else before
            value, failed = _merged_value(name, was, other, own)
            conflicts += failed
        if value is not _NOTHING:
            values[name] = value
    return Merged(values, tuple(conflicts))


def merge_text(base: str, theirs: str, mine: str) -> str | None:
    """None where both changed the same paragraph."""
    if mine in (theirs, base):
        return theirs
    if theirs == base:
        return mine
    merged = merge_sequences(base.split("\n"), theirs.split("\n"), mine.split("\n"))
    return None if merged is None else "\n".join(merged)


def merge_sequences(base: Sequence[str], theirs: Sequence[str], mine: Sequence[str]) -> list[str] | None:
    """What both put in at the same place stays, theirs first; None where they changed the same."""
    merged: list[str] = []
    at = 0
    for left, right in _clusters(_changes(base, theirs), _changes(base, mine)):
        both = [*left, *right]
        start, end = min(one.start for one in both), max(one.end for one in both)
        found = _settled(base, left, right, start, end)
        if found is None:
            return None
        merged += [*base[at:start], *found]
        at = end
    return [*merged, *base[at:]]


def _merged_value(name: str, base: Any, theirs: Any, mine: Any) -> tuple[Any, list[str]]:
    """The value, and the names of what could not be put together."""
    found: Any = None
    if name in TEXTS and all(isinstance(side, str) for side in (base, theirs, mine)):
        found = merge_text(base, theirs, mine)
    elif name in _LISTS and all(isinstance(side, list) for side in (base, theirs, mine)):
        found = _merged_list(base, theirs, mine)
    elif name == "options" and all(isinstance(side, dict) for side in (base, theirs, mine)):
        inner = merge_fields(base, theirs, mine)
        return inner.values, [f"options.{one}" for one in inner.conflicts]
    return (theirs, [name]) if found is None else (found, [])


def _merged_list(base: list[Any], theirs: list[Any], mine: list[Any]) -> list[Any] | None:
    """Parts of a thread or media: as a sequence, or, where the same are there, one by one."""
    sides = [[json.dumps(one, sort_keys=True) for one in side] for side in (base, theirs, mine)]
    merged = merge_sequences(*sides)
    if merged is not None:
        return [json.loads(one) for one in merged]
    if not len(base) == len(theirs) == len(mine):
        return None
    found = [_merged_element(*three) for three in zip(base, theirs, mine, strict=True)]
    return None if any(one is None for one in found) else found


def _merged_element(base: Any, theirs: Any, mine: Any) -> Any:
    if isinstance(base, str):
        return merge_text(base, theirs, mine)
    if any(not base.get(name) == theirs.get(name) == mine.get(name) for name in ("path", "asset")):
        return None
    merged = merge_fields(base, theirs, mine)
    return None if merged.conflicts else merged.values


def _changes(base: Sequence[str], changed: Sequence[str]) -> list[Change]:
    matcher = SequenceMatcher(None, base, changed, autojunk=False)
    return [
        Change(start, end, tuple(changed[first:last]))
        for kind, start, end, first, last in matcher.get_opcodes()
        if kind != "equal"
    ]


def _clusters(left: list[Change], right: list[Change]) -> Iterator[tuple[list[Change], list[Change]]]:
    """In order; changes of both sides that touch the same come together."""
    while left or right:
        if left and right and _touch(left[0], right[0]):
            yield _cluster(left, right)
        elif not right or (left and (left[0].start, left[0].end) <= (right[0].start, right[0].end)):
            yield [left.pop(0)], []
        else:
            yield [], [right.pop(0)]


def _cluster(left: list[Change], right: list[Change]) -> tuple[list[Change], list[Change]]:
    mine, others = [left.pop(0)], [right.pop(0)]
    while True:
        both = [*mine, *others]
        span = Change(min(one.start for one in both), max(one.end for one in both), ())
        if left and _touch(left[0], span):
            mine.append(left.pop(0))
        elif right and _touch(right[0], span):
            others.append(right.pop(0))
        else:
            return mine, others


def _touch(one: Change, other: Change) -> bool:
    if one.start == one.end and other.start == other.end:
        return one.start == other.start
    return one.start < other.end and other.start < one.end


def _settled(base: Sequence[str], left: list[Change], right: list[Change], start: int, end: int) -> list[str] | None:
    if not left or not right:
        return _applied(base, left or right, start, end)
    theirs, mine = _applied(base, left, start, end), _applied(base, right, start, end)
    if theirs == mine:
        return theirs
    return [*theirs, *mine] if start == end else None


def _applied(base: Sequence[str], changes: list[Change], start: int, end: int) -> list[str]:
    found: list[str] = []
    at = start
    for change in changes:
        found += [*base[at : change.start], *change.new]
        at = change.end
    return [*found, *base[at:end]]
