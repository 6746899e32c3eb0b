"""What the composer chooses from: the library in a dialog, and what it must know of the assets that a post names."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from parvis.assets.models import Asset
from parvis.assets.queries import Wanted, assets_for, folders_of, search_assets, subtitles_of
from parvis.orgs.models import Member
from parvis.web.asked import asked_number, asked_numbers
from parvis.web.screens.assets.library import cursor_of, read_cursor
from parvis.web.screens.assets.shown import IN_POSTS, KINDS, known_of, tiles_of

PAGE = 24
MOST_KNOWN = 100


@require_GET
def pick(request: HttpRequest) -> HttpResponse:
    """Pictures, films and sounds, found by words."""
    member, asked = request.member, request.GET  # type: ignore[attr-defined]
    folders = folders_of(member)
    key = asked_number(asked.get("folder", ""))
    folder = next((one for one in folders if one.pk == key), None)
    kinds = tuple(kind for kind in asked.getlist("kind") if kind in IN_POSTS) or tuple(IN_POSTS)
    wanted = Wanted(words=asked.get("q", "")[:200], kinds=kinds, folder=folder)
    found = search_assets(member, wanted, before=read_cursor(asked.get("before", "")), limit=PAGE + 1)
    shown = found[:PAGE]
    context = {
        "tiles": tiles_of(shown), "q": wanted.words, "folder": folder,
        "folders": folders, "kinds": [(kind, KINDS[kind]) for kind in IN_POSTS], "chosen_kinds": asked.getlist("kind"),
        "before": cursor_of(shown[-1]) if len(found) > PAGE else "",
    }  # fmt: skip
    return render(request, "screens/assets/pick.html", context)


@require_GET
def known(request: HttpRequest) -> HttpResponse:
    return JsonResponse(known_to(request.member, asked_numbers(request.GET.getlist("id"))[:MOST_KNOWN]))  # type: ignore[attr-defined]


def known_to(member: Member, keys: Collection[int]) -> dict[str, dict[str, Any]]:
    """By id; what the member does not see is left out."""
    return known_assets(list(assets_for(member, keys).values())) if keys else {}


def known_assets(assets: Collection[Asset]) -> dict[str, dict[str, Any]]:
    films = [asset for asset in assets if asset.kind in ("video", "audio")]
    captions: dict[int, list[dict[str, Any]]] = {}
    for caption in subtitles_of([asset.current for asset in films]) if films else []:
        told = {"id": caption.pk, "language": caption.language, "label": caption.label or caption.language}
        captions.setdefault(caption.version.asset_id, []).append(told)
    return known_of(assets, captions)
