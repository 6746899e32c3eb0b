"""A post's media and poll as its composer sends them: what is wished for. Which file that is, our own rows say."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from parvis.core.errors import BadInput
from parvis.core.wording import Text

MOST_MEDIA = 40
MOST_CHOICES = 20
RATIOS = ((9, 16), (1, 1), (16, 9), (4, 5))
POLL_LASTS_S = (300, 1_800, 3_600, 21_600, 43_200, 86_400, 259_200, 604_800)
DAY_S = 86_400
_LONGEST_ALT = 10_000


def media_field(content: Mapping[str, Any]) -> str:
    """JSON, an element for each: its asset and how it is wished for; one that has none by the mark of its file."""
    return json.dumps([_told(one) for one in content.get("media") or ()], ensure_ascii=False)


def media_from(written: str, there: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As rows keep them. `there`: what stood there; a file without an asset can only be one of those. Raises BadInput."""
    try:
        found = json.loads(written or "[]", parse_constant=_refuse)
    except ValueError:
        raise BadInput(detail=_UNREADABLE) from None
    if not isinstance(found, list) or len(found) > MOST_MEDIA or not all(isinstance(one, dict) for one in found):
        raise BadInput(detail=_UNREADABLE)
    files = {_mark(one): one for one in there if one.get("asset") is None}
    return [_read(one, files) for one in found]


def poll_fields(content: Mapping[str, Any]) -> dict[str, Any]:
    poll = content.get("poll") or {}
    return {
        "poll": "\n".join(poll.get("choices", ())), "poll_lasts": str(poll.get("lasts_s", DAY_S)),
        "poll_multiple": bool(poll.get("is_multiple")),
    }  # fmt: skip


def poll_from(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """A choice on each line; None where there is none."""
    lines = str(data.get("poll", "")).replace("\r", "\n").split("\n")
    choices = [line.strip() for line in lines if line.strip()][:MOST_CHOICES]
    lasts = str(data.get("poll_lasts", ""))
    lasts_s = int(lasts) if lasts.isdecimal() and 0 < len(lasts) < 9 else DAY_S
    return {"choices": choices, "lasts_s": lasts_s, "is_multiple": "poll_multiple" in data} if choices else None


def _told(one: Mapping[str, Any]) -> dict[str, Any]:
    wish = {"alt": one.get("alt", ""), "caption": one.get("caption", ""), "focus": one.get("focus")}
    if one.get("asset") is None:
        return {"file": _mark(one), "name": one.get("name", ""), **wish}
    more = {name: one.get(name) for name in ("asset", "version", "ratio", "trim", "subtitles")}
    return {**more, **wish, "is_burnt_in": bool(one.get("is_burnt_in"))}


def own_media_field(changes: Mapping[str, Any]) -> str:
    """Of a channel: "" where its media are those of all."""
    return media_field(changes) if "media" in changes else ""


def _read(one: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    said = {name: str(one.get(name) or "")[:_LONGEST_ALT] for name in ("alt", "caption")}
    wish = {**said, "focus": _pair(one.get("focus"), most=1.0)}
    if "file" in one:
        if one["file"] not in files:
            raise BadInput(detail=_UNREADABLE)
        return {**files[one["file"]], **wish}
    asset = _number(one.get("asset"))
    if asset is None:
        raise BadInput(detail=_UNREADABLE)
    trim = _pair(one.get("trim"))
    return {
        "path": "", "name": "", "mime": "", "size_bytes": 0, "asset": asset, "version": _number(one.get("version")),
        **wish, "ratio": _ratio(one.get("ratio")), "trim": trim if trim and trim[0] < trim[1] else None,
        "subtitles": _number(one.get("subtitles")), "is_burnt_in": one.get("is_burnt_in") is True,
    }  # fmt: skip


def _mark(one: Mapping[str, Any]) -> str:
    """Of a file, so that a page need not know where it lies."""
    return hashlib.sha256(str(one.get("path", "")).encode()).hexdigest()[:16]


def _number(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
    return value if is_number else None


def _pair(value: Any, *, most: float = 1e6) -> list[float] | None:
    if not isinstance(value, list) or len(value) != len(("from", "to")):
        return None
    is_fit = all(isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= most for one in value)
    return [float(one) for one in value] if is_fit and all(math.isfinite(one) for one in value) else None


def _ratio(value: Any) -> list[int] | None:
    is_pair = isinstance(value, list) and all(_number(one) is not None and one < 1000 for one in value)
    return value if is_pair and len(value) == len(("width", "height")) else None


def _refuse(_name: str) -> None:
    raise ValueError


_UNREADABLE = Text("the media of the post cannot be read", "les médias du contenu sont illisibles")
