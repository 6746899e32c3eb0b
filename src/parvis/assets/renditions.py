"""What is made of a file for each place that it goes to: ordered as rows, made by workers, shared where equal.

Rows say what is wanted; whoever needs one asks for it and finds it there, sooner or later. All that is wanted
of one photo at a time is made together, by one decode.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from parvis.assets.models import (
    OPEN_RENDITION,
    Asset,
    AssetVersion,
    Blob,
    Rendition,
    RenditionState,
    RenditionWait,
)
from parvis.assets.store import is_there, keep, path_of
from parvis.core.errors import FileNotWorkedOn, NothingToDo, ParvisError
from parvis.core.wording import Text
from parvis.jobs.claim import claim, release
from parvis.jobs.live import tell_many
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

LEASE_S = 60.0
MOST_TRIES = 3
_TOGETHER = 20
_BACKOFF = timedelta(seconds=30)
HOUSE_WAIT = timedelta(minutes=1)
KEPT_FOR = timedelta(days=30)
"""How long a form stays that nobody asks for; asked for again, it is made again."""
PREVIEW_PIXELS = 640
FILMS = ("video", "audio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One form of one file."""

    blob_id: int
    params: Mapping[str, Any]

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(self.params, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Forms of one file that are made together; the worker holds their rows."""

    rows: tuple[Rendition, ...]
    blob: Blob

    @property
    def is_film(self) -> bool:
        return self.blob.kind in FILMS and "poster_at_s" not in self.rows[0].params

    @property
    def limit_s(self) -> float:
        """A film may take some times its length for each of its forms."""
        duration_s = float(self.blob.facts.get("duration_s") or 0.0)
        return 60.0 + (min(3_600.0, 20.0 * duration_s * len(self.rows)) if self.is_film else 0.0)

    def row(self, key: str) -> Rendition:
        return next(row for row in self.rows if row.key == key)

    def task(self, folder: Path) -> dict[str, Any]:
        """For the process of its own."""
        params = [_wanted_of(row) for row in self.rows]
        return {
            "do": "render", "path": str(path_of(self.blob)), "into": str(folder), "kind": self.blob.kind,
            "name": self.blob.sha256[:12], "wanted": params, "captions": _captions_of(self.rows[0]),
            "poster_at_s": self.rows[0].params.get("poster_at_s"),
        }  # fmt: skip


def order(wants: Iterable[Want], *, now: datetime) -> dict[tuple[int, str], Rendition]:
    """A row for each, by blob and key; one that is there already is taken, one whose file is missing made again."""
    wanted = {(want.blob_id, want.key): want for want in wants}
    found = look_up(wanted.values())
    fresh = [
        Rendition(blob_id=blob_id, key=key, params=dict(want.params), next_try_at=now, created_at=now, used_at=now)
        for (blob_id, key), want in wanted.items()
        if (blob_id, key) not in found
    ]
    if fresh:
        Rendition.objects.bulk_create(fresh, ignore_conflicts=True)
        found = look_up(wanted.values())
    _use(found.values(), now=now)
    return found


def look_up(wants: Iterable[Want]) -> dict[tuple[int, str], Rendition]:
    """Those that there are."""
    keys = [(want.blob_id, want.key) for want in wants]
    if not keys:
        return {}
    rows = Rendition.objects.filter(blob__in={blob for blob, _ in keys}, key__in={key for _, key in keys})
    return {(row.blob_id, row.key): row for row in rows.select_related("made")}


def is_made(row: Rendition | None) -> bool:
    """With its file."""
    return row is not None and row.state == RenditionState.MADE and row.made is not None and is_there(row.made)


def order_previews(version: AssetVersion, *, now: datetime) -> None:
    """What the library itself shows of it."""
    order(previews_of(version.blob), now=now)


def previews_of(blob: Blob) -> list[Want]:
    """A small picture; of a film its first moments, of a sound and a paper none."""
    if blob.kind not in {"image", "gif", "video"}:
        return []
    from parvis.core.media.wanted import Wanted

    still = Wanted(
        name="", kind="image", mime="image/webp" if blob.facts.get("has_alpha") else "image/jpeg",
        most_width=PREVIEW_PIXELS, most_height=PREVIEW_PIXELS, most_bytes=200_000,
    )  # fmt: skip
    params = {**as_params(still), "preview": True}
    if blob.kind == "video":
        params["poster_at_s"] = min(1.0, float(blob.facts.get("duration_s") or 0.0) / 2)
    return [Want(blob_id=blob.pk, params=params)]


def as_params(wanted: Any, *, captions: Blob | None = None) -> dict[str, Any]:
    """A Wanted as JSON, without the name, which makes no difference."""
    import msgspec

    params: dict[str, Any] = {
        name: value
        for name, value in json.loads(msgspec.json.encode(wanted)).items()
        if name != "name" and value is not None
    }
    if captions is not None:
        params["captions"] = captions.sha256
    return params


def claim_films(*, worker: str, now: datetime, lease_s: float = LEASE_S) -> Work | None:
    """Some forms of one film or sound, now held."""
    return _claim(worker=worker, now=now, lease_s=lease_s, films=True)


def claim_pictures(*, worker: str, now: datetime, lease_s: float = LEASE_S) -> Work | None:
    """The same of everything else, stills of films among them."""
    return _claim(worker=worker, now=now, lease_s=lease_s, films=False)


def _claim(*, worker: str, now: datetime, lease_s: float, films: bool) -> Work | None:
    kinds = Q(blob__kind__in=FILMS, params__poster_at_s__isnull=True)
    due = Rendition.objects.filter(OPEN_RENDITION, kinds if films else ~kinds, next_try_at__lte=now)
    due = due.order_by("next_try_at", "pk").select_related("blob")
    first = next(iter(claim(due, worker=worker, now=now, lease_s=lease_s, limit=1)), None)
    if first is None:
        return None
    rows = [first, *_with(first, due, worker=worker, now=now, lease_s=lease_s)]
    spent = [row for row in rows if row.try_count >= MOST_TRIES]
    for row in spent:
        fail(row, FileNotWorkedOn(name=row.blob.sha256[:12], detail=_NEVER_ENDED).facts, now=now)
    rows = [row for row in rows if row not in spent]
    Rendition.objects.filter(pk__in=[row.pk for row in rows]).update(state=RenditionState.MAKING)
    for row in rows:
        Rendition.objects.filter(pk=row.pk).update(try_count=row.try_count + 1)
        row.state, row.try_count = RenditionState.MAKING, row.try_count + 1
    return Work(rows=tuple(rows), blob=first.blob) if rows else None


def record_made(row: Rendition, made: Mapping[str, Any], *, now: datetime) -> bool:
    """Its file is kept; False where somebody else holds the row by now. Raises HouseError."""
    facts = {name: made.get(name) for name in ("width", "height", "duration_s", "quality")}
    with transaction.atomic():
        kind = "image" if made["mime"].startswith("image/") and made["mime"] != "image/gif" else _kind(made["mime"])
        blob = keep(Path(made["path"]), sha256=made["sha256"], mime=made["mime"], kind=kind, facts=facts, now=now)
        is_ours = release(row, state=RenditionState.MADE, made=blob, share=1.0, error=None, made_at=now)
        if is_ours:
            _tell([row], now=now)
    return is_ours


def fail(row: Rendition, facts: Mapping[str, str], *, now: datetime) -> None:
    """For good: it says why ({"code", "en", "fr"}), and somebody may let it be tried again."""
    with transaction.atomic():
        if release(row, state=RenditionState.FAILED, error=dict(facts), share=0.0):
            _tell([row], now=now)


def put_back(rows: Sequence[Rendition], *, now: datetime, counts: bool, wait: timedelta) -> None:
    """To be made later. `counts`: as a try that failed."""
    for row in rows:
        tries = row.try_count if counts else max(0, row.try_count - 1)
        release(row, state=RenditionState.WANTED, try_count=tries, next_try_at=now + wait, share=0.0)


def try_later(rows: Sequence[Rendition], error: ParvisError, *, now: datetime) -> None:
    """The process did not come to an end: again, some times, and each by itself in the end."""
    for row in rows:
        if row.try_count >= MOST_TRIES:
            fail(row, error.facts, now=now)
        else:
            put_back([row], now=now, counts=True, wait=_BACKOFF * row.try_count)


def note_share(rows: Sequence[Rendition], share: float, *, now: datetime) -> None:
    """How far the work on them is."""
    held = Rendition.objects.filter(pk__in=[row.pk for row in rows], state=RenditionState.MAKING)
    held.filter(leased_by=rows[0].leased_by).update(share=share)
    for row in rows:
        row.share = share
    _tell(rows, now=now)


def retry_rendition(row: Rendition, member: Member, asset: Asset, *, now: datetime) -> None:
    """Raises NotAllowed, NothingToDo where it has not failed."""
    must(member, Action.DRAFT, asset)
    failed = Rendition.objects.filter(pk=row.pk, state=RenditionState.FAILED, blob__in=_blobs_of(asset))
    if not failed.update(state=RenditionState.WANTED, try_count=0, next_try_at=now, error=None, used_at=now):
        raise NothingToDo
    row.refresh_from_db()


def wait_for(subject: str, key: int, rows: Iterable[Rendition], *, now: datetime) -> datetime:
    """Notes that the thing waits for them; since when it does."""
    there = {one.rendition_id: one.since for one in RenditionWait.objects.filter(subject=subject, subject_key=key)}
    since = min(there.values(), default=now)
    fresh = [row for row in rows if row.pk not in there]
    RenditionWait.objects.bulk_create(
        (RenditionWait(rendition=row, subject=subject, subject_key=key, since=since) for row in fresh),
        ignore_conflicts=True,
    )
    return since


def stop_waiting(subject: str, keys: Iterable[int]) -> None:
    RenditionWait.objects.filter(subject=subject, subject_key__in=list(keys)).delete()


def forget_unused(now: datetime, *, limit: int = 200) -> int:
    """Forms that nobody has asked for in a while, but what the library itself shows; how many.

    Their files go with the next look for unused ones.
    """
    old = Rendition.objects.filter(used_at__lt=now - KEPT_FOR, params__preview__isnull=True)
    old = old.exclude(state=RenditionState.MAKING)
    keys = list(old.filter(waits=None).values_list("pk", flat=True)[:limit])
    count, _ = Rendition.objects.filter(pk__in=keys, used_at__lt=now - KEPT_FOR).delete()
    return count


def _with(first: Rendition, due: Any, *, worker: str, now: datetime, lease_s: float) -> list[Rendition]:
    """What else is wanted of the same file and can be made by the same decode."""
    alike = due.filter(blob=first.blob_id)
    for name in ("poster_at_s", "captions", "trim"):
        value = first.params.get(name)
        alike = alike.filter(**{f"params__{name}__isnull": True} if value is None else {f"params__{name}": value})
    return claim(alike, worker=worker, now=now, lease_s=lease_s, limit=_TOGETHER - 1)


def _use(rows: Iterable[Rendition], *, now: datetime) -> None:
    """They are asked for; what has lost its file is made again."""
    lost = [row for row in rows if row.state == RenditionState.MADE and not is_made(row)]
    for row in lost:
        again = Rendition.objects.filter(pk=row.pk, state=RenditionState.MADE)
        again.update(state=RenditionState.WANTED, made=None, try_count=0, next_try_at=now, share=0.0, used_at=now)
        row.refresh_from_db()
    old = [row.pk for row in rows if now - row.used_at > timedelta(days=1)]
    if old:
        Rendition.objects.filter(pk__in=old).update(used_at=now)


def _wanted_of(row: Rendition) -> dict[str, Any]:
    params = {name: value for name, value in row.params.items() if name not in _OURS}
    return {**params, "name": row.key}


def _captions_of(row: Rendition) -> str:
    """Text of the captions that are burnt in."""
    sha256 = row.params.get("captions")
    blob = Blob.objects.filter(sha256=sha256).first() if sha256 else None
    return path_of(blob).read_text(encoding="utf-8") if blob is not None else ""


def _kind(mime: str) -> str:
    return "gif" if mime == "image/gif" else mime.partition("/")[0]


def _blobs_of(asset: Asset) -> Any:
    return AssetVersion.objects.filter(asset=asset).values("blob")


def _tell(rows: Sequence[Rendition], *, now: datetime) -> None:
    """Open pages of the departments whose assets they are of."""
    versions = AssetVersion.objects.filter(blob__in={row.blob_id for row in rows})
    places = list(versions.values_list("blob_id", "asset_id", "asset__department_id").distinct())
    about = [
        (department_id, asset_id, {"rendition": row.pk, "state": row.state, "share": round(row.share, 3)})
        for row in rows
        for blob_id, asset_id, department_id in places
        if blob_id == row.blob_id
    ]
    tell_many("asset", about, now=now)


_OURS = frozenset({"poster_at_s", "captions", "preview"})
"""Of the params, what is no field of a Wanted."""
_NEVER_ENDED = Text(
    "the work on it broke off each time; the file is damaged, or too large for this machine",
    "le travail s’est interrompu chaque fois\u202f; le fichier est abîmé, ou trop grand pour cette machine",
)
