"""What screens show of the library: found by words and by what they are, the last changed first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, Min, OuterRef, Prefetch, QuerySet

from parvis.assets.models import (
    OPEN_UPLOAD,
    Asset,
    AssetRight,
    AssetTag,
    AssetUse,
    AssetVersion,
    Blob,
    Caption,
    Folder,
    Rendition,
    Upload,
)
from parvis.assets.renditions import is_made, look_up, previews_of
from parvis.core.text.normalise import words_of
from parvis.orgs.models import Department, Member

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; all of it at once. Empty: everything that is not archived."""

    words: str = ""
    kinds: tuple[str, ...] = ()
    folder: Folder | None = None
    is_deep: bool = True
    """With the folders in the folder."""
    tag: str = ""
    is_used: bool | None = None
    expires_by: date | None = None
    """A right or consent that stands ends on that day at the latest, or has ended."""
    is_archived: bool = False


def search_assets(
    member: Member,
    wanted: Wanted = Wanted(),
    *,
    department: Department | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Asset]:
    """The last changed first; `before`: (updated_at, id) of the last one that was shown.

    Each with `.current` (its AssetVersion with blob) and its tags, in a fixed number of queries.
    """
    rows = _matching(Asset.objects.visible_to(member), wanted)
    if department is not None:
        rows = rows.filter(department=department)
    if before is not None:
        rows = rows.filter(updated_at__lte=before[0]).exclude(updated_at=before[0], pk__gte=before[1])
    found = list(rows.select_related("folder").prefetch_related("tags").order_by("-updated_at", "-pk")[:limit])
    _with_current(found)
    return found


def asset_for(member: Member, key: int) -> Asset | None:
    """None where there is none that the member sees."""
    rows = (
        Asset.objects.visible_to(member).select_related("department", "folder", "created_by").prefetch_related("tags")
    )
    found: Asset | None = rows.filter(pk=key).first()
    if found is not None:
        _with_current([found])
    return found


def assets_for(member: Member, keys: Collection[int]) -> dict[int, Asset]:
    """Those that the member sees, by id."""
    rows = list(Asset.objects.visible_to(member).filter(pk__in=list(keys)).prefetch_related("tags"))
    _with_current(rows)
    return {row.pk: row for row in rows}


def version_for(member: Member, key: int) -> AssetVersion | None:
    rows = AssetVersion.objects.visible_to(member).select_related("asset", "blob", "original")
    found: AssetVersion | None = rows.filter(pk=key).first()
    return found


def versions_of(asset: Asset) -> QuerySet[AssetVersion]:
    """Newest first, each with its current captions as `.subtitles`; the caller has checked that it may be seen."""
    captions = Caption.objects.filter(is_current=True).order_by("language")
    rows = asset.versions.select_related("blob", "original", "member").order_by("-number")
    return rows.prefetch_related(Prefetch("captions", captions, to_attr="subtitles"))


def caption_for(member: Member, key: int) -> Caption | None:
    rows = Caption.objects.visible_to(member).select_related("version__asset", "version__blob", "member")
    found: Caption | None = rows.filter(pk=key).first()
    return found


def captions_of(version: AssetVersion, *, language: str = "") -> QuerySet[Caption]:
    """The current ones; of one language every state, newest first."""
    rows = version.captions.select_related("member")
    if language:
        return rows.filter(language=language).order_by("-number")
    return rows.filter(is_current=True).order_by("language")


def subtitles_of(versions: Collection[AssetVersion]) -> list[Caption]:
    """The current ones of all of them."""
    rows = Caption.objects.filter(version__in=list(versions), is_current=True).select_related("version")
    return list(rows.order_by("version", "language"))


def rights_of(asset: Asset) -> QuerySet[AssetRight]:
    return asset.rights.select_related("created_by", "withdrawn_by", "document").order_by("pk")


def right_for(member: Member, key: int) -> AssetRight | None:
    found: AssetRight | None = AssetRight.objects.visible_to(member).select_related("asset").filter(pk=key).first()
    return found


def expiring_rights(member: Member, *, today: date, within: timedelta = SOON, limit: int = 100) -> list[AssetRight]:
    """Those that stand and end soon, or have ended within as long; the soonest first."""
    rows = AssetRight.objects.visible_to(member).filter(withdrawn_at=None, asset__is_archived=False)
    rows = rows.filter(ends_on__gte=today - within, ends_on__lte=today + within)
    return list(rows.select_related("asset").order_by("ends_on", "pk")[:limit])


