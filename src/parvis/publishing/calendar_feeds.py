"""Calendars of somebody else: added, read by the worker every hour, and never written to.

The last good reading stays where a later one fails; why it failed is said in words.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction

from parvis.core.errors import AddressNotUnderstood, BadInput, FieldMissing, ParvisError
from parvis.core.wording import Text
from parvis.jobs.claim import claim, release
from parvis.jobs.live import tell
from parvis.jobs.rows import insert_rows
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.house import house_zone
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.orgs.sealing import seal, unseal
from parvis.orgs.wanted import name_from, one_of
from parvis.publishing.calendar_reading import Reading
from parvis.publishing.content import is_link
from parvis.publishing.models import CalendarFeed, Colour, FeedEvent

MOST_BYTES = 2_000_000
MOST_FEEDS = 50
"""Of the house."""
AROUND = timedelta(days=366)
"""So far back and ahead repeats are worked out."""
READ_EVERY = timedelta(hours=1)
AGAIN_AFTER_FAILURE = timedelta(minutes=15)
WORKED_OUT_EVERY = timedelta(days=1)
"""What lies ahead moves with the days, though the calendar does not change."""
LEASE_S = 120.0
_PURPOSE = b"parvis calendar feeds 1"
_ROWS_A_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One claimed look at a feed. `address` "" for a file; `body` b"" where nothing good was read yet."""

    feed: CalendarFeed
    address: str
    etag: str
    body: bytes
    zone: str
    """Of times that name none."""
    is_stale: bool
    """It is to be worked out anew, even where it did not change."""


def add_feed(
    member: Member,
    *,
    name: str,
    now: datetime,
    address: str = "",
    body: bytes = b"",
    colour: str = Colour.VIOLET,
    department: Department | None = None,
) -> CalendarFeed:
    """From its address, or from a file (`body`); the worker reads it at once. `department` None: the whole house's.

    Raises NotAllowed, FieldMissing, AddressNotUnderstood, BadInput.
    """
    must(member, Action.PUBLISH, department)
    address = _address_from(address) if address.strip() else ""
    if not address and not body:
        raise FieldMissing(field=Text("address or file", "adresse ou fichier"))
    if len(body) > MOST_BYTES:
        raise BadInput(detail=TOO_LARGE)
    with transaction.atomic():
        if CalendarFeed.objects.count() >= MOST_FEEDS:
            raise BadInput(
                detail=Text("there are {most} calendars already", "il y a déjà {most} calendriers").format(most=MOST_FEEDS)
            )  # fmt: skip
        feed = CalendarFeed.objects.create(
            department=department, name=name_from(name, field=Text("name", "nom")), next_at=now, created_by=member,
            colour=one_of(colour, tuple(Colour.values)), host=(urlsplit(address).hostname or "") if address else "",
            sealed_address=seal({"address": address}, purpose=_PURPOSE) if address else b"",
            packed_body=b"" if address else zlib.compress(body), created_at=now,
        )  # fmt: skip
        _note(feed, member, "calendar.add_feed", now=now)
    return feed


def remove_feed(feed: CalendarFeed, member: Member, *, now: datetime) -> None:
    must(member, Action.PUBLISH, feed.department)
    with transaction.atomic():
        _note(feed, member, "calendar.remove_feed", now=now)
        CalendarFeed.objects.filter(pk=feed.pk).delete()


def read_now(feed: CalendarFeed, member: Member, *, now: datetime) -> None:
    """The worker looks at it at once."""
    must(member, Action.PUBLISH, feed.department)
    CalendarFeed.objects.filter(pk=feed.pk).update(next_at=now, etag="")


