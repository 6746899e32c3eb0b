"""The library: what assets are called and show, the folders that they lie in, and what becomes of old ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

from parvis.assets.models import Asset, AssetRight, AssetTag, AssetUse, AssetVersion, Folder
from parvis.assets.written import (
    alt_from,
    focus_from,
    line_from,
    search_text,
    tags_from,
    title_from,
)
from parvis.core.errors import AssetInUse, BadInput, Conflict, NothingToDo
from parvis.core.text.normalise import words_of
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.orgs.wanted import name_from

DEEPEST = 8
LONGEST_PATH = 800
_CHANGED = (
    "title", "alt", "credit", "source", "licence", "shows_people", "focus_x", "focus_y", "folder", "revision",
    "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetWish:
    """All that is written about an asset."""

    title: str
    alt: Mapping[str, str]
    credit: str = ""
    source: str = ""
    licence: str = ""
    tags: tuple[str, ...] = ()
    shows_people: bool = False
    focus: tuple[float, float] | None = None
    folder: Folder | None = None


def wish_of(asset: Asset) -> AssetWish:
    """As it stands: `dataclasses.replace` what is to change."""
    focus = (asset.focus_x, asset.focus_y) if asset.focus_x is not None and asset.focus_y is not None else None
    return AssetWish(
        title=asset.title, alt=asset.alt, credit=asset.credit, source=asset.source, licence=asset.licence,
        tags=tuple(asset.tags.order_by("pk").values_list("name", flat=True)), shows_people=asset.shows_people,
        focus=focus, folder=asset.folder,
    )  # fmt: skip


def change_asset(asset: Asset, member: Member, wish: AssetWish, *, now: datetime, revision: int | None = None) -> Asset:
    """`revision`: the one that the member has seen. Raises NotAllowed, BadInput, Conflict where it has changed since."""
    must(member, Action.DRAFT, asset)
    tags = tags_from(wish.tags)
    focus_x, focus_y = focus_from(wish.focus)
    _must_be_in(wish.folder, asset.department_id)
    with transaction.atomic():
        current = locked_asset(asset.pk)
        if revision is not None and current.revision != revision:
            raise Conflict(who=SOMEBODY, detail=CHANGED_SINCE)
        current.title = title_from(wish.title)
        current.alt = alt_from(wish.alt)
        current.credit = line_from(wish.credit, limit=300)
        current.source = line_from(wish.source, limit=500)
        current.licence = line_from(wish.licence, limit=200)
        current.shows_people, current.folder = wish.shows_people, wish.folder
        current.focus_x, current.focus_y = focus_x, focus_y
        current.revision, current.updated_at = current.revision + 1, now
        current.save(update_fields=_CHANGED)
        _write_tags(current, tags)
        refresh_search(current)
        noted(current, member, "asset.change", now=now, facts={"revision": current.revision})
    asset.refresh_from_db()
    return asset


def archive_asset(asset: Asset, member: Member, *, now: datetime) -> None:
    """It is offered no more; what uses it goes on. Raises NotAllowed, NothingToDo."""
    _set_archived(asset, member, True, now=now)


def bring_back_asset(asset: Asset, member: Member, *, now: datetime) -> None:
    _set_archived(asset, member, False, now=now)


def delete_asset(asset: Asset, member: Member, *, now: datetime) -> None:
    """What nothing uses; its files go after a grace. Raises NotAllowed, AssetInUse."""
    must(member, Action.MANAGE_ASSETS, asset)
    with transaction.atomic():
        current = locked_asset(asset.pk, for_removal=True)
        uses = AssetUse.objects.filter(asset=current).count()
        uses += AssetRight.objects.filter(document=current).exclude(asset=current).count()
        if uses:
            raise AssetInUse(title=current.title, count=uses)
        names = list(AssetVersion.objects.filter(asset=current).values_list("blob__sha256", flat=True))
        AssetRight.objects.filter(document=current).delete()
        noted(current, member, "asset.delete", now=now, facts={"files": names})
        current.delete()


def restore_version(asset: Asset, member: Member, number: int, *, now: datetime) -> AssetVersion:
    """An earlier version becomes the newest. Raises NotAllowed, NothingToDo."""
    must(member, Action.MANAGE_ASSETS, asset)
    with transaction.atomic():
        current = locked_asset(asset.pk)
        old = AssetVersion.objects.filter(asset=current, number=number).select_related("blob").first()
        if old is None or number == current.number:
            raise NothingToDo
        current.number, current.kind, current.updated_at = current.number + 1, old.blob.kind, now
        current.revision += 1
        current.save(update_fields=["number", "kind", "updated_at", "revision"])
        version = AssetVersion.objects.create(
            asset=current, number=current.number, blob=old.blob, original=old.original, name=old.name,
            uploaded_sha256=old.uploaded_sha256, removed=old.removed, note=f"= {number}", member=member, at=now,
        )  # fmt: skip
        refresh_search(current)
        noted(current, member, "asset.restore", now=now, facts={"from": number, "version": current.number})
    asset.refresh_from_db()
    return version


def create_folder(
    member: Member, department: Department, name: str, *, now: datetime, parent: Folder | None = None
) -> Folder:
    """Raises NotAllowed, BadInput where there is one of that name."""
    must(member, Action.DRAFT, department)
    _must_be_in(parent, department.pk)
    name = _folder_name(name)
    path = _path(parent, name)
    try:
        with transaction.atomic():
            folder = Folder.objects.create(
                department=department, parent=parent, name=name, path=path, created_by=member, created_at=now
            )
            record(
                member, "folder.create", subject="folder", subject_key=folder.pk, department_id=department.pk, now=now
            )
    except IntegrityError:
        raise BadInput(detail=_SAME_FOLDER) from None
    return folder


def rename_folder(folder: Folder, member: Member, name: str, *, now: datetime) -> Folder:
    return _relocate(folder, member, name=name, parent=folder.parent, now=now)


def move_folder(folder: Folder, member: Member, parent: Folder | None, *, now: datetime) -> Folder:
    """With all that is in it. Raises NotAllowed, BadInput: into itself, too deep, one of that name is there."""
    return _relocate(folder, member, name=folder.name, parent=parent, now=now)


def delete_folder(folder: Folder, member: Member, *, now: datetime) -> None:
    """What lay in it lies above it then. Raises NotAllowed, BadInput where a folder is in it."""
    must(member, Action.MANAGE_ASSETS, folder)
    with transaction.atomic():
        _lock_folders(folder.department_id)
        if Folder.objects.filter(parent=folder).exists():
            raise BadInput(detail=_HAS_FOLDERS)
        Asset.objects.filter(folder=folder).update(folder=folder.parent)
        record(
            member, "folder.delete", subject="folder", subject_key=folder.pk, department_id=folder.department_id,
            now=now,
        )  # fmt: skip
        folder.delete()


def asset_from(
    department: Department, member: Member, *, kind: str, title: str, name: str, folder: Folder | None, now: datetime
) -> Asset:
    return Asset.objects.create(
        department=department, folder=folder, title=title_from(title, name=name), kind=kind, created_by=member,
        created_at=now, updated_at=now,
    )  # fmt: skip


def refresh_search(asset: Asset) -> None:
    """In the caller's transaction, which holds it."""
    tags = AssetTag.objects.filter(asset=asset).values_list("folded", flat=True)
    names = AssetVersion.objects.filter(asset=asset).values_list("name", flat=True)
    parts: Iterable[str] = [asset.title, *tags, *asset.alt.values(), asset.credit, asset.source, *names]
    asset.search_text = search_text(parts)
    asset.save(update_fields=["search_text"])


