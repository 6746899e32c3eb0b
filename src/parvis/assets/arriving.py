"""What has arrived whole is looked into, cleaned, and becomes an asset or a version of one.

A small file at once, a large one by a worker: a page never waits for a film. Whoever does it holds the upload
under a lease; broken off, it is done again from the file, which stays until the asset is there.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.db import transaction

from parvis.assets.library import asset_from, noted, refresh_search
from parvis.assets.machine import work_on_now
from parvis.assets.models import Asset, AssetVersion, Blob, Folder, Upload, UploadState
from parvis.assets.renditions import order_previews
from parvis.assets.store import keep, making_folder
from parvis.assets.uploading import forget_file, must_be_own, path_of
from parvis.assets.uses import held_among
from parvis.assets.written import line_from
from parvis.core.errors import (
    BadInput,
    KindNotTaken,
    LeaseLost,
    NotAllowed,
    ParvisError,
    PieceOutOfPlace,
)
from parvis.core.wording import Text
from parvis.jobs.claim import claim, extend
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

AT_ONCE_BYTES = 32_000_000
LEASE_S = 300.0
LIMIT_S = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """`asset` is None while a worker still looks into the file (`upload.state` says so, and a live event)."""

    upload: Upload
    asset: Asset | None
    is_known: bool
    """The same bytes were there: it is the asset that has them, and nothing was added."""


def finish(
    upload: Upload,
    member: Member,
    *,
    now: datetime,
    folder: Folder | None = None,
    title: str = "",
    asset: Asset | None = None,
    note: str = "",
) -> Finished:
    """All has been sent. `asset`: it becomes its next version. Again for one that is done: what it became.

    To be called outside of a transaction. Raises NotAllowed, PieceOutOfPlace where bytes are missing,
    FileRefused, FileNotWorkedOn, KindNotTaken (the upload has then failed), HouseError (it can be tried again).
    """
    must_be_own(upload, member)
    wish = _wish(upload, member, folder=folder, title=title, asset=asset, note=note)
    upload.refresh_from_db()
    if upload.state == UploadState.ARRIVING:
        if upload.received_bytes != upload.size_bytes:
            raise PieceOutOfPlace(received_bytes=upload.received_bytes, offset=upload.size_bytes)
        arriving = Upload.objects.filter(pk=upload.pk, state=UploadState.ARRIVING)
        arriving.update(state=UploadState.WAITING, wish=wish)
        upload.refresh_from_db()
    if upload.state == UploadState.WAITING and upload.size_bytes <= AT_ONCE_BYTES:
        waiting = Upload.objects.filter(pk=upload.pk, state=UploadState.WAITING)
        worker = f"web-{os.getpid()}-{token_hex(4)}"
        for row in claim(waiting, worker=worker, now=now, lease_s=LEASE_S, limit=1):
            _take_in(row, now=now)
        upload.refresh_from_db()
    return Finished(upload=upload, asset=upload.asset, is_known=upload.is_known)


def claim_arrived(*, worker: str, now: datetime, lease_s: float = LEASE_S) -> Upload | None:
    """One whose file waits to be looked into, now held."""
    rows = Upload.objects.filter(state=UploadState.WAITING).order_by("created_at")
    return next(iter(claim(rows, worker=worker, now=now, lease_s=lease_s, limit=1)), None)


def task_of(upload: Upload, folder: Path) -> dict[str, Any]:
    """For the process of its own; what is cleaned comes into the folder."""
    kinds = list(settings.OPTIONS["PARVIS_UPLOAD_KINDS"])
    return {
        "do": "examine", "path": str(path_of(upload)), "into": str(folder / CLEANED), "name": upload.name,
        "kinds": kinds,
    }  # fmt: skip


def become(upload: Upload, found: Mapping[str, Any], folder: Path, *, now: datetime) -> None:
    """The asset, in one transaction; the caller holds the upload. Raises KindNotTaken, LeaseLost, HouseError."""
    looked = found["looked"]
    if looked["kind"] not in settings.OPTIONS["PARVIS_UPLOAD_KINDS"]:
        raise KindNotTaken(name=upload.name, kind=looked["kind"])
    with transaction.atomic():
        if not extend(upload, now=now, lease_s=LEASE_S):
            raise LeaseLost
        known = _known(upload, found)
        asset = known or _made(upload, found, folder, now=now)
        Upload.objects.filter(pk=upload.pk).update(
            state=UploadState.DONE, asset=asset, is_known=known is not None, leased_by="", leased_until=None, error=None,
            expires_at=now,
        )  # fmt: skip
        _tell(upload, asset, now=now)
    forget_file(upload)


def set_back(upload: Upload, error: ParvisError, *, now: datetime) -> None:
    """It could not be taken in: for good where the file is the reason, until later where the house is."""
    held = Upload.objects.filter(pk=upload.pk, leased_by=upload.leased_by, state=UploadState.WAITING)
    if not isinstance(error, BadInput | NotAllowed):
        held.update(error=dict(error.facts), leased_until=now + RETRY_AFTER)
        return
    with transaction.atomic():
        changes = {"state": UploadState.FAILED, "error": dict(error.facts), "leased_by": "", "leased_until": None}
        if held.update(**changes, expires_at=now):
            _tell(upload, None, now=now, error=error)
            forget_file(upload)


def _take_in(upload: Upload, *, now: datetime) -> None:
    try:
        with making_folder() as folder:
            become(upload, work_on_now(task_of(upload, folder), limit_s=LIMIT_S), folder, now=now)
    except ParvisError as error:
        set_back(upload, error, now=now)
        raise


def _wish(
    upload: Upload, member: Member, *, folder: Folder | None, title: str, asset: Asset | None, note: str
) -> dict[str, Any]:
    """As the row keeps it. Raises NotAllowed, BadInput."""
    if folder is not None and folder.department_id != upload.department_id:
        raise BadInput(detail=ELSEWHERE)
    if asset is not None:
        must_replace(asset, member)
        if asset.department_id != upload.department_id:
            raise BadInput(detail=ELSEWHERE)
    return {
        "folder": folder.pk if folder is not None else None, "asset": asset.pk if asset is not None else None,
        "title": line_from(title, limit=200), "note": line_from(note, limit=300),
    }  # fmt: skip


def must_replace(asset: Asset, member: Member) -> None:
    """Whoever brought it in may bring a better one; else who looks after the library. Raises NotAllowed."""
    must(member, Action.DRAFT, asset)
    if asset.created_by_id != member.pk:
        must(member, Action.MANAGE_ASSETS, asset)


def _known(upload: Upload, found: Mapping[str, Any]) -> Asset | None:
    """The asset of the department that has these bytes already; as a new version, only its own current one."""
    cleaned = found["cleaned"]["sha256"] if found["cleaned"] else found["sha256"]
    versions = AssetVersion.objects.filter(asset__department=upload.department_id)
    same = versions.filter(uploaded_sha256=found["sha256"]) | versions.filter(blob__sha256=cleaned)
    wanted = upload.wish.get("asset")
    rows = same.select_related("asset").order_by("asset__is_archived", "-pk")
    for version in rows[:20]:
        is_same = version.number == version.asset.number and wanted in (None, version.asset_id)
        if is_same and held_among([version.asset_id]):
            asset: Asset = version.asset
            return asset
    return None


def _made(upload: Upload, found: Mapping[str, Any], folder: Path, *, now: datetime) -> Asset:
    original, blob = _kept(upload, found, folder, now=now)
    asset = None
    if key := upload.wish.get("asset"):
        asset = Asset.objects.select_for_update(no_key=True).filter(pk=key).first()
    if asset is None:
        asset = _new_asset(upload, blob, now=now)
    else:
        asset.number, asset.kind, asset.updated_at = asset.number + 1, blob.kind, now
        asset.revision += 1
        asset.save(update_fields=["number", "kind", "updated_at", "revision"])
    version = AssetVersion.objects.create(
        asset=asset, number=asset.number, blob=blob, original=original, uploaded_sha256=found["sha256"],
        name=upload.name, removed=_removed(found), note=upload.wish.get("note", ""), member=upload.member, at=now,
    )  # fmt: skip
    refresh_search(asset)
    order_previews(version, now=now)
    facts = {"version": version.number, "sha256": blob.sha256, "removed": version.removed}
    noted(asset, upload.member, "asset.upload" if version.number == 1 else "asset.replace", now=now, facts=facts)
    return asset


def _new_asset(upload: Upload, blob: Blob, *, now: datetime) -> Asset:
    folder = Folder.objects.filter(pk=upload.wish.get("folder"), department=upload.department_id).first()
    return asset_from(
        upload.department, upload.member, kind=blob.kind, title=upload.wish.get("title", ""), name=upload.name,
        folder=folder, now=now,
    )  # fmt: skip


def _kept(upload: Upload, found: Mapping[str, Any], folder: Path, *, now: datetime) -> tuple[Blob | None, Blob]:
    """The original where it is kept beside a cleaned one, and what is shown."""
    cleaned = found["cleaned"]
    if cleaned is None:
        return None, _keep(_linked(upload, folder), found["sha256"], found["looked"], now=now)
    blob = _keep(folder / CLEANED, cleaned["sha256"], cleaned["looked"], now=now)
    if not settings.OPTIONS["PARVIS_KEEP_ORIGINALS"]:
        return None, blob
    return _keep(_linked(upload, folder), found["sha256"], found["looked"], now=now), blob


def _keep(path: Path, sha256: str, looked: Mapping[str, Any], *, now: datetime) -> Blob:
    return keep(path, sha256=sha256, mime=looked["mime"], kind=looked["kind"], facts=looked, now=now)


def _linked(upload: Upload, folder: Path) -> Path:
    """A second name of the file: the first stays until all is committed."""
    path = folder / "original"
    try:
        os.link(path_of(upload), path)
    except OSError:  # a disk that knows no links
        shutil.copyfile(path_of(upload), path)
    return path


def _removed(found: Mapping[str, Any]) -> list[str]:
    """What was in it before, and is not afterwards."""
    if found["cleaned"] is None:
        return []
    before, after = found["looked"], found["cleaned"]["looked"]
    return [name for name in ("location", "person_data") if before.get(f"has_{name}") and not after.get(f"has_{name}")]


def _tell(upload: Upload, asset: Asset | None, *, now: datetime, error: ParvisError | None = None) -> None:
    facts = {
        "upload": str(upload.key), "asset": asset.pk if asset is not None else None,
        "state": UploadState.FAILED if error is not None else UploadState.DONE,
        "error": dict(error.facts) if error is not None else None,
    }  # fmt: skip
    tell("asset", now=now, department_id=upload.department_id, subject_id=asset.pk if asset else None, facts=facts)


CLEANED = "cleaned"
RETRY_AFTER = timedelta(minutes=1)
ELSEWHERE = Text("this belongs to another department", "ceci est à un autre département")
