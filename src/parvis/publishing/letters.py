"""Links for guests and the mail that brings them. A link is kept as a hash, sealed until its mail has left, and nowhere else."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from parvis.core.errors import BadInput, KeyMissing, ParvisError, RemoteError
from parvis.jobs.backoff import backoff_s
from parvis.jobs.claim import claim, release
from parvis.orgs.house import the_house
from parvis.orgs.links import default_address, hash_token
from parvis.orgs.models import Member
from parvis.orgs.sealing import seal, unseal
from parvis.publishing.models import ApprovalRequest, GuestLetter, GuestLink, RequestState

LIFE = timedelta(days=7)
LEASE_S = 90.0
MOST_ATTEMPTS = 8
FIRST_RETRY_S = 60.0
_PURPOSE = b"parvis approval link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that is ready to leave."""

    row: GuestLetter
    address: str
    title: str
    text: str

    @property
    def key(self) -> str:
        return f"approval-{self.row.pk}"


def make_link(
    request: ApprovalRequest, member: Member, *, name: str, email: str, now: datetime
) -> tuple[GuestLink, str]:
    """A link for the step that waits, and its token. An older one of the same guest ends. The mail leaves by the worker."""
    open_links().filter(request=request, step=request.step, email=email).update(withdrawn_at=now)
    token = secrets.token_urlsafe(32)
    expires_at = min(now + LIFE, request.expires_at or now + LIFE)
    link = GuestLink.objects.create(
        request=request, step=request.step, token_hash=hash_token(token), name=name, email=email, created_by=member,
        created_at=now, expires_at=expires_at,
    )  # fmt: skip
    house = the_house()
    GuestLetter.objects.create(
        link=link, sealed_token=seal({"token": token}, purpose=_PURPOSE), due_at=now,
        language=(house.language if house is not None else "") or "en",
    )  # fmt: skip
    return link, token


def open_links() -> QuerySet[GuestLink]:
    return GuestLink.objects.filter(used_at=None, withdrawn_at=None)


def address_of(token: str) -> str:
    return f"{default_address()}/approve/{token}/"


def claim_letters(*, worker: str, now: datetime, limit: int = 4) -> list[Letter]:
    """What is due; what nobody is to read any more is dropped here."""
    due = GuestLetter.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    rows = claim(due, worker=worker, now=now, lease_s=LEASE_S, limit=limit)
    found = GuestLetter.objects.filter(pk__in=[row.pk for row in rows])
    links = {row.pk: row.link for row in found.select_related("link__request__post", "link__request__asked_by")}
    letters = []
    for row in rows:
        row.link = links[row.pk]
        if not _is_wanted(row.link, now=now):
            release(row, due_at=None, sealed_token=b"")
            continue
        try:
            letters.append(_letter(row))
        except KeyMissing as error:
            record_failed(row, error, now=now)
    return letters


def record_sent(row: GuestLetter, *, now: datetime) -> None:
    """The token is forgotten here: only its hash stays."""
    release(row, due_at=None, sent_at=now, error=None, attempt_count=row.attempt_count + 1, sealed_token=b"")


def record_failed(row: GuestLetter, error: ParvisError, *, now: datetime) -> None:
    attempts = row.attempt_count + 1
    is_final = isinstance(error, BadInput) or (isinstance(error, RemoteError) and error.retry_after_s is None)
    wait_s = backoff_s(attempts, retry_after_s=error.retry_after_s, first_s=FIRST_RETRY_S)
    is_over = is_final or attempts >= MOST_ATTEMPTS
    after = {"sealed_token": b"", "due_at": None} if is_over else {"due_at": now + timedelta(seconds=wait_s)}
    release(row, attempt_count=attempts, error=dict(error.facts), **after)


def _is_wanted(link: GuestLink, *, now: datetime) -> bool:
    request = link.request
    is_open = request.state == RequestState.OPEN and request.step == link.step
    return is_open and link.used_at is None and link.withdrawn_at is None and link.expires_at > now


def _letter(row: GuestLetter) -> Letter:
    token = unseal(row.sealed_token, purpose=_PURPOSE)["token"]
    link, house = row.link, the_house()
    with translation.override(row.language), timezone.override(ZoneInfo(house.zone if house is not None else "UTC")):
        asked_by = link.request.asked_by.name
        until = date_format(timezone.localtime(link.expires_at), "DATETIME_FORMAT")
        title = _("{name} asks for your approval").format(name=asked_by)
        lines = [
            _(
                "{name} of {house} asks you to read a post before it is published, and to approve it or send it back."
            ).format(name=asked_by, house=house.name if house is not None else "Parvis"),
            link.request.note,
            address_of(token),
            _(
                "The link works once, until {time}, and shows this post alone. Who has it can answer for you: keep it to yourself."
            ).format(time=until),
        ]
        return Letter(row=row, address=link.email, title=title, text="\n\n".join(_filled(lines)))


def _filled(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line]
