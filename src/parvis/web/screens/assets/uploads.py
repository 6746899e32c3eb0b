"""Files on their way in: announced, sent piece by piece, gone on with after a break, taken in at the end.

All of it answers scripts; `plain` is the way of a form without them, for files that one request can carry.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from parvis.assets.models import Asset, Folder, Upload, UploadState
from parvis.assets.queries import asset_for, folder_for, open_uploads, upload_for
from parvis.assets.services import PIECE_BYTES, Finished, abandon, append, begin_upload, finish
from parvis.core.errors import Conflict, NotAllowed, NothingToDo, ParvisError, PieceOutOfPlace
from parvis.orgs.access import may
from parvis.orgs.models import Department
from parvis.orgs.queries import departments_where
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.templatetags.parvis import words

LARGEST_PLAIN = 16
"""Files of one form."""


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """One's own that can go on; by POST, a new one."""
    member, now = request.member, request.now  # type: ignore[attr-defined]
    if request.method == "GET":
        return JsonResponse({"uploads": [told_of(one) for one in _open(request)], "piece_bytes": PIECE_BYTES})
    department = _department(request)
    size_bytes = asked_number(request.POST.get("size", "")) or 0
    try:
        upload = begin_upload(member, department, name=request.POST.get("name", ""), size_bytes=size_bytes, now=now)
    except NotAllowed:
        raise
    except ParvisError as error:
        return _problem(error)
    return JsonResponse(told_of(upload))


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, key: Any) -> HttpResponse:
    """Where it stands; by POST its next piece (the body, with `?offset=`), or the verb “cancel”."""
    member, now = request.member, request.now  # type: ignore[attr-defined]
    upload = _upload(request, key)
    if request.method == "GET":
        return JsonResponse(told_of(upload))
    try:
        if request.content_type == "application/octet-stream":
            offset = asked_number(request.GET.get("offset", ""))
            piece = request.read(PIECE_BYTES + 1)
            upload = append(upload, member, offset if offset is not None else -1, piece, now=now)
        elif request.POST.get("verb") == "cancel":
            abandon(upload, member, now=now)
            upload.refresh_from_db()
    except NotAllowed:
        raise
    except ParvisError as error:
        return _problem(error)
    return JsonResponse(told_of(upload))


@require_POST
def arrive(request: HttpRequest, key: Any) -> HttpResponse:
    """All of it has been sent."""
    member, now = request.member, request.now  # type: ignore[attr-defined]
    upload = _upload(request, key)
    folder, asset = _folder(request), _asset(request)
    try:
        done = finish(upload, member, now=now, folder=folder, asset=asset, note=request.POST.get("note", "")[:300])
    except NotAllowed:
        raise
    except ParvisError as error:
        return _problem(error)
    return JsonResponse(told_of(done.upload))


@require_POST
def plain(request: HttpRequest) -> HttpResponse:
    """A form with files, where no scripts run; `asset`: the first becomes its next version."""
    department, folder, asset = _department(request), _folder(request), _asset(request)
    files = request.FILES.getlist("file")[: 1 if asset is not None else LARGEST_PLAIN]
    count = 0
    for file in files:
        try:
            done = _whole(request, department, file, folder=folder, asset=asset)
        except NotAllowed:
            raise
        except ParvisError as error:
            messages.error(request, words_of(error))
            continue
        count += 1
        if done.is_known and done.asset is not None:
            said = _("“{title}” has the same file: it is there already.").format(title=done.asset.title)
            messages.info(request, said)
    if count:
        said = ngettext("{n} file has arrived.", "{n} files have arrived.", count).format(n=count)
        messages.success(request, said)
    elif not files:
        messages.error(request, _("Choose a file first."))
    if asset is not None:
        return redirect("asset", asset.pk)
    return redirect(f"{reverse('assets')}?folder={folder.pk}" if folder is not None else "assets")


def told_of(upload: Upload) -> dict[str, Any]:
    """What a script knows of an upload."""
    asset_id = upload.asset_id
    return {
        "key": str(upload.key), "name": upload.name, "size": upload.size_bytes, "received": upload.received_bytes,
        "state": upload.state, "department": upload.department_id, "is_known": upload.is_known, "asset": asset_id,
        "asset_url": reverse("asset", args=[asset_id]) if asset_id else "",
        "problem": words(upload.error) if upload.state == UploadState.FAILED and upload.error else "",
    }  # fmt: skip


def _open(request: HttpRequest) -> list[Upload]:
    member = request.member  # type: ignore[attr-defined]
    return [one for one in open_uploads(member) if may(member, Action.DRAFT, one)]


def _whole(
    request: HttpRequest, department: Department, file: Any, *, folder: Folder | None, asset: Asset | None
) -> Finished:
    member, now = request.member, request.now  # type: ignore[attr-defined]
    upload = begin_upload(member, department, name=file.name or "", size_bytes=file.size, now=now)
    offset = 0
    for piece in _pieces(file):
        append(upload, member, offset, piece, now=now)
        offset += len(piece)
    return finish(upload, member, now=now, folder=folder, asset=asset, note=request.POST.get("note", "")[:300])


def _pieces(file: Any) -> Iterator[bytes]:
    return iter(lambda: bytes(file.read(PIECE_BYTES)), b"")


def _problem(error: ParvisError) -> JsonResponse:
    told: dict[str, Any] = {"problem": words_of(error), "code": error.code}
    if isinstance(error, PieceOutOfPlace):
        told["received"] = error.received_bytes
    is_other = isinstance(error, Conflict | NothingToDo | PieceOutOfPlace)
    return JsonResponse(told, status=HTTPStatus.CONFLICT if is_other else HTTPStatus.UNPROCESSABLE_ENTITY)


def _upload(request: HttpRequest, key: Any) -> Upload:
    """One's own, while one may still bring files there."""
    member = request.member  # type: ignore[attr-defined]
    found = upload_for(member, key)
    if found is None or not may(member, Action.DRAFT, found):
        raise Http404
    return found


def _department(request: HttpRequest) -> Department:
    """Where the file is to belong: where the folder or the asset is, else the one that was chosen."""
    key = asked_number(request.POST.get("department", ""))
    for thing in (_folder(request), _asset(request)):
        key = thing.department_id if thing is not None else key
    found = departments_where(request.member, Action.DRAFT)  # type: ignore[attr-defined]
    chosen = next((one for one in found if one.pk == key), None)
    if chosen is None:
        raise NotAllowed(action=str(Action.DRAFT.label))
    return chosen


def _folder(request: HttpRequest) -> Folder | None:
    key = asked_number(request.POST.get("folder", ""))
    if key is None:
        return None
    found = folder_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _asset(request: HttpRequest) -> Asset | None:
    key = asked_number(request.POST.get("asset", ""))
    if key is None:
        return None
    found = asset_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found