def renditions_of(asset: Asset) -> QuerySet[Rendition]:
    """Of all its versions, those that work is on first."""
    blobs = asset.versions.values("blob")
    return Rendition.objects.filter(blob__in=blobs).select_related("blob", "made").order_by("made_at", "pk")


def titles_of(member: Member, ids: Collection[int]) -> dict[int, str]:
    """By id, of those that the member sees."""
    rows = Asset.objects.visible_to(member).filter(pk__in=ids).values_list("pk", "title")
    return dict(rows) if ids else {}


def uses_of(asset: Asset) -> list[AssetUse]:
    """Posts and publications by their keys; the layer above tells what they are."""
    return list(asset.uses.order_by("subject", "-subject_key"))


def use_counts(assets: Collection[Asset]) -> dict[int, int]:
    """Posts that name each; those that none names are left out."""
    rows = AssetUse.objects.filter(asset__in=list(assets), subject="post").order_by()
    return dict(rows.values_list("asset").annotate(count=Count("pk")))


def folders_of(member: Member, *, department: Department | None = None) -> list[Folder]:
    """In the order of their paths, each with `.asset_count`, what lies in it itself."""
    rows = Folder.objects.visible_to(member).select_related("department")
    if department is not None:
        rows = rows.filter(department=department)
    return list(rows.annotate(asset_count=Count("assets")).order_by("department__position", "department_id", "path"))


def folder_for(member: Member, key: int) -> Folder | None:
    found: Folder | None = (
        Folder.objects.visible_to(member).select_related("department", "parent").filter(pk=key).first()
    )
    return found


def tags_of(member: Member, *, department: Department | None = None, limit: int = 200) -> list[tuple[str, int]]:
    """The most used first, as they are written, with how many assets bear them."""
    rows = AssetTag.objects.visible_to(member).filter(asset__is_archived=False)
    if department is not None:
        rows = rows.filter(asset__department=department)
    counted = rows.order_by().values("folded").annotate(name=Min("name"), count=Count("pk"))
    return [(row["name"], row["count"]) for row in counted.order_by("-count", "folded")[:limit]]


def upload_for(member: Member, key: UUID | str) -> Upload | None:
    """One's own alone."""
    found: Upload | None = Upload.objects.filter(member=member, key=key).select_related("asset", "department").first()
    return found


def open_uploads(member: Member) -> list[Upload]:
    """One's own that can go on, or that a worker looks into."""
    return list(Upload.objects.filter(OPEN_UPLOAD, member=member).select_related("department").order_by("created_at"))


def previews_for(versions: Collection[AssetVersion]) -> dict[int, Blob]:
    """By id of the version (with its blob), the small picture of it, where it is made already."""
    wants = {version.pk: previews_of(version.blob) for version in versions}
    rows = look_up([want for some in wants.values() for want in some])
    found: dict[int, Blob] = {}
    for key, some in wants.items():
        for want in some:
            row = rows.get((want.blob_id, want.key))
            if row is not None and row.made is not None and is_made(row):
                found[key] = row.made
    return found


def _matching(rows: QuerySet[Asset], wanted: Wanted) -> QuerySet[Asset]:
    rows = rows.filter(is_archived=wanted.is_archived)
    for word in words_of(wanted.words)[:8]:
        rows = rows.filter(search_text__contains=word)
    if wanted.kinds:
        rows = rows.filter(kind__in=wanted.kinds)
    if wanted.folder is not None:
        rows = (
            rows.filter(folder__department=wanted.folder.department_id, folder__path__startswith=wanted.folder.path)
            if wanted.is_deep
            else rows.filter(folder=wanted.folder)
        )
    if wanted.tag:
        rows = rows.filter(Exists(AssetTag.objects.filter(asset=OuterRef("pk"), folded=" ".join(words_of(wanted.tag)))))
    if wanted.is_used is not None:
        used = Exists(AssetUse.objects.filter(asset=OuterRef("pk")))
        rows = rows.filter(used if wanted.is_used else ~used)
    if wanted.expires_by is not None:
        ending = AssetRight.objects.filter(asset=OuterRef("pk"), withdrawn_at=None, ends_on__lte=wanted.expires_by)
        rows = rows.filter(Exists(ending))
    return rows


def _with_current(assets: Collection[Asset]) -> None:
    """Sets `.current` of each."""
    rows = AssetVersion.objects.filter(asset__in=list(assets)).select_related("blob", "asset")
    current = {version.asset_id: version for version in rows.filter(number=F("asset__number"))}
    for asset in assets:
        asset.current = current[asset.pk]
