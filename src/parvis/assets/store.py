"""Where files lie: by the hash of what is in them, so that the same bytes are kept once.

A file is moved to its place before its row is committed, and removed before the row's removal is: what a
crash leaves is a file without a row, which the sweep finds, or a row that nothing names without its file.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum

from parvis.assets.models import AssetVersion, Blob, Caption, Rendition
from parvis.core.errors import HouseError
from parvis.jobs.faults import house_trouble

GRACE = timedelta(days=7)
"""How long a file stays that nothing names any more."""
_STRAY_FOR = timedelta(days=1)
_PREFIXES = 256


def path_of(blob: Blob) -> Path:
    return _place(blob.sha256)


def below_data(blob: Blob) -> str:
    """The same below the house's data directory, as a post's Medium names it."""
    return os.path.relpath(path_of(blob), settings.DATA_DIR)


def is_there(blob: Blob) -> bool:
    return path_of(blob).is_file()


def uploads_folder() -> Path:
    return _folder("uploads")


@contextmanager
def making_folder() -> Iterator[Path]:
    """A new folder on the same disk, gone afterwards with all that is still in it."""
    folder = _folder("making") / token_hex(8)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@transaction.atomic
def keep(path: Path, *, sha256: str, mime: str, kind: str, facts: Mapping[str, Any], now: datetime) -> Blob:
    """Moves the file to its place; the row of these bytes. Raises HouseError where the disk does not take it."""
    size_bytes = path.stat().st_size
    row = _row(sha256, now=now, size_bytes=size_bytes, mime=mime, kind=kind, facts=dict(facts))
    place = _place(sha256)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _settle(path)
        path.replace(place)
    except OSError as error:
        raise house_trouble(error) or HouseError(detail=error.strerror) from error
    return row


def keep_bytes(data: bytes, *, mime: str, kind: str, facts: Mapping[str, Any], now: datetime) -> Blob:
    """The same for a small file that is in memory."""
    with making_folder() as folder:
        path = folder / "bytes"
        try:
            path.write_bytes(data)
        except OSError as error:
            raise house_trouble(error) or HouseError(detail=error.strerror) from error
        return keep(path, sha256=hashlib.sha256(data).hexdigest(), mime=mime, kind=kind, facts=facts, now=now)


def used_bytes() -> int:
    """What all files take together."""
    return int(Blob.objects.aggregate(sum=Sum("size_bytes"))["sum"] or 0)


def remove_unused(now: datetime, *, limit: int = 100) -> int:
    """Removes files that nothing has named for a while; how many."""
    old = _unused().filter(created_at__lt=now - GRACE).order_by("created_at")
    return sum(_remove(key) for key in old.values_list("pk", flat=True)[:limit])


def sweep(now: datetime) -> int:
    """Removes files without a row, and what broken-off work has left; a part of the folders each time."""
    before_s = (now - _STRAY_FOR).timestamp()
    count = 0
    prefix = f"{int(now.timestamp() // 60) % _PREFIXES:02x}"
    known = set(Blob.objects.filter(sha256__startswith=prefix).values_list("sha256", flat=True))
    for path in (settings.MEDIA_ROOT / "assets" / prefix).glob("*"):
        if prefix + path.name not in known and path.stat().st_mtime < before_s:
            path.unlink(missing_ok=True)
            count += 1
    for folder in (settings.MEDIA_ROOT / "making").glob("*"):
        if folder.stat().st_mtime < before_s:
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    return count


def _unused() -> QuerySet[Blob]:
    """Nothing shows it, or was made into it; what is made of it goes with it."""
    names = [
        AssetVersion.objects.filter(blob=OuterRef("pk")),
        AssetVersion.objects.filter(original=OuterRef("pk")),
        Caption.objects.filter(blob=OuterRef("pk")),
        Rendition.objects.filter(made=OuterRef("pk")),
    ]
    found = Blob.objects.all()
    for rows in names:
        found = found.filter(~Exists(rows))
    return found


@transaction.atomic
def _remove(key: int) -> bool:
    """Looked at once more while it is held: who brings the same bytes again waits for that."""
    row = Blob.objects.select_for_update().filter(pk=key).first()
    if row is None or not _unused().filter(pk=key).exists():
        return False
    row.delete()
    path_of(row).unlink(missing_ok=True)
    return True


def _row(sha256: str, *, now: datetime, **values: Any) -> Blob:
    """Held until the caller's transaction ends."""
    while True:
        row, is_new = Blob.objects.get_or_create(sha256=sha256, defaults={**values, "created_at": now})
        if is_new:
            return row
        held = Blob.objects.select_for_update(no_key=True).filter(pk=row.pk)
        if (found := held.first()) is not None:
            found.created_at = now
            if "kind" in values["facts"]:  # what was made once is uploaded: more is known of it
                found.kind, found.mime, found.facts = values["kind"], values["mime"], values["facts"]
            found.save(update_fields=["created_at", "kind", "mime", "facts"])
            return found


def _settle(path: Path) -> None:
    """On the disk before any row says so."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _place(sha256: str) -> Path:
    place: Path = settings.MEDIA_ROOT / "assets" / sha256[:2] / sha256[2:]
    return place


def _folder(name: str) -> Path:
    folder: Path = settings.MEDIA_ROOT / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise house_trouble(error) or HouseError(detail=error.strerror) from error
    return folder
