"""What is worth saying again: rules that choose from what has left, and say why.

A rule looks at the free slots of its queue for a week ahead, and takes for each what was said longest ago. Where it
may not repeat the words, it proposes drafts, and they cannot be planned until somebody has said them anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from parvis.channels.models import Channel
from parvis.core.errors import BadInput, FieldMissing, NotAllowed, ParvisError
from parvis.core.wording import Text
from parvis.orgs.access import may, must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.approving import ask_approval
from parvis.publishing.changing import note_post
from parvis.publishing.copying import carry_approval, copy_post
from parvis.publishing.holding import cancel
from parvis.publishing.models import (
    Evergreen,
    EvergreenMode,
    EvergreenPick,
    PickState,
    Pillar,
    Post,
    PostState,
    Publication,
    PublicationState,
    Queue,
    Variant,
)
from parvis.publishing.planning import Planned
from parvis.publishing.queueing import LEAD, SlotMoment, next_free, queue_post
from parvis.publishing.queues import checked_name
from parvis.publishing.saying import LOOKS_BACK
from parvis.publishing.times import wall_of

AHEAD = timedelta(days=7)
LOOKS_EVERY = timedelta(hours=1)
A_WEEK = timedelta(days=7)
LEAST_DAYS = LOOKS_BACK.days + 1
"""Nearer, a platform or its readers take it for the same post twice."""
MOST_DAYS = 3650
MOST_PER_WEEK = 50
MOST_AT_ONCE = 5
_OVER = (PublicationState.CANCELLED, PublicationState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be said again."""

    root: Post
    last_said_at: datetime
    times: int
    """How often it was said, the first time included."""


@transaction.atomic
def save_evergreen(
    department: Department,
    member: Member,
    *,
    name: str,
    queue: Queue,
    now: datetime,
    rule: Evergreen | None = None,
    pillar: Pillar | None = None,
    label: str = "",
    channels: Iterable[Channel] = (),
    least_days: int = 90,
    most_per_week: int = 1,
    mode: str = EvergreenMode.PROPOSE,
    may_repeat_words: bool = False,
) -> Evergreen:
    """A new rule, or `rule` changed; it works in the name of who saved it last. Raises NotAllowed, BadInput."""
    must(member, Action.PUBLISH, department)
    if rule is not None:
        must(member, Action.PUBLISH, rule)
    label, chosen = " ".join(label.replace("\0", "").split())[:60], list(channels)
    if pillar is None and not label:
        raise FieldMissing(field=Text("pillar or label", "pilier ou étiquette"))
    if any(one is not None and one.department_id != department.pk for one in (queue, pillar)):
        raise BadInput(detail=Text("it is another department’s", "il est d’un autre département"))
    if any(not may(member, Action.SEE, channel) for channel in chosen):
        raise NotAllowed(action=str(Action.PUBLISH.label))
    if mode not in EvergreenMode.values:
        raise BadInput(detail=Text("there is no such rule", "cette règle n’existe pas"))
    if not LEAST_DAYS <= least_days <= MOST_DAYS:
        raise BadInput(detail=_TOO_SOON.format(least=LEAST_DAYS))
    if not 1 <= most_per_week <= MOST_PER_WEEK:
        raise BadInput(detail=Text("from 1 to 50 times a week", "de 1 à 50 fois par semaine"))
    if mode == EvergreenMode.PLAN and not may_repeat_words:
        raise BadInput(detail=_NEEDS_SOMEBODY)
    saved = rule or Evergreen(department=department, created_at=now)
    saved.name, saved.queue, saved.pillar, saved.label = checked_name(name), queue, pillar, label
    saved.least_days, saved.most_per_week, saved.mode = least_days, most_per_week, mode
    saved.may_repeat_words, saved.created_by, saved.look_at, saved.error = may_repeat_words, member, now, None
    saved.save()
    saved.channels.set(chosen)
    _note(saved, member, "evergreen.save", now=now)
    return saved


@transaction.atomic
def switch_evergreen(rule: Evergreen, member: Member, *, is_on: bool, now: datetime) -> None:
    """Raises NotAllowed."""
    must(member, Action.PUBLISH, rule)
    rule.is_on, rule.look_at = is_on, now
    rule.save(update_fields=["is_on", "look_at"])
    _note(rule, member, "evergreen.on" if is_on else "evergreen.off", now=now)


@transaction.atomic
def close_evergreen(rule: Evergreen, member: Member, *, now: datetime) -> None:
    """It chooses nothing more; what it chose stays. Raises NotAllowed."""
    must(member, Action.PUBLISH, rule)
    rule.closed_at, rule.look_at, rule.is_on = now, None, False
    rule.save(update_fields=["closed_at", "look_at", "is_on"])
    _note(rule, member, "evergreen.close", now=now)