def claim_due_feeds(*, worker: str, now: datetime, limit: int = 2) -> list[Look]:
    """Those whose hour has come, held under a lease; what cannot be opened is told and let go."""
    due = CalendarFeed.objects.filter(next_at__lte=now).order_by("next_at", "pk")
    looks = []
    for feed in claim(due, worker=worker, now=now, lease_s=LEASE_S, limit=limit):
        try:
            address = unseal(feed.sealed_address, purpose=_PURPOSE).get("address", "")
        except ParvisError as error:
            keep_failure(feed, error, now=now)
            continue
        looks.append(
            Look(
                feed=feed, address=address, etag=feed.etag if feed.read_at else "", zone=house_zone().key,
                body=zlib.decompress(bytes(feed.packed_body)) if feed.packed_body else b"",
                is_stale=feed.read_at is None or feed.read_at <= now - WORKED_OUT_EVERY,
            )
        )  # fmt: skip
    return looks


def keep_unchanged(feed: CalendarFeed, *, now: datetime) -> None:
    release(feed, next_at=now + READ_EVERY, looked_at=now, failure_count=0, error=None)


def keep_reading(feed: CalendarFeed, reading: Reading, *, body: bytes, etag: str, now: datetime) -> None:
    """Its events are these from now on. Nothing is written where the lease was lost."""
    every = READ_EVERY if feed.sealed_address else WORKED_OUT_EVERY
    with transaction.atomic():
        is_held = release(
            feed, next_at=now + every, looked_at=now, read_at=now, failure_count=0, error=None, etag=etag[:200],
            event_count=len(reading.events), left_out_count=reading.left_out_count, packed_body=zlib.compress(body),
        )  # fmt: skip
        if not is_held:
            return
        FeedEvent.objects.filter(source=feed).delete()
        rows = ((feed.pk, one.title, one.starts_at, one.ends_at, one.is_all_day) for one in reading.events)
        insert_rows(FeedEvent, ("source_id", "title", "starts_at", "ends_at", "is_all_day"), rows)
        tell("calendar", now=now, department_id=feed.department_id)


def keep_failure(feed: CalendarFeed, error: ParvisError, *, now: datetime) -> None:
    """What was read before stays; a file that cannot be read is not tried again."""
    wait = AGAIN_AFTER_FAILURE if feed.failure_count == 0 else READ_EVERY
    if not feed.sealed_address:
        wait = timedelta(days=3650)
    is_held = release(
        feed, next_at=now + wait, looked_at=now, failure_count=feed.failure_count + 1, error=dict(error.facts)
    )
    if is_held:
        tell("calendar", now=now, department_id=feed.department_id)


def reseal_feeds() -> int:
    """Seals every address anew with the newest key; how many. Raises KeyMissing at the first that cannot be opened."""
    count, last_id = 0, 0
    while True:
        with transaction.atomic():
            rows = CalendarFeed.objects.select_for_update(of=("self",)).exclude(sealed_address=b"")
            batch = list(rows.filter(pk__gt=last_id).order_by("pk").only("sealed_address")[:_ROWS_A_BATCH])
            for feed in batch:
                feed.sealed_address = seal(unseal(feed.sealed_address, purpose=_PURPOSE), purpose=_PURPOSE)
            CalendarFeed.objects.bulk_update(batch, ["sealed_address"])
        if not batch:
            return count
        count, last_id = count + len(batch), batch[-1].pk


def _address_from(written: str) -> str:
    """`webcal:` is what calendar programs call https. Raises AddressNotUnderstood."""
    address = written.strip()
    scheme, sign, rest = address.partition("://")
    if sign and scheme.lower() in {"webcal", "webcals"}:
        address = f"https://{rest}"
    if not is_link(address) or len(address) > 2000:
        raise AddressNotUnderstood(address=written.strip()[:80])
    return address


def _note(feed: CalendarFeed, member: Member, action: str, *, now: datetime) -> None:
    tell("calendar", now=now, department_id=feed.department_id)
    record(
        member, action, subject="calendar_feed", subject_key=feed.pk, department_id=feed.department_id, now=now,
        facts={"name": feed.name, "from": feed.host},
    )  # fmt: skip


TOO_LARGE = Text("a calendar has 2 MB at most", "un calendrier pèse 2 Mo au plus")
