"""Assets as pages show them: their small picture, their addresses, and what a script must know of them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from parvis.assets.models import Asset, AssetKind, AssetVersion, Blob
from parvis.assets.queries import previews_for
from parvis.web.screens.assets.files import HASH_SIGNS
from parvis.web.templatetags.parvis import number

KINDS: dict[str, Promise] = {
    AssetKind.IMAGE: _("Picture"),
    AssetKind.GIF: _("Moving picture"),
    AssetKind.VIDEO: _("Film"),
    AssetKind.AUDIO: pgettext_lazy("a file of the library", "Sound"),
    AssetKind.CAPTIONS: _("Subtitles"),
    AssetKind.PDF: _("PDF"),
}
ICONS = {
    AssetKind.VIDEO: "player-play",
    AssetKind.AUDIO: "bell",
    AssetKind.CAPTIONS: "message",
    AssetKind.PDF: "file-text",
}
IN_POSTS = (AssetKind.IMAGE, AssetKind.GIF, AssetKind.VIDEO, AssetKind.AUDIO)
"""What a post can show."""


@dataclass(frozen=True, slots=True)
class Tile:
    asset: Asset
    small_url: str
    """Empty while it is not made yet, or there is none."""
    is_pending: bool
    kind: Promise
    icon: str
    facts: str
    use_count: int
    has_alt: bool


def tiles_of(assets: Collection[Asset], *, counts: dict[int, int] | None = None) -> list[Tile]:
    smalls = previews_for([asset.current for asset in assets])
    return [_tile(asset, smalls.get(asset.current.pk), (counts or {}).get(asset.pk, 0)) for asset in assets]


def small_url(version: AssetVersion, small: Blob | None) -> str:
    return "" if small is None else f"{reverse('asset-small', args=[version.pk])}?h={small.sha256[:HASH_SIGNS]}"


def file_url(version: AssetVersion) -> str:
    return f"{reverse('asset-file', args=[version.pk])}?h={version.blob.sha256[:HASH_SIGNS]}"


def facts_of(blob: Blob) -> str:
    """As in “1,920 × 1,080 · 0:42 · 12 MB”."""
    facts = blob.facts
    width, height, duration_s = facts.get("width"), facts.get("height"), facts.get("duration_s")
    found = [f"{width} × {height}"] if width and height else []
    found += [duration(duration_s)] if duration_s and blob.kind != AssetKind.IMAGE else []
    return " · ".join([*found, size(blob.size_bytes)])


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(size_bytes: int) -> str:
    if size_bytes >= 10**6:
        return str(_("{n} MB")).format(n=number(round(size_bytes / 10**6, 1 if size_bytes < 10**7 else None)))
    return str(_("{n} kB")).format(n=number(max(1, round(size_bytes / 1000))))


def known_of(assets: Collection[Asset], captions: dict[int, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """By id, what the composer must know of an asset. `captions`: of its current version, by asset."""
    smalls = previews_for([asset.current for asset in assets])
    return {str(asset.pk): _known(asset, smalls.get(asset.current.pk), captions.get(asset.pk, [])) for asset in assets}


def _known(asset: Asset, small: Blob | None, captions: list[dict[str, Any]]) -> dict[str, Any]:
    facts = asset.current.blob.facts
    return {
        "id": asset.pk, "title": asset.title, "kind": asset.kind, "kind_name": str(KINDS[asset.kind]),
        "small": small_url(asset.current, small), "width": facts.get("width"), "height": facts.get("height"),
        "duration_s": facts.get("duration_s"), "number": asset.number, "alt": asset.alt,
        "focus": None if asset.focus_x is None else [asset.focus_x, asset.focus_y], "captions": captions,
        "url": reverse("asset", args=[asset.pk]), "facts": facts_of(asset.current.blob),
    }  # fmt: skip


def _tile(asset: Asset, small: Blob | None, use_count: int) -> Tile:
    has_picture = asset.kind in (AssetKind.IMAGE, AssetKind.GIF, AssetKind.VIDEO)
    return Tile(
        asset, small_url(asset.current, small), has_picture and small is None, KINDS[asset.kind],
        ICONS.get(AssetKind(asset.kind), "photo"), facts_of(asset.current.blob), use_count,
        bool(asset.alt) or asset.kind in (AssetKind.PDF, AssetKind.CAPTIONS),
    )  # fmt: skip
