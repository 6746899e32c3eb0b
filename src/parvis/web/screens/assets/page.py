"""One asset: what it shows, what is said of it, its versions and forms, whose it is, and where it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from parvis.assets.models import Asset, AssetRight, AssetVersion, Rendition, RenditionState
from parvis.assets.queries import (
    asset_for,
    folders_of,
    previews_for,
    renditions_of,
    rights_of,
    versions_of,
)
from parvis.assets.services import PIECE_BYTES, AssetWish, wish_of
from parvis.channels.queries import channels_of
from parvis.orgs.access import may
from parvis.orgs.rights import Action
from parvis.publishing.queries import posts_using
from parvis.web.screens.assets.shown import ICONS, KINDS, facts_of, file_url, small_url
from parvis.web.screens.publish.composing import LANGUAGES
from parvis.web.screens.publish.words import look_of_post

VERSIONS_SHOWN = 20
POSTS_SHOWN = 30
_DESCRIBED_IN = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Form:
    """A rendition as it is shown."""

    row: Rendition
    version: AssetVersion | None
    percent: int
    facts: str


@dataclass(frozen=True, slots=True)
class RightLine:
    right: AssetRight
    channel_names: list[str]
    is_over: bool


@require_GET
def page(request: HttpRequest, key: int) -> HttpResponse:
    return shown(request, asset_or_404(request, key))


def asset_or_404(request: HttpRequest, key: int) -> Asset:
    found = asset_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def shown(
    request: HttpRequest,
    asset: Asset,
    *,
    wish: AssetWish | None = None,
    problem: str = "",
    status: int = 200,
    withdrawn: Any = None,
) -> HttpResponse:
    """The page; `wish`: what was typed and could not be kept, `withdrawn`: what a withdrawal has come to."""
    member = request.member  # type: ignore[attr-defined]
    versions = list(versions_of(asset)[: VERSIONS_SHOWN + 1])
    version = next((one for one in versions if one.number == asset.number), asset.current)
    small = previews_for([version]).get(version.pk)
    channels = list(channels_of(member))
    posts, hidden_count = posts_using(member, asset, limit=POSTS_SHOWN)
    kept = wish or wish_of(asset)
    context = {
        "asset": asset, "version": version, "wish": kept, "problem": problem, "withdrawn": withdrawn,
        "alts": _alts(kept, request), "tags": ", ".join(kept.tags), "kind": KINDS[asset.kind],
        "icon": ICONS.get(asset.kind, "photo"),  # type: ignore[call-overload]
        "facts": facts_of(version.blob), "file_url": file_url(version), "small_url": small_url(version, small),
        "width": version.blob.facts.get("width"), "height": version.blob.facts.get("height"),
        "captions": getattr(version, "subtitles", []), "languages": LANGUAGES,
        "versions": versions[:VERSIONS_SHOWN], "has_older": len(versions) > VERSIONS_SHOWN,
        "forms": _forms(asset, versions), "channels": channels, "rights": _rights(request, asset, channels),
        "posts": [(post, look_of_post(post.state)) for post in posts], "hidden_count": hidden_count,
        "folders": folders_of(member, department=asset.department) if _may(request, asset) else [],
        "may_write": _may(request, asset), "may_manage": may(member, Action.MANAGE_ASSETS, asset),
        "piece_bytes": PIECE_BYTES, "back_url": _back(asset),
    }  # fmt: skip
    return render(request, "screens/assets/page.html", context, status=status)


def _may(request: HttpRequest, asset: Asset) -> bool:
    return may(request.member, Action.DRAFT, asset)  # type: ignore[attr-defined]


def _alts(wish: AssetWish, request: HttpRequest) -> list[tuple[str, str, str]]:
    """(language, its name, text): those that are written, the reader's own, and the house's."""
    house = request.house.language if request.house is not None else ""  # type: ignore[attr-defined]
    own = (get_language() or "en").partition("-")[0]
    names = dict(LANGUAGES)
    tags = dict.fromkeys([*([house] if house else []), own, *_DESCRIBED_IN, *wish.alt])
    return [(tag, names.get(tag, tag), wish.alt.get(tag, "")) for tag in tags]


def _forms(asset: Asset, versions: Sequence[AssetVersion]) -> list[Form]:
    """What was made for platforms; what the library shows itself is left out unless it failed."""
    by_blob = {version.blob_id: version for version in reversed(versions)}
    return [
        Form(row, by_blob.get(row.blob_id), round(row.share * 100), facts_of(row.made) if row.made else "")
        for row in renditions_of(asset)
        if not row.params.get("preview") or row.state == RenditionState.FAILED
    ]


def _rights(request: HttpRequest, asset: Asset, channels: Sequence[Any]) -> list[RightLine]:
    names = {channel.pk: channel.name for channel in channels}
    today = timezone.localdate(request.now)  # type: ignore[attr-defined]
    return [
        RightLine(
            right,
            [names[key] for key in right.channels if key in names],
            right.ends_on is not None and right.ends_on < today,
        )
        for right in rights_of(asset)
    ]


def _back(asset: Asset) -> str:
    return f"{reverse('assets')}?folder={asset.folder_id}" if asset.folder_id else reverse("assets")
