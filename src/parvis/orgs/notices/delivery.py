"""Notices leave: claimed under a lease, sent outside of every transaction, and what became of each is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import ngettext

from parvis.core.errors import BadInput, KeyMissing, ParvisError, RemoteError
from parvis.jobs.backoff import backoff_s
from parvis.jobs.claim import claim, release
from parvis.jobs.live import tell
from parvis.orgs.access import Scoped, may
from parvis.orgs.links import default_address
from parvis.orgs.models import Notice, NoticeRoute, NoticeState, RouteKind
from parvis.orgs.notices.routes import address_of
from parvis.orgs.rights import Action

LEASE_S = 90.0
MOST_ATTEMPTS = 8
"""Over some two hours."""
FIRST_RETRY_S = 60.0
_MOST_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What leaves as one: a notice, or all that quiet hours held back of one reader."""

    notices: Sequence[Notice]
    kind: str
    address: str
    title: str
    text: str

    @property
    def key(self) -> str:
        return str(self.notices[0].pk)


def claim_due(*, worker: str, now: datetime, limit: int = 10) -> list[Parcel]:
    """What is due, ready to be sent; what nobody is to read any more is dropped here."""
    due = Notice.objects.filter(state=NoticeState.WAITING, due_at__lte=now).order_by("due_at", "id")
    claimed = claim(due, worker=worker, now=now, lease_s=LEASE_S, limit=limit)
    if not claimed:
        return []
    groups: dict[tuple[int | None, ...], list[Notice]] = {}
    for notice in claimed:
        groups.setdefault(_group_of(notice), []).append(notice)
    for group in groups.values():
        first = group[0]
        if first.is_held:
            same = due.filter(is_held=True, route=first.route, member=first.member)
            group.extend(claim(same, worker=worker, now=now, lease_s=LEASE_S, limit=_MOST_TOGETHER))
    parcels = (_parcel(_still_wanted(group), now=now) for group in groups.values())
    return [parcel for parcel in parcels if parcel is not None]


def record_sent(parcel: Parcel, *, now: datetime) -> None:
    with transaction.atomic():
        for notice in parcel.notices:
            release(notice, state=NoticeState.SENT, sent_at=now, error=None, attempt_count=notice.attempt_count + 1)
        _routes_of(parcel).update(reached_at=now, failure_count=0, error=None)
        _tell(parcel, now=now)


def record_failure(parcel: Parcel, error: ParvisError, *, now: datetime) -> None:
    """Tried again later, unless the error says that it is of no use, or it was tried often enough."""
    with transaction.atomic():
        is_over = False
        for notice in parcel.notices:
            attempts = notice.attempt_count + 1
            is_over = attempts >= MOST_ATTEMPTS or _is_final(error)
            wait_s = backoff_s(attempts, retry_after_s=error.retry_after_s, first_s=FIRST_RETRY_S)
            after = {"state": NoticeState.FAILED} if is_over else {"due_at": now + timedelta(seconds=wait_s)}
            release(notice, attempt_count=attempts, error=error.facts, **after)
        _routes_of(parcel).update(error=error.facts, failure_count=F("failure_count") + int(is_over))
        _tell(parcel, now=now)


def _is_final(error: ParvisError) -> bool:
    """Waiting does not help: a wrong address, one that the guard refuses, one that is refused over there."""
    return isinstance(error, BadInput) or (isinstance(error, RemoteError) and error.retry_after_s is None)


def _group_of(notice: Notice) -> tuple[int | None, ...]:
    own = (notice.route_id, notice.member_id)
    return own if notice.is_held else (*own, notice.pk)


def _still_wanted(notices: Sequence[Notice]) -> list[Notice]:
    kept = []
    for notice in notices:
        member, route = notice.member, notice.route
        is_lost = member is not None and (
            not member.is_active or (notice.is_restricted and not may(member, Action.SEE, notice.department))
        )
        if is_lost or (route is not None and not route.is_on and notice.subject != "route"):
            release(notice, state=NoticeState.DROPPED)
        else:
            kept.append(notice)
    return sorted(kept, key=lambda notice: notice.pk)


def _parcel(notices: Sequence[Notice], *, now: datetime) -> Parcel | None:
    if not notices:
        return None
    first = notices[0]
    kind = first.route.kind if first.route is not None else RouteKind.MAIL
    title, text = _written(notices)
    parcel = Parcel(notices=notices, kind=kind, address="", title=title, text=text)
    try:
        address = _address(first)
    except KeyMissing as error:
        record_failure(parcel, error, now=now)
        return None
    return Parcel(notices=notices, kind=kind, address=address, title=title, text=text)


def _address(notice: Notice) -> str:
    if notice.route is not None:
        return address_of(notice.route)
    return notice.member.email if notice.member is not None else ""


def _written(notices: Sequence[Notice]) -> tuple[str, str]:
    if len(notices) == 1:
        return notices[0].title, _with_link(notices[0])
    with translation.override(notices[0].language):
        title = ngettext("{n} notice from your quiet hours", "{n} notices from your quiet hours", len(notices))
        pieces = [f"{notice.title}\n{_with_link(notice)}" for notice in notices]
        return title.format(n=len(notices)), "\n\n– – –\n\n".join(pieces)


def _with_link(notice: Notice) -> str:
    return f"{notice.text}\n\n{default_address()}{notice.path}" if notice.path else notice.text


def _routes_of(parcel: Parcel) -> Scoped:
    routes: Scoped = NoticeRoute.objects.filter(
        pk__in=[notice.route_id for notice in parcel.notices if notice.route_id]
    )
    return routes


def _tell(parcel: Parcel, *, now: datetime) -> None:
    """Open pages see what became of it."""
    for notice in {(one.subject, one.subject_key): one for one in parcel.notices}.values():
        tell(
            "notice", now=now, department_id=notice.department_id, member_id=notice.member_id,
            facts={"subject": notice.subject, "key": notice.subject_key},
        )  # fmt: skip