def run_evergreen(*, now: datetime, limit: int = 20) -> int:
    """Each rule that is due looks; how many posts were chosen. Any number of workers may."""
    due = Evergreen.objects.filter(is_on=True, closed_at__isnull=True, look_at__lte=now).order_by("look_at")
    return sum(_run(key, now=now) for key in list(due.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def take_pick(pick: EvergreenPick, member: Member, *, now: datetime) -> Planned:
    """A proposal gets the queue's next free slot. Raises as `queue_post` does, and PostNotFit where it says the same."""
    planned = queue_post(pick.post, pick.rule.queue, member, now=now)
    pick.state, pick.due_at = PickState.PLANNED, planned.at
    pick.save(update_fields=["state", "due_at"])
    return planned


@transaction.atomic
def refuse_pick(pick: EvergreenPick, member: Member, *, now: datetime) -> None:
    """It is cancelled, and not proposed again for as long as it would rest. Raises NotAllowed, TooLate."""
    cancel(pick.post, member, now=now)
    pick.state = PickState.REFUSED
    pick.save(update_fields=["state"])
    note_post(pick.post, member, "evergreen.refuse", now=now, facts={"rule": pick.rule_id, "root": pick.root_id})


def pool_of(rule: Evergreen, *, on_day: date | None = None) -> list[Candidate]:
    """All that the rule may say again one day, what was said longest ago first; without what is proposed already."""
    roots = Post.objects.filter(
        department=rule.department_id, state=PostState.OUT, evergreen_of__isnull=True, repeat__isnull=True
    )
    if rule.pillar_id is not None:
        roots = roots.filter(pillar=rule.pillar_id)
    if rule.label:
        roots = roots.filter(labels__name=rule.label)
    if on_day is not None:
        roots = roots.filter(Q(evergreen_until__isnull=True) | Q(evergreen_until__gte=on_day))
    waiting = EvergreenPick.objects.filter(state=PickState.PROPOSED).exclude(post__state=PostState.CANCELLED)
    roots = roots.exclude(pk__in=waiting.exclude(post__state=PostState.OUT).values("root")).select_related("department")
    said = Publication.objects.exclude(state__in=_OVER).annotate(root=Coalesce("post__evergreen_of", "post"))
    said = said.filter(Q(post__in=roots.values("pk")) | Q(post__evergreen_of__in=roots.values("pk")))
    by_root = {
        key: (last, count)
        for key, last, count in said.order_by()
        .values("root")
        .annotate(last=Max("due_at"), count=Count("post", distinct=True))
        .values_list("root", "last", "count")
    }
    found = [Candidate(one, *by_root[one.pk]) for one in roots if one.pk in by_root]
    return sorted(found, key=lambda one: (one.last_said_at, one.times, one.root.pk))


@transaction.atomic
def _run(key: int, *, now: datetime) -> int:
    rows = Evergreen.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    rows = rows.filter(pk=key, is_on=True, closed_at__isnull=True, look_at__lte=now)
    rule = rows.select_related("queue", "created_by", "department").first()
    if rule is None:
        return 0
    count, error = 0, None
    while count < MOST_AT_ONCE and error is None:
        try:
            with transaction.atomic():
                _choose(rule, now=now)
        except ParvisError as caught:
            error = caught
        else:
            count += 1
    rule.error = dict(error.facts) if error is not None and not count else None
    rule.look_at = now + LOOKS_EVERY if error is not None else now
    rule.save(update_fields=["error", "look_at"])
    return count


def _choose(rule: Evergreen, *, now: datetime) -> EvergreenPick:
    """The next one. Raises BadInput with why there is none, and as planning does."""
    if not rule.queue.is_on or rule.queue.closed_at is not None:
        raise BadInput(detail=Text("its queue is paused or closed", "sa file est en pause ou fermée"))
    moment, week = _free_moment(rule, now=now)
    pool = pool_of(rule, on_day=wall_of(moment.at, rule.queue.zone).date())
    if not pool:
        raise BadInput(detail=Text("nothing that has left is in its pool", "rien de parti n’est dans sa réserve"))
    refused = _refused(rule, moment)
    rested = [
        one
        for one in pool
        if one.last_said_at <= moment.at - timedelta(days=rule.least_days) and one.root.pk not in refused
    ]
    found = next((one for one in rested if moment.pillar_id in (None, one.root.pillar_id)), None)
    if found is None:
        raise BadInput(detail=_ALL_RESTING.format(count=len(pool), days=rule.least_days))
    return _make(rule, found, moment, pool=len(pool), week=week, now=now)


def _make(
    rule: Evergreen, found: Candidate, moment: SlotMoment, *, pool: int, week: int, now: datetime
) -> EvergreenPick:
    member = rule.created_by
    post = copy_post(found.root, member, now=now, note="evergreen", evergreen_of=found.root)
    _set_channels(rule, post)
    pick: EvergreenPick = EvergreenPick.objects.create(
        rule=rule, root=found.root, post=post, state=PickState.PROPOSED, due_at=moment.at, at=now,
        reasons={
            "last_said_at": found.last_said_at.isoformat(), "times": found.times, "pool": pool, "week": week,
            "least_days": rule.least_days, "most_per_week": rule.most_per_week,
        },
    )  # fmt: skip
    note_post(post, None, "evergreen.choose", now=now, facts={"rule": rule.pk, "root": found.root.pk})
    if rule.mode != EvergreenMode.PLAN:
        return pick
    if not carry_approval(post, found.root, now=now):
        ask_approval(post, member, now=now)
        return pick
    planned = queue_post(post, rule.queue, member, now=now, not_before=moment.at)
    pick.state, pick.due_at = PickState.PLANNED, planned.at
    pick.save(update_fields=["state", "due_at"])
    return pick


def _set_channels(rule: Evergreen, post: Post) -> None:
    wanted = set(rule.channels.values_list("pk", flat=True))
    if not wanted:
        return
    there = set(post.variants.values_list("channel_id", flat=True))
    post.variants.exclude(channel__in=wanted).delete()
    Variant.objects.bulk_create(Variant(post=post, channel_id=key) for key in sorted(wanted - there))
    variants = {str(one.channel_id): {"changes": one.changes, "is_on": True} for one in post.variants.all()}
    post.versions.update(variants=variants)


def _free_moment(rule: Evergreen, *, now: datetime) -> tuple[SlotMoment, int]:
    """The first free slot within a week at which the rule has not said enough, and how much it says around it."""
    taken = _due_times(rule, now=now)
    for moment in next_free(rule.queue, start=now + LEAD, until=now + AHEAD, now=now):
        if moment.at in taken:
            continue
        busiest = _busiest([*taken, moment.at], moment.at)
        if busiest <= rule.most_per_week:
            return moment, busiest - 1
    raise BadInput(detail=_NO_MOMENT)


def _due_times(rule: Evergreen, *, now: datetime) -> list[datetime]:
    """When what it chose leaves or has left, of two weeks around now."""
    picks = rule.picks.exclude(state=PickState.REFUSED).exclude(post__state=PostState.CANCELLED)
    picks = picks.filter(due_at__gte=now - A_WEEK, due_at__lt=now + AHEAD + A_WEEK)
    return [at or due_at for at, due_at in picks.values_list("post__due_at", "due_at")]


def _busiest(times: Sequence[datetime], at: datetime) -> int:
    """The most of them in any seven days that hold `at`."""
    near = sorted(one for one in times if abs(one - at) < A_WEEK)
    return max(sum(start <= one < start + A_WEEK for one in near) for start in near if start <= at < start + A_WEEK)


def _refused(rule: Evergreen, moment: SlotMoment) -> set[int]:
    since = moment.at - timedelta(days=rule.least_days)
    gone = Q(state=PickState.REFUSED) | Q(post__state=PostState.CANCELLED)
    return set(rule.picks.filter(gone, at__gt=since).values_list("root_id", flat=True))


def _note(rule: Evergreen, member: Member, action: str, *, now: datetime) -> None:
    record(
        member, action, subject="evergreen", subject_key=rule.pk, department_id=rule.department_id, now=now,
        facts={"mode": rule.mode, "least_days": rule.least_days, "most_per_week": rule.most_per_week},
    )  # fmt: skip


_TOO_SOON = Text(
    "between two of the same there are {least} days at least",
    "entre deux fois la même chose il y a {least} jours au moins",
)
_NEEDS_SOMEBODY = Text(
    "what plans by itself has to be allowed to repeat the words",
    "ce qui planifie tout seul doit avoir le droit de répéter les mots",
)
_ALL_RESTING = Text(
    "none of {count} was said {days} days ago or more", "aucun des {count} n’a été dit il y a {days} jours ou plus"
)
_NO_MOMENT = Text(
    "its queue has no free slot within a week at which it may say more",
    "sa file n’a pas de créneau libre d’ici une semaine où elle puisse en dire plus",
)
