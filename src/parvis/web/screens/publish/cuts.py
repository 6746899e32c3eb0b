"""Media as they will be cut on a channel: drawn from the library’s own small picture, before anything is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parvis.assets.models import AssetVersion, Blob
from parvis.assets.queries import previews_for
from parvis.channels.models import Channel
from parvis.core.post import Medium
from parvis.publishing.media import Shelf
from parvis.web.screens.assets.shown import ICONS, duration, small_url


@dataclass(frozen=True, slots=True)
class Cut:
    label: str
    icon: str
    url: str = ""
    """Of the small picture; empty while there is none."""
    box: str = ""
    """What of it is shown, as SVG’s viewBox."""
    width: str = ""
    height: str = ""
    lasts: str = ""
    caption: str = ""
    """What stands below it there."""


def cuts_of(media: Sequence[tuple[Sequence[Medium], Channel]], shelf: Shelf) -> dict[int, list[Cut]]:
    """By channel’s id."""
    shown = {
        (channel.pk, medium): shelf.shown(medium, channel) for some, channel in media for medium in some if medium.asset
    }
    versions = {version.pk: version for version, _ in shown.values() if version is not None}
    smalls = previews_for(list(versions.values())) if versions else {}
    return {
        channel.pk: [_cut(medium, *shown.get((channel.pk, medium), (None, {})), smalls) for medium in some]
        for some, channel in media
    }


def _cut(medium: Medium, version: AssetVersion | None, made: Any, smalls: dict[int, Blob]) -> Cut:
    if version is None:
        return Cut(medium.alt or medium.name, "photo")
    facts, kind = version.blob.facts, version.blob.kind
    start_s, end_s = medium.trim or (0.0, facts.get("duration_s") or 0.0)
    lasts = duration(end_s - start_s) if kind in ("video", "audio") and end_s > start_s else ""
    label, icon = medium.alt or version.asset.title, ICONS.get(kind, "photo")  # type: ignore[call-overload]
    small = smalls.get(version.pk)
    width, height = facts.get("width"), facts.get("height")
    if small is None or not width or not height:
        return Cut(label, icon, lasts=lasts)
    from parvis.core.media.framing import frame_of

    ratio, ratios = made.get("ratio"), made.get("ratios")
    frame = frame_of(
        (width, height), ratio=tuple(ratio) if ratio else None, ratios=tuple(ratios) if ratios else None,
        focus=medium.focus,
    )  # fmt: skip
    box = f"{frame.left:.1f} {frame.top:.1f} {frame.width:.1f} {frame.height:.1f}"
    return Cut(label, icon, small_url(version, small), box, str(width), str(height), lasts)
