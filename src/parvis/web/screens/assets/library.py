"""The library: what the house may show, in folders, found by words and by what it is."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from parvis.assets.models import Asset, Folder
from parvis.assets.queries import SOON, Wanted, folder_for, folders_of, search_assets, tags_of, use_counts
from parvis.assets.services import PIECE_BYTES, create_folder, delete_folder, move_folder, rename_folder
from parvis.core.errors import NotAllowed, ParvisError
from parvis.orgs.access import may, reach_of
from parvis.orgs.models import Department
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.assets.shown import KINDS, tiles_of

PAGE = 48
TAGS_SHOWN = 40


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    member, department = request.member, request.department  # type: ignore[attr-defined]
    folders = folders_of(member, department=department)
    asked = request.GET
    folder = next((one for one in folders if one.pk == asked_number(asked.get("folder", ""))), None)
    if folder is None and asked.get("folder"):
        raise Http404
    wanted = wanted_of(request, folder)
    before = read_cursor(asked.get("before", ""))
    found = search_assets(member, wanted, department=department, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    departments = departments_where(member, Action.DRAFT)
    context = {
        "tiles": tiles_of(shown, counts=use_counts(shown)),
        "next_url": _next(request, shown[-1]) if len(found) > PAGE else "",
        "folders": _tree(folders), "folder": folder, "kinds": KINDS, "wanted": wanted, "q": wanted.words,
        "tags": tags_of(member, department=department, limit=TAGS_SHOWN), "is_asked": _is_asked(wanted),
        "used": asked.get("used", ""),
        "into": _into(departments, folder, department), "piece_bytes": PIECE_BYTES,
        "may_manage_folder": folder is not None and may(member, Action.MANAGE_ASSETS, folder),
        "moves": _places(folders, folder), "here": "assets", "may_plan": reach_of(member).anywhere(Action.PUBLISH),
        "many_departments": department is None and len({one.department_id for one in folders}) > 1,
    }  # fmt: skip
    return render(request, "screens/assets/library.html", context)


@require_POST
def folder_add(request: HttpRequest) -> HttpResponse:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    parent = _folder(request, request.POST.get("parent", ""))
    key = asked_number(request.POST.get("department", ""))
    departments = departments_where(member, Action.DRAFT)
    department = parent.department if parent else next((one for one in departments if one.pk == key), None)
    if department is None:
        raise NotAllowed(action=str(Action.DRAFT.label))

    def make() -> Folder:
        return create_folder(member, department, request.POST.get("name", ""), now=now, parent=parent)

    return _answered(request, make, parent)


@require_POST
def folder_do(request: HttpRequest, key: int) -> HttpResponse:
    """It is renamed, moved, or removed: what lay in it lies above it then."""
    member, now = request.member, request.now  # type: ignore[attr-defined]
    folder = folder_for(member, key)
    if folder is None:
        raise Http404
    verb = request.POST.get("verb", "")

    def act() -> Folder | None:
        if verb == "rename":
            return rename_folder(folder, member, request.POST.get("name", ""), now=now)
        if verb == "move":
            return move_folder(folder, member, _folder(request, request.POST.get("parent", "")), now=now)
        if verb == "delete":
            parent = folder.parent
            delete_folder(folder, member, now=now)
            return parent
        return folder

    return _answered(request, act, folder)


def wanted_of(request: HttpRequest, folder: Folder | None) -> Wanted:
    """What the address asks for; nobody's guess at a filter is a fault."""
    asked = request.GET
    today = timezone.localdate(request.now)  # type: ignore[attr-defined]
    return Wanted(
        words=asked.get("q", "")[:200],
        kinds=tuple(kind for kind in asked.getlist("kind") if kind in KINDS),
        folder=folder,
        tag=asked.get("tag", "")[:60],
        is_used={"1": True, "0": False}.get(asked.get("used", "")),
        expires_by=today + SOON if "ends" in asked else None,
        is_archived="archived" in asked,
    )


def cursor_of(asset: Asset) -> str:
    return f"{asset.updated_at.isoformat()}_{asset.pk}"


def read_cursor(written: str) -> tuple[datetime, int] | None:
    at, _sign, key = written.partition("_")
    try:
        when, number = datetime.fromisoformat(at), asked_number(key)
    except ValueError:
        return None
    return (when, number) if number is not None and when.tzinfo is not None else None


def _answered(request: HttpRequest, act: Callable[[], Folder | None], stays: Folder | None) -> HttpResponse:
    try:
        there = act()
    except NotAllowed:
        raise
    except ParvisError as error:
        messages.error(request, words_of(error))
        there = stays
    return redirect(f"{reverse('assets')}?folder={there.pk}" if there is not None else "assets")


def _folder(request: HttpRequest, written: str) -> Folder | None:
    """Raises Http404 where one is named that is not there."""
    if not written:
        return None
    key = asked_number(written)
    found = folder_for(request.member, key) if key is not None else None  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _into(departments: Sequence[Department], folder: Folder | None, here: Department | None) -> list[Department]:
    """Where an upload may go, the likeliest first."""
    wanted = folder.department_id if folder is not None else here.pk if here is not None else None
    if folder is not None:
        return [one for one in departments if one.pk == wanted]
    return sorted(departments, key=lambda one: one.pk != wanted)


def _tree(folders: Sequence[Folder]) -> list[dict[str, Any]]:
    """In the order of their paths, each with how deep it lies."""
    found, before = [], None
    for folder in folders:
        is_first = folder.department_id != before
        before = folder.department_id
        found.append({"folder": folder, "depth": min(folder.path.count("/") - 2, 7), "is_first": is_first})
    return found


def _places(folders: Sequence[Folder], folder: Folder | None) -> list[Folder]:
    """Where it could be moved to."""
    if folder is None:
        return []
    same = (one for one in folders if one.department_id == folder.department_id)
    return [one for one in same if not one.path.startswith(folder.path)]


def _is_asked(wanted: Wanted) -> bool:
    return bool(
        wanted.words or wanted.kinds or wanted.folder or wanted.tag or wanted.is_used is not None
        or wanted.expires_by or wanted.is_archived
    )  # fmt: skip


def _next(request: HttpRequest, last: Asset) -> str:
    asked = [(name, value) for name, values in request.GET.lists() for value in values if name != "before"]
    return f"?{urlencode([*asked, ('before', cursor_of(last))])}"