def locked_asset(key: int, *, for_removal: bool = False) -> Asset:
    """As it is now, held until the transaction ends; `for_removal`: also against new rows that name it.

    Raises NothingToDo where it is gone.
    """
    rows = Asset.objects.select_for_update(of=("self",), no_key=not for_removal)
    found: Asset | None = rows.filter(pk=key).first()
    if found is None:
        raise NothingToDo
    return found


def noted(
    asset: Asset, member: Member | None, action: str, *, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """The audit trail and open pages learn of it, in the caller's transaction."""
    record(
        member, action, subject="asset", subject_key=asset.pk, department_id=asset.department_id, now=now, facts=facts
    )
    tell("asset", now=now, department_id=asset.department_id, subject_id=asset.pk, facts={"action": action})


def _set_archived(asset: Asset, member: Member, is_archived: bool, *, now: datetime) -> None:
    must(member, Action.MANAGE_ASSETS, asset)
    with transaction.atomic():
        current = locked_asset(asset.pk)
        if current.is_archived == is_archived:
            raise NothingToDo
        current.is_archived, current.revision = is_archived, current.revision + 1
        current.save(update_fields=["is_archived", "revision"])
        noted(current, member, "asset.archive" if is_archived else "asset.bring_back", now=now)
    asset.refresh_from_db()


def _write_tags(asset: Asset, tags: Mapping[str, str]) -> None:
    there = dict(AssetTag.objects.filter(asset=asset).values_list("folded", "name"))
    if there == dict(tags):
        return
    AssetTag.objects.filter(asset=asset).delete()
    AssetTag.objects.bulk_create(AssetTag(asset=asset, name=name, folded=folded) for folded, name in tags.items())


def _relocate(folder: Folder, member: Member, *, name: str, parent: Folder | None, now: datetime) -> Folder:
    must(member, Action.MANAGE_ASSETS, folder)
    _must_be_in(parent, folder.department_id)
    with transaction.atomic():
        _lock_folders(folder.department_id)
        folder.refresh_from_db()
        if parent is not None:
            parent.refresh_from_db()
            if parent.path.startswith(folder.path):
                raise BadInput(detail=_INTO_ITSELF)
        name, before = _folder_name(name), folder.path
        after = _path(parent, name)
        below = Folder.objects.filter(department=folder.department_id, path__startswith=before).exclude(pk=folder.pk)
        deepest = max((path.count("/") for path in below.values_list("path", flat=True)), default=before.count("/"))
        if deepest - before.count("/") + after.count("/") > DEEPEST + 1:
            raise BadInput(detail=_TOO_DEEP)
        if Folder.objects.filter(department=folder.department_id, path=after).exclude(pk=folder.pk).exists():
            raise BadInput(detail=_SAME_FOLDER)
        below.update(path=Concat(Value(after), Substr(F("path"), len(before) + 1)))
        folder.name, folder.parent, folder.path = name, parent, after
        folder.save(update_fields=["name", "parent", "path"])
        record(
            member, "folder.move", subject="folder", subject_key=folder.pk, department_id=folder.department_id, now=now
        )
    return folder


def _lock_folders(department_id: int) -> None:
    """One at a time arranges a department's folders."""
    list(Folder.objects.filter(department=department_id, parent=None).select_for_update().values_list("pk"))


def _folder_name(written: str) -> str:
    return name_from(written.replace("/", " "), field=Text("name of the folder", "nom du dossier"), limit=80)


def _path(parent: Folder | None, name: str) -> str:
    folded = " ".join(words_of(name)) or name.casefold()
    path = f"{parent.path if parent is not None else '/'}{folded}/"
    if path.count("/") > DEEPEST + 1 or len(path) > LONGEST_PATH:
        raise BadInput(detail=_TOO_DEEP)
    return path


def _must_be_in(folder: Folder | None, department_id: int) -> None:
    if folder is not None and folder.department_id != department_id:
        raise BadInput(
            detail=Text("this folder belongs to another department", "ce dossier est à un autre département")
        )


SOMEBODY = Text("Somebody else", "Quelqu’un d’autre")
CHANGED_SINCE = Text("this has been changed since you opened it", "ceci a changé depuis que vous l’avez ouvert")
_SAME_FOLDER = Text("there is a folder of that name", "il y a déjà un dossier de ce nom")
_HAS_FOLDERS = Text("there are folders in it", "il contient des dossiers")
_INTO_ITSELF = Text("a folder cannot lie in itself", "un dossier ne peut pas être dans lui-même")
_TOO_DEEP = Text("folders lie too deep in each other here", "les dossiers sont trop imbriqués ici")
