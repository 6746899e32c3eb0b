"""What is done to one asset: described anew, archived, removed, an earlier version brought back, a form made again."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.assets.models import Asset, Folder
from parvis.assets.queries import folder_for, renditions_of
from parvis.assets.services import (
    AssetWish,
    archive_asset,
    bring_back_asset,
    change_asset,
    delete_asset,
    restore_version,
    retry_rendition,
    wish_of,
)
from parvis.core.errors import Conflict, NotAllowed, ParvisError
from parvis.orgs.access import must
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.assets.page import asset_or_404, shown

_ALT = "alt-"


@require_POST
def save(request: HttpRequest, key: int) -> HttpResponse:
    """What is said of it; nothing that was typed is lost where it cannot be kept."""
    asset = asset_or_404(request, key)
    must(request.member, Action.DRAFT, asset)  # type: ignore[attr-defined]
    is_script = request.headers.get("X-Requested-With") == "fetch"
    wish = _wish(request, asset)
    try:
        change_asset(
            asset, request.member, wish, now=request.now,  # type: ignore[attr-defined]
            revision=asked_number(request.POST.get("revision", "")),
        )  # fmt: skip
    except NotAllowed:
        raise
    except ParvisError as error:
        status = 409 if isinstance(error, Conflict) else 422
        if is_script:
            return JsonResponse({"problem": words_of(error)}, status=status)
        return shown(request, asset_or_404(request, key), wish=wish, problem=words_of(error), status=status)
    if is_script:
        return JsonResponse({"revision": asset.revision})
    messages.success(request, _("Kept."))
    return redirect("asset", key)


@require_POST
def do(request: HttpRequest, key: int) -> HttpResponse:
    asset = asset_or_404(request, key)
    must(request.member, Action.DRAFT, asset)  # type: ignore[attr-defined]
    verb = request.POST.get("verb", "")
    try:
        said = _act(request, asset, verb)
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
        return redirect("asset", key)
    if said:
        messages.success(request, said)
    return redirect("assets") if verb == "delete" else redirect("asset", key)


def _act(request: HttpRequest, asset: Asset, verb: str) -> str:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    number = asked_number(request.POST.get("number", ""))
    if verb == "put_away":
        archive_asset(asset, member, now=now)
        return _("Archived: it is offered no more, and what uses it goes on.")
    if verb == "bring_back":
        bring_back_asset(asset, member, now=now)
        return _("It is in the library again.")
    if verb == "delete":
        delete_asset(asset, member, now=now)
        return _("Deleted.")
    if verb == "restore" and number is not None:
        restore_version(asset, member, number, now=now)
        return _("Version {n} is the newest again.").format(n=number)
    if verb == "again" and number is not None:
        row = renditions_of(asset).filter(pk=number).first()
        if row is None:
            raise Http404
        retry_rendition(row, member, asset, now=now)
        return _("It is made once more.")
    return ""


def _wish(request: HttpRequest, asset: Asset) -> AssetWish:
    """Fields that the form does not have stay as they stand."""
    given, before = request.POST, wish_of(asset)
    found: dict[str, Any] = {name: given[name] for name in ("title", "credit", "source", "licence") if name in given}
    alt = dict(before.alt) | {name.removeprefix(_ALT): str(given[name]) for name in given if name.startswith(_ALT)}
    if given.get("alt_language") and given.get("alt_text"):
        alt[given["alt_language"]] = given["alt_text"]
    found["alt"] = {tag: text for tag, text in alt.items() if text.strip()}
    if "tags" in given:
        found["tags"] = tuple(one.strip() for one in given["tags"].split(",") if one.strip())
    if "has_people" in given:
        found["shows_people"] = "shows_people" in given
    if "folder" in given:
        found["folder"] = _folder(request, given["folder"])
    if "focus_x" in given and "focus_y" in given:
        found["focus"] = _focus(given["focus_x"], given["focus_y"])
    return replace(before, **found)


def _focus(x: str, y: str) -> tuple[float, float] | None:
    try:
        return min(1.0, max(0.0, float(x))), min(1.0, max(0.0, float(y)))
    except ValueError:
        return None


def _folder(request: HttpRequest, written: str) -> Folder | None:
    key = asked_number(written)
    if key is None:
        return None
    found = folder_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found
