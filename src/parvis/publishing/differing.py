"""What changed between two versions of a post, in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from parvis.publishing.media import assets_in
from parvis.publishing.models import PostVersion

_WORDS = re.compile(r"\s+|\w+(?:[’']\w+)*|[^\w\s]")

PieceKind = Literal["kept", "added", "removed"]


@dataclass(frozen=True, slots=True)
class DiffPiece:
    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field that is not the same; `channel_id` None: of what is common."""

    field: str
    channel_id: int | None
    pieces: tuple[DiffPiece, ...]


def diff_versions(
    before: PostVersion, after: PostVersion, *, titles: Mapping[int, str] | None = None
) -> list[FieldDiff]:
    """Only what differs: title first, then the common fields, then each channel's own. `titles`: of assets, by id."""
    told = titles or {}
    found = _diffs({"working_title": before.title}, {"working_title": after.title}, None, told)
    found += _diffs(before.content, after.content, None, told)
    for channel_id in sorted({*before.variants, *after.variants}, key=int):
        old, new = (_of_variant(side.variants.get(channel_id)) for side in (before, after))
        found += _diffs(old, new, int(channel_id), told)
    return found


def assets_of_version(version: PostVersion) -> set[int]:
    return assets_in(version.content, [variant["changes"] for variant in version.variants.values()])


def diff_text(before: str, after: str) -> tuple[DiffPiece, ...]:
    """Word by word; put together, what was kept and removed is `before`, what was kept and added is `after`."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[DiffPiece] = []
    for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(DiffPiece("kept", "".join(old[start:end])))
            continue
        if start < end:
            pieces.append(DiffPiece("removed", "".join(old[start:end])))
        if first < last:
            pieces.append(DiffPiece("added", "".join(new[first:last])))
    return tuple(pieces)


def _of_variant(variant: Mapping[str, Any] | None) -> dict[str, Any]:
    if variant is None or not variant["is_on"]:
        return {"is_on": ""}
    return {"is_on": "✓", **{name: _NONE if value == [] else value for name, value in variant["changes"].items()}}


def _diffs(
    before: Mapping[str, Any], after: Mapping[str, Any], channel_id: int | None, titles: Mapping[int, str]
) -> list[FieldDiff]:
    names = dict.fromkeys([*before, *after])
    both = [(name, _written(before.get(name), titles), _written(after.get(name), titles)) for name in names]
    return [FieldDiff(name, channel_id, diff_text(old, new)) for name, old, new in both if old != new]


def _written(value: Any, titles: Mapping[int, str]) -> str:
    """Any field as lines that a reader understands."""
    if isinstance(value, list):
        return "\n\n".join(_written(one, titles) for one in value)
    if isinstance(value, dict):
        return "\n".join(_lines(value, titles))
    return "" if value is None else str(value)


def _lines(value: Mapping[str, Any], titles: Mapping[int, str]) -> list[str]:
    """Of a medium what it is called, how it is cut, and what is said of it; of a poll its choices."""
    if "path" in value:
        return [part for part in (_medium(value, titles), value.get("alt"), value.get("caption")) if part]
    if "choices" in value:
        return list(value["choices"])
    return [f"{name}: {_written(one, titles)}" for name, one in value.items()]


def _medium(value: Mapping[str, Any], titles: Mapping[int, str]) -> str:
    asset, version = value.get("asset"), value.get("version") or 1
    name = value.get("name") or titles.get(asset or 0) or (f"#{asset}" if asset else "")
    ratio, trim, focus = value.get("ratio"), value.get("trim"), value.get("focus")
    wishes = [
        f"({version})" if asset and version > 1 else "",
        ":".join(map(str, ratio)) if ratio else "",
        f"{trim[0]:g}–{trim[1]:g} s" if trim else "",
        f"◎ {focus[0]:.0%} {focus[1]:.0%}" if focus else "",
    ]
    return " ".join(filter(None, [name, *wishes]))


_NONE = "–"
"""Of a channel: nothing, where there is something on the others."""
