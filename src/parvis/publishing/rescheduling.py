"""Another time for what has not left: it stays as it was frozen, and approved as it was, since no word changes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from parvis.core.errors import BadInput, Conflict, NothingToDo, PostNotFit
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.audit import history_of
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import (
    SOMEBODY,
    locked_post,
    locked_publications,
    move_post,
    move_publication,
    note_post,
    note_publications,
    of_post,
    only,
)
from parvis.publishing.content import hints_of_time
from parvis.publishing.media import Shelf
from parvis.publishing.models import HeldBy, Post, PostState, Publication, PublicationState
from parvis.publishing.planning import Planned, must_be_ahead, waiting_among
from parvis.publishing.times import moment_of, wall_of
from parvis.publishing.written import as_content

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Planned):
    """`from_local`, `from_zone`: the wall time that it had, by which the move can be taken back."""

    from_local: str
    from_zone: str


@transaction.atomic
def reschedule(
    thing: Post | Publication,
    member: Member,
    *,
    due_local: datetime,
    zone: str,
    now: datetime,
    seen_due_at: datetime | None = None,
) -> Moved:
    """Moves what waits; what is held stays held. Of a post, everything, or only what stood at `seen_due_at`.

    Raises NotAllowed, NoSuchTime, NothingToDo, BadInput (over, far away, it has left, a pause holds it),
    PostNotFit where a right or a consent does not hold at that time, and
    Conflict where nothing stands at `seen_due_at` any more: somebody else has moved it.
    """
    must(member, Action.PUBLISH, thing)
    moment = moment_of(due_local, zone)
    must_be_ahead(moment, now=now)
    current = locked_post(of_post(thing))
    there = only(locked_publications(current), thing)
    rows = _movable(_seen(there, current, seen_due_at))
    from_at = rows[0].due_at
    from_zone = current.zone or zone
    from_local = current.due_local if current.due_at == from_at else wall_of(from_at, from_zone).isoformat()
    _must_hold_then(rows, moment.at, now=now)
    for publication in rows:
        is_new = publication.due_at != moment.at
        state, moves = PublicationState(publication.state), publication.move_count + is_new
        move_publication(publication, state, due_at=moment.at, move_count=moves)
    if isinstance(thing, Post) and (seen_due_at is None or current.due_at == seen_due_at):
        move_post(current, PostState(current.state), due_local=moment.local, zone=moment.zone, due_at=moment.at)
    facts = {"due": moment.local, "zone": zone}
    note_publications(rows, member, "publication.move", now=now, facts=facts)
    note_post(current, member, "post.move", now=now, facts=facts)
    hints = hints_of_time(current, [one.channel_id for one in rows], due_at=moment.at, now=now)
    thing.refresh_from_db()
    return Moved(
        publications=tuple(rows), at=moment.at, is_twice=moment.is_twice, hints=hints, from_local=from_local,
        from_zone=from_zone,
    )  # fmt: skip


def wall_on_day(due_at: datetime, zone: str, *, day: date, seen_in: str) -> datetime:
    """The same wall time of `zone`, so many days on that whoever looks at it from `seen_in` finds it on `day`.

    Where a change of the clocks in between puts it over midnight there, the day that is meant counts.
    """
    wall = wall_of(due_at, zone)
    days = (day - wall_of(due_at, seen_in).date()).days
    for extra in (0, 1, -1):
        moved = wall + (days + extra) * _A_DAY
        if _seen_on(moved, zone, seen_in) == day:
            return moved
    return wall + days * _A_DAY


def wall_at(local: datetime, *, seen_in: str, zone: str) -> datetime:
    """What the wall of `zone` shows when that of `seen_in` shows `local`. Raises NoSuchTime."""
    return local if zone == seen_in else wall_of(moment_of(local, seen_in).at, zone)


def _seen_on(wall: datetime, zone: str, seen_in: str) -> date | None:
    """None where there is no such time."""
    try:
        return wall_of(moment_of(wall, zone).at, seen_in).date()
    except BadInput:
        return None


def _seen(rows: list[Publication], post: Post, seen_due_at: datetime | None) -> list[Publication]:
    if seen_due_at is None:
        return rows
    found = [one for one in rows if one.due_at == seen_due_at]
    if rows and not found:
        last = history_of("post", post.pk).filter(action__in=("post.move", "post.plan", "post.publish")).first()
        who = last.member.name if last is not None and last.member is not None else SOMEBODY
        raise Conflict(who=who, detail=_MOVED)
    return found


def _must_hold_then(rows: list[Publication], at: datetime, *, now: datetime) -> None:
    """What is made of its media is waited for; what may not be shown on that day is refused now."""
    wanted = [(as_content(one.content), one.channel) for one in rows]
    shelf = Shelf.of(wanted)
    found = {
        channel.pk: [one for one in shelf.faults(content, channel, now=now, due_at=at) if not one.is_hint]
        for content, channel in wanted
    }
    faults = {key: some for key, some in found.items() if some}
    if faults:
        names = ", ".join(channel.name for _, channel in wanted if channel.pk in faults)
        first = next(iter(faults.values()))[0]
        raise PostNotFit(faults=faults, channels=names, detail=first.words)


def _movable(rows: list[Publication]) -> list[Publication]:
    waiting = [one for one in waiting_among(rows) if one.state != PublicationState.NEEDS_PERSON]
    if waiting:
        return waiting
    if any(one.held_by == HeldBy.CRISIS for one in rows):
        raise BadInput(detail=_IN_PAUSE)
    if any(one.state in (PublicationState.RELEASED, PublicationState.DONE) for one in rows):
        raise BadInput(detail=_HAS_LEFT)
    raise NothingToDo


_MOVED = Text("it stands at another time by now", "il a changé d’heure entre-temps")
_HAS_LEFT = Text("it has left already", "c’est déjà parti")
_IN_PAUSE = Text(
    "a crisis has held it back: whoever leads it decides whether it leaves",
    "une crise l’a retenu\u202f: la personne qui la mène décide s’il part",
)
