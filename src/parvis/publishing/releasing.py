"""What is due leaves: publications become orders of the outbox, in one short transaction, once each.

A publication is claimed by its own row and its post's; whoever holds one of them (somebody who stops it,
another worker) is passed over, never waited for.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from parvis.assets.renditions import stop_waiting
from parvis.assets.uses import PUBLICATION
from parvis.channels.chains import order_publications
from parvis.channels.registry import connector_of
from parvis.core.errors import ParvisError, PostNotFit
from parvis.core.post import Part
from parvis.jobs.faults import one_line
from parvis.jobs.steps import at
from parvis.orgs.crisis import may_leave, paused_departments
from parvis.orgs.models import HeldBack, HeldDecision
from parvis.publishing.changing import note_publications, settle_posts
from parvis.publishing.content import faults_of
from parvis.publishing.following import call_for_person
from parvis.publishing.media import Shelf, reason_of
from parvis.publishing.models import HeldBy, Publication, PublicationState
from parvis.publishing.waiting import shelf_of, still_waits, waits
from parvis.publishing.written import as_content

KIND = "publication"
"""Of what orgs.crisis holds back."""
_KEYS_A_STATEMENT = 500

_log = logging.getLogger("parvis.publish")


def release_due(*, now: datetime, limit: int = 500) -> int:
    """Lets go what is due, and what a pause had held back and somebody has decided since; how many left the plan."""
    due = Publication.objects.filter(state=PublicationState.PLANNED, due_at__lte=now).order_by("due_at")
    due = due.exclude(still_waits(now=now))
    return _release_some(due, now=now, limit=limit) + _release_decided(now=now, limit=limit)


def next_due_at() -> datetime | None:
    """When the next publication is due that waits for nothing else; None where none is planned."""
    due = Publication.objects.filter(state=PublicationState.PLANNED).exclude(still_waits()).order_by("due_at")
    return due.values_list("due_at", flat=True).first()


def _release_some(due: QuerySet[Publication], *, now: datetime, limit: int) -> int:
    if not due.exists():
        return 0
    with transaction.atomic():
        publications = _claimed(due)[:limit]
        rows = list(publications)
        release(rows, now=now)
        at("publish.releasing")
    at("publish.released")
    return len(rows)


def _claimed(rows: QuerySet[Publication]) -> QuerySet[Publication]:
    return rows.select_related("post__department", "channel", "planned_by").select_for_update(
        of=("self", "post"), skip_locked=True, no_key=True
    )


def release(publications: Sequence[Publication], *, now: datetime, is_scheduled: bool = True) -> list[Publication]:
    """Those that left; the caller holds them and their posts. `is_scheduled` False: a person orders it now."""
    allowed = _allowed(publications, now=now) if is_scheduled else list(publications)
    ready: list[tuple[Publication, tuple[Part, ...]]] = []
    stuck: list[Publication] = []
    shelf = shelf_of(allowed, now=now)
    for publication in allowed:
        try:
            if not waits(publication, shelf, now=now):
                ready.append((publication, parts_of(publication, shelf, now=now)))
        except ParvisError as error:
            publication.error = reason_of(error)
            stuck.append(publication)
    if not shelf.is_empty:
        stop_waiting(PUBLICATION, [one.pk for one in [*stuck, *(publication for publication, _ in ready)]])
    _order(ready, now=now)
    left = [publication for publication, _ in ready]
    _mark(left, PublicationState.RELEASED, "publication.release", now=now, released_at=now, error=None)
    for publication in stuck:
        _mark(
            [publication], PublicationState.NEEDS_PERSON, "publication.needs_person", now=now, error=publication.error
        )
    call_for_person(stuck, now=now)
    settle_posts(list({one.post_id: one.post for one in publications}.values()), now=now)
    return left


def parts_of(publication: Publication, shelf: Shelf | None = None, *, now: datetime) -> tuple[Part, ...]:
    """What the platform is to do. Raises ParvisError where it cannot leave as it is."""
    channel = publication.channel
    wish = as_content(publication.content)
    try:
        shelf = shelf or Shelf.of([(wish, channel)])
        content = shelf.filled(wish, channel)
        faults = [*shelf.faults(wish, channel, now=now, due_at=now), *faults_of(content, channel)]
        faults = [fault for fault in faults if not fault.is_hint or fault.code == "media_pending"]
        publishing = connector_of(channel).publishing
        parts = publishing.parts(content, channel.facts) if publishing is not None and not faults else ()
    except ParvisError:
        raise
    except Exception as error:
        _log.error("publication %s: the connector failed: %s", publication.pk, one_line(error))
        raise ParvisError(detail=one_line(error)) from error
    if faults:
        raise PostNotFit(faults={channel.pk: faults}, channels=channel.name, detail=faults[0].words)
    if not parts:
        raise ParvisError(detail=f"{channel.name}: nothing to send")
    return parts


def _allowed(publications: Sequence[Publication], *, now: datetime) -> list[Publication]:
    """Without those that a pause holds back, which are marked so."""
    paused = paused_departments(now=now)
    known = set(
        HeldBack.objects.filter(kind=KIND, key__in=[str(one.key) for one in publications]).values_list("key", flat=True)
    )
    allowed, held = [], []
    for one in publications:
        places = [key for key in (one.department_id, one.channel.department_id) if key in paused]
        asked = places or ([one.department_id] if str(one.key) in known else [])
        if all(_may_leave(one, place, now=now) for place in asked):
            allowed.append(one)
        else:
            held.append(one)
    fresh = [one for one in held if one.held_by != HeldBy.CRISIS]
    _mark(fresh, PublicationState.HELD, "publication.hold_back", now=now, held_by=HeldBy.CRISIS)
    return allowed


def _may_leave(publication: Publication, department_id: int, *, now: datetime) -> bool:
    return may_leave(
        department_id, kind=KIND, key=publication.key, title=publication.post.title, due_at=publication.due_at, now=now
    )


def _order(ready: Sequence[tuple[Publication, tuple[Part, ...]]], *, now: datetime) -> None:
    """Few statements: all of one planner at once."""
    by_planner: dict[int, list[tuple[Publication, tuple[Part, ...]]]] = {}
    for publication, parts in ready:
        by_planner.setdefault(publication.planned_by_id, []).append((publication, parts))
    for rows in by_planner.values():
        wanted = [(publication.channel, parts, publication.key) for publication, parts in rows]
        order_publications(wanted, member=rows[0][0].planned_by, now=now, due_at=now)


def _mark(
    publications: Sequence[Publication], state: PublicationState, action: str, *, now: datetime, **changes: object
) -> None:
    if not publications:
        return
    changes = {"held_by": HeldBy.NOBODY, **changes, "state": state}
    Publication.objects.filter(pk__in=[one.pk for one in publications]).update(**changes)
    for one in publications:
        for name, value in changes.items():
            setattr(one, name, value)
    note_publications(publications, None, action, now=now)


def _release_decided(*, now: datetime, limit: int) -> int:
    """What a pause had held back, and somebody has let go or dropped since."""
    held = Publication.objects.filter(held_by=HeldBy.CRISIS, state=PublicationState.HELD)
    keys = [str(key) for key in held.values_list("key", flat=True)]
    decided: dict[str, str] = {}
    for start in range(0, len(keys), _KEYS_A_STATEMENT):
        rows = HeldBack.objects.filter(kind=KIND, key__in=keys[start : start + _KEYS_A_STATEMENT]).order_by("id")
        decided.update(rows.values_list("key", "decision"))
    dropped = [key for key, decision in decided.items() if decision == HeldDecision.DROP]
    freed = [key for key, decision in decided.items() if decision == HeldDecision.RELEASE]
    count = 0
    if dropped:
        count += _drop(held.filter(key__in=dropped[:limit]), now=now)
    if freed:
        count += _release_some(held.filter(key__in=freed[:limit]).order_by("due_at"), now=now, limit=limit)
    return count


@transaction.atomic
def _drop(rows: QuerySet[Publication], *, now: datetime) -> int:
    publications = list(_claimed(rows.order_by("pk")))
    _mark(publications, PublicationState.CANCELLED, "publication.cancel", now=now)
    settle_posts(list({one.post_id: one.post for one in publications}.values()), now=now)
    return len(publications)
