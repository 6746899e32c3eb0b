"""Files of the library as a browser fetches them: checked each time, by ranges, never as a page of the desk's own."""

import re
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from parvis.assets.models import AssetVersion, Blob
from parvis.assets.queries import previews_for, renditions_of, version_for
from parvis.assets.store import path_of

HASH_SIGNS = 16
"""Of a file's hash, in its address: a browser keeps what bears it for good."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_SHOWN = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "video/", "audio/", "text/vtt")
_FOR_GOOD = "private, max-age=31536000, immutable"
_ALONE = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


class _Part:
    """So many bytes of a file, from where it stands."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._file = path.open("rb")
        self._file.seek(start)
        self._left = length

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._file.close()


@require_safe
def small(request: HttpRequest, key: int) -> HttpResponseBase:
    """The small picture of a version."""
    blob = previews_for([version := _version(request, key)]).get(version.pk)
    if blob is None:
        raise Http404
    return send_blob(request, blob, name=version.name)


@require_safe
def whole(request: HttpRequest, key: int) -> HttpResponseBase:
    version = _version(request, key)
    return send_blob(request, version.blob, name=version.name, as_file="download" in request.GET)


@require_safe
def original(request: HttpRequest, key: int) -> HttpResponseBase:
    """As it was uploaded; it may tell where and by whom it was made, so it is for saving alone."""
    version = _version(request, key)
    return send_blob(request, version.original or version.blob, name=version.name, as_file=True)


@require_safe
def made(request: HttpRequest, key: int, rendition: int) -> HttpResponseBase:
    """A form that was made of a version."""
    version = _version(request, key)
    row = renditions_of(version.asset).filter(pk=rendition, blob=version.blob).first()
    if row is None or row.made is None:
        raise Http404
    return send_blob(request, row.made, name=version.name, as_file="download" in request.GET)


def send_blob(request: HttpRequest, blob: Blob, *, name: str, as_file: bool = False) -> HttpResponseBase:
    """All of it, or the range that is asked for. `as_file`: to be saved, under the name."""
    path = path_of(blob)
    try:
        size = path.stat().st_size
    except OSError:
        raise Http404 from None
    etag = f'"{blob.sha256[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        return _headed(HttpResponse(status=HTTPStatus.NOT_MODIFIED), request, blob, etag)
    asked = request.headers.get("Range", "")
    if_range = request.headers.get("If-Range", etag)
    span = _span(asked, size) if if_range == etag else (0, size)
    if span is None:
        response = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        response.headers["Content-Range"] = f"bytes */{size}"
        return _headed(response, request, blob, etag)
    start, end = span
    sent = FileResponse(_Part(path, start, end - start), content_type=blob.mime)
    sent.headers["Content-Length"] = str(end - start)
    if end - start < size:
        sent.status_code = HTTPStatus.PARTIAL_CONTENT
        sent.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    is_shown = not as_file and blob.mime.startswith(_SHOWN)
    sent.headers["Content-Disposition"] = _disposition(_named(name, blob), is_shown=is_shown)
    return _headed(sent, request, blob, etag)


def _headed(response: HttpResponseBase, request: HttpRequest, blob: Blob, etag: str) -> HttpResponseBase:
    response.headers["ETag"] = etag
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = _ALONE
    is_by_hash = request.GET.get("h") == blob.sha256[:HASH_SIGNS]
    response.headers["Cache-Control"] = _FOR_GOOD if is_by_hash else "private, no-cache"
    return response


def _version(request: HttpRequest, key: int) -> AssetVersion:
    found = version_for(request.member, key)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """From … up to …; what is no single range of bytes asks for all, None is a range outside of the file."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None or asked.strip() == "bytes=-":
        return 0, size
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    return (start, end) if start < end else None


def _named(name: str, blob: Blob) -> str:
    from parvis.core.media.made import ENDINGS

    path = PurePosixPath(name)
    return f"{path.stem}{ENDINGS.get(blob.mime, path.suffix)}"


def _disposition(name: str, *, is_shown: bool) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(not is_shown, name) or "inline"
