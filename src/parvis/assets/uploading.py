"""Files arrive piece by piece, and go on where they stopped; two at once never mix.

What the row says has been received is on the disk. The file is held while a piece is written, so that two
tabs that send the same upload take turns; the same piece again changes nothing.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Sum

from parvis.assets.models import OPEN_UPLOAD, Upload, UploadState
from parvis.assets.store import uploads_folder, used_bytes
from parvis.assets.written import file_name_from
from parvis.core.errors import (
    BadInput,
    Conflict,
    DiskFull,
    FileTooLarge,
    HouseError,
    LibraryFull,
    NotAllowed,
    NothingToDo,
    PieceOutOfPlace,
)
from parvis.core.wording import Text
from parvis.jobs.faults import house_trouble
from parvis.orgs.access import must
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action

KEPT_FOR = timedelta(days=2)
"""How long an upload that stopped can still go on."""
PIECE_BYTES = 4_000_000
"""What a page should send at once: below what the web takes as one request."""
LARGEST_PIECE_BYTES = 16_000_000
_DISK_RESERVE_BYTES = 200_000_000
_MOST_AT_ONCE = 200
"""Uploads of one member that have not ended."""


def begin_upload(member: Member, department: Department, *, name: str, size_bytes: int, now: datetime) -> Upload:
    """Raises NotAllowed, BadInput, FileTooLarge, LibraryFull, DiskFull."""
    must(member, Action.DRAFT, department)
    if department.closed_at is not None:
        raise BadInput(detail=Text("this department is closed", "ce département est fermé"))
    name = file_name_from(name)
    _must_fit(name, size_bytes)
    if Upload.objects.filter(OPEN_UPLOAD, member=member).count() >= _MOST_AT_ONCE:
        raise BadInput(detail=_TOO_MANY)
    upload = Upload(
        member=member, department=department, name=name, size_bytes=size_bytes, created_at=now,
        expires_at=now + KEPT_FOR,
    )  # fmt: skip
    try:
        path_of(upload).touch()
    except OSError as error:
        raise house_trouble(error) or HouseError(detail=error.strerror) from error
    upload.save()
    return upload


def append(upload: Upload, member: Member, offset: int, chunk: bytes, *, now: datetime) -> Upload:
    """A piece that begins at `offset`; the upload as it stands now. A piece that is there already is fine.

    Raises NotAllowed, PieceOutOfPlace (which tells where it goes on), Conflict where another file is sent,
    NothingToDo where it has ended, DiskFull and its kin: then all is as it was.
    """
    must_be_own(upload, member)
    if len(chunk) > LARGEST_PIECE_BYTES:
        raise FileTooLarge(name=upload.name, size_mb=len(chunk) // 10**6, limit_mb=LARGEST_PIECE_BYTES // 10**6)
    _must_be_arriving(upload)
    with _held(upload) as number:
        _must_be_arriving(upload)
        received = _really_received(upload, number)
        if not 0 <= offset <= received:
            raise PieceOutOfPlace(received_bytes=received, offset=offset)
        if offset + len(chunk) > upload.size_bytes:
            raise BadInput(detail=_MORE_THAN_SAID)
        known = received - offset
        if known and os.pread(number, min(known, len(chunk)), offset) != chunk[:known]:
            raise Conflict(who=_ANOTHER_TAB, detail=_ANOTHER_FILE)
        if fresh := chunk[known:]:
            _write(number, received, fresh)
            Upload.objects.filter(pk=upload.pk).update(received_bytes=received + len(fresh), expires_at=now + KEPT_FOR)
    upload.refresh_from_db()
    return upload


def abandon(upload: Upload, member: Member, *, now: datetime) -> None:
    """Nothing of it stays. Raises NotAllowed, NothingToDo where it has ended."""
    must_be_own(upload, member)
    if not _end(upload, UploadState.ARRIVING, now=now):
        raise NothingToDo


def abandon_stale(now: datetime, *, limit: int = 200) -> int:
    """Uploads that nobody has gone on with; how many. What has ended long ago is forgotten."""
    stale = Upload.objects.filter(OPEN_UPLOAD, expires_at__lt=now, state=UploadState.ARRIVING)
    count = sum(_end(upload, UploadState.ARRIVING, now=now) for upload in stale[:limit])
    Upload.objects.exclude(OPEN_UPLOAD).filter(expires_at__lt=now - KEPT_FOR).delete()
    _remove_strays(now)
    return count


def path_of(upload: Upload) -> Path:
    return uploads_folder() / upload.key.hex


def forget_file(upload: Upload) -> None:
    with suppress(OSError):
        path_of(upload).unlink(missing_ok=True)


def _must_fit(name: str, size_bytes: int) -> None:
    options = settings.OPTIONS
    if size_bytes < 1:
        raise BadInput(detail=Text("the file is empty", "le fichier est vide"))
    if size_bytes > options["PARVIS_UPLOAD_MB"] * 10**6:
        size_mb = max(1, round(size_bytes / 10**6))
        raise FileTooLarge(name=name, size_mb=size_mb, limit_mb=options["PARVIS_UPLOAD_MB"])
    under_way = Upload.objects.filter(OPEN_UPLOAD).aggregate(sum=Sum("size_bytes"))["sum"] or 0
    limit_gb = options["PARVIS_LIBRARY_GB"]
    if limit_gb and used_bytes() + under_way + size_bytes > limit_gb * 10**9:
        raise LibraryFull(size_mb=max(1, size_bytes // 10**6), limit_gb=limit_gb)
    try:
        free = shutil.disk_usage(uploads_folder()).free
    except OSError as error:
        raise house_trouble(error) or HouseError(detail=error.strerror) from error
    if size_bytes > free - _DISK_RESERVE_BYTES and size_bytes > _SMALL_BYTES:
        raise DiskFull


def must_be_own(upload: Upload, member: Member) -> None:
    """Who began it, and may still do so."""
    must(member, Action.DRAFT, upload)
    if upload.member_id != member.pk:
        raise NotAllowed(action=str(Action.DRAFT.label))


def _must_be_arriving(upload: Upload) -> None:
    upload.refresh_from_db()
    if upload.state != UploadState.ARRIVING:
        raise NothingToDo


@contextmanager
def _held(upload: Upload) -> Iterator[int]:
    """The number of its open file, which nobody else writes to meanwhile."""
    try:
        number = os.open(path_of(upload), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise house_trouble(error) or HouseError(detail=error.strerror) from error
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield number
    finally:
        os.close(number)


def _really_received(upload: Upload, number: int) -> int:
    """Less than the row says where a disk was put back, or lost what it had taken."""
    there = os.fstat(number).st_size
    if there < upload.received_bytes:
        Upload.objects.filter(pk=upload.pk).update(received_bytes=there)
        return there
    return upload.received_bytes


def _write(number: int, offset: int, data: bytes) -> None:
    """All of it, safely, or nothing."""
    try:
        written = 0
        while written < len(data):
            written += os.pwrite(number, data[written:], offset + written)
        os.fdatasync(number)
    except OSError as error:
        with suppress(OSError):
            os.ftruncate(number, offset)
        raise house_trouble(error) or HouseError(detail=error.strerror) from error


def _end(upload: Upload, state: UploadState, *, now: datetime) -> bool:
    ended = Upload.objects.filter(pk=upload.pk, state=state)
    if not ended.update(state=UploadState.ABANDONED, expires_at=now):
        return False
    forget_file(upload)
    return True


def _remove_strays(now: datetime) -> None:
    """Files whose row a crash or a put-back database has taken away."""
    before_s = (now - KEPT_FOR).timestamp()
    old = [path for path in uploads_folder().iterdir() if path.stat().st_mtime < before_s]
    known = {key.hex for key in Upload.objects.filter(OPEN_UPLOAD).values_list("key", flat=True)} if old else set()
    for path in old:
        if path.name not in known:
            path.unlink(missing_ok=True)


_SMALL_BYTES = 1_000_000
"""What a disk that is nearly full may still try to take."""
_ANOTHER_TAB = Text("Another tab", "Un autre onglet")
_ANOTHER_FILE = Text("another file is being sent as this one", "un autre fichier est envoyé à la place de celui-ci")
_MORE_THAN_SAID = Text("more arrives than was announced", "il en arrive plus qu’annoncé")
_TOO_MANY = Text("too many uploads are under way", "trop de téléversements sont en cours")
