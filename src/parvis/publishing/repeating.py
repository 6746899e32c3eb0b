"""Posts that come again: each occurrence is a post of its own, made ahead by the worker, once.

Nothing is sent late: what was due while no worker ran is listed as missed. Locks: the repeat, then posts.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q

from parvis.core.errors import BadInput, NothingToDo, ParvisError
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.approving import ask_approval, is_approved
from parvis.publishing.changing import locked_post, note_post, note_publications, settle_posts
from parvis.publishing.copying import carry_approval, copy_post, draft_of_post
from parvis.publishing.drafting import save_draft
from parvis.publishing.holding import cancel
from parvis.publishing.models import (
    HeldBy,
    Occurrence,
    OccurrenceState,
    Post,
    PostState,
    Publication,
    PublicationState,
    Repeat,
)
from parvis.publishing.planning import plan
from parvis.publishing.recurring import Rule, Time, checked_rule, time_of, times, times_ahead
from parvis.publishing.written import as_content

AHEAD = timedelta(days=14)
LATE_BY = timedelta(hours=1)
"""What comes later than this is missed: nobody wants this morning’s greeting in the evening."""
TRIES_EVERY = timedelta(minutes=1)
MOST_AT_ONCE = 5
"""Transactions stay short; the rest is made at once after."""
_PATTERN = (PostState.DRAFT, PostState.REVIEW, PostState.READY)
_UNSENT = (PostState.DRAFT, PostState.REVIEW, PostState.READY, PostState.PLANNED)


@dataclass(frozen=True, slots=True)
class Spread:
    """What became of the occurrences that follow."""

    changed: int
    kept: int
    """They had been changed by themselves, or have left."""


def rule_of_repeat(repeat: Repeat) -> Rule:
    return Rule(
        every=repeat.every, interval=repeat.interval, weekdays=tuple(repeat.weekdays), month_day=repeat.month_day,
        nth=repeat.nth, starts_on=repeat.starts_on, time=repeat.time, zone=repeat.zone, until=repeat.until,
        count=repeat.count, exceptions=tuple(repeat.exceptions),
    )  # fmt: skip


@transaction.atomic
def start_repeat(post: Post, member: Member, rule: Rule, *, now: datetime) -> Repeat:
    """The post becomes the pattern: it stays here, what leaves are its occurrences. Raises NotAllowed, BadInput."""
    must(member, Action.PUBLISH, post)
    checked_rule(rule)
    current = locked_post(post.pk)
    if current.state not in _PATTERN or current.repeat_id is not None:
        raise BadInput(detail=_NO_PATTERN)
    if Repeat.objects.filter(pattern=current, is_on=True).exists():
        raise BadInput(detail=Text("it is repeated already", "il est déjà répété"))
    coming = times_ahead(rule, now=now, count=1)
    if not coming:
        raise BadInput(detail=Text("all its times are over", "toutes ses dates sont passées"))
    wanted = {**asdict(rule), "weekdays": sorted(set(rule.weekdays)), "exceptions": sorted(set(rule.exceptions))}
    before = max((one for one in _walls_before(rule, coming[0])), default=None)
    repeat: Repeat = Repeat.objects.create(
        department_id=current.department_id, pattern=current, created_by=member, created_at=now,
        look_at=coming[0].at - AHEAD, made_to=before.isoformat() if before is not None else "", **wanted,
    )  # fmt: skip
    facts = {"repeat": repeat.pk, "every": rule.every, "interval": rule.interval, "time": rule.time.isoformat()}
    note_post(current, member, "repeat.start", now=now, facts=facts)
    return repeat


@transaction.atomic
def end_repeat(repeat: Repeat, member: Member, *, now: datetime, drops: bool = False) -> int:
    """No more is made of it; `drops`: what was made and has not left is cancelled, too. How many that were."""
    must(member, Action.PUBLISH, repeat)
    current = _locked(repeat.pk)
    current.is_on, current.look_at = False, None
    current.save(update_fields=["is_on", "look_at"])
    count = 0
    if drops:
        rows = Occurrence.objects.filter(repeat=current, due_at__gte=now, post__isnull=False)
        count = sum(_drop(one, member, now=now) for one in rows.select_related("post__department"))
    note_post(current.pattern, member, "repeat.end", now=now, facts={"repeat": current.pk, "dropped": count})
    repeat.refresh_from_db()
    return count


@transaction.atomic
def except_day(repeat: Repeat, member: Member, day: date, *, now: datetime) -> None:
    """It does not come on that day; what was made for it already is cancelled. Raises NotAllowed, NothingToDo."""
    must(member, Action.PUBLISH, repeat)
    current = _locked(repeat.pk)
    if day.isoformat() in current.exceptions:
        raise NothingToDo
    current.exceptions = sorted([*current.exceptions, day.isoformat()])
    current.save(update_fields=["exceptions"])
    rows = Occurrence.objects.filter(repeat=current, local__startswith=day.isoformat(), post__isnull=False)
    for one in rows.select_related("post__department"):
        _drop(one, member, now=now)
    note_post(current.pattern, member, "repeat.except", now=now, facts={"repeat": current.pk, "day": day.isoformat()})
    repeat.refresh_from_db()


def change_following(post: Post, member: Member, *, now: datetime) -> Spread:
    """What stands in this occurrence (or in the pattern) is said by the pattern and by all that come after it.

    Those that were changed by themselves stay as they are. Raises NotAllowed, BadInput.
    """
    must(member, Action.PUBLISH, post)
    with transaction.atomic():
        here = Occurrence.objects.filter(post=post).first()
        found = here.repeat if here is not None else Repeat.objects.filter(pattern=post, is_on=True).first()
        if found is None:
            raise BadInput(detail=Text("it is not repeated", "il n’est pas répété"))
        repeat = _locked(found.pk)
        source = locked_post(post.pk)
        pattern = locked_post(repeat.pattern_id)
        if source.pk != pattern.pk:
            _say_as(source, pattern, member, now=now)
        later = Occurrence.objects.filter(repeat=repeat, due_at__gte=now, post__isnull=False).exclude(post=source)
        if here is not None:
            later = later.filter(local__gt=here.local)
            Occurrence.objects.filter(pk=here.pk).update(pattern_version=pattern.version, post_version=source.version)
        changed = kept = 0
        for one in later.select_related("post__department").order_by("local"):
            if one.post.state in _UNSENT and one.post.version == one.post_version:
                _remake(one, pattern, member, now=now)
                changed += 1
            else:
                kept += 1
        note_post(source, member, "repeat.spread", now=now, facts={"changed": changed, "kept": kept})
    return Spread(changed, kept)


def make_repeats(*, now: datetime, limit: int = 50) -> int:
    """Posts of occurrences that come within two weeks; how many. Any number of workers may, each is made once."""
    keys = Repeat.objects.filter(is_on=True, look_at__lte=now).order_by("look_at").values_list("pk", flat=True)
    return sum(_make(key, now=now) for key in list(keys[:limit])) + _try_waiting(now=now, limit=limit)


@transaction.atomic
def drop_missed(*, now: datetime, limit: int = 500) -> int:
    """What repeats and rules had planned, and nobody was there to send: cancelled and listed, never sent in a flood.

    For the worker, before it releases what is due.
    """
    rows = Publication.objects.filter(state=PublicationState.PLANNED, due_at__lt=now - LATE_BY)
    rows = rows.filter(Q(post__repeat__isnull=False) | Q(post__evergreen_of__isnull=False)).order_by("due_at")
    if not rows.exists():
        return 0
    found = rows.select_related("post__department", "channel")
    late = list(found.select_for_update(of=("self", "post"), skip_locked=True, no_key=True)[:limit])
    posts = {one.post_id: one.post for one in late}
    Publication.objects.filter(pk__in=[one.pk for one in late]).update(
        state=PublicationState.CANCELLED, held_by=HeldBy.NOBODY
    )
    for one in late:
        one.state = PublicationState.CANCELLED
    note_publications(late, None, "publication.miss", now=now)
    settle_posts(list(posts.values()), now=now)
    Occurrence.objects.filter(post__in=list(posts)).update(state=OccurrenceState.MISSED)
    return len(late)


@transaction.atomic
def _make(key: int, *, now: datetime) -> int:
    rows = Repeat.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    repeat = (
        rows.filter(pk=key, is_on=True, look_at__lte=now).select_related("pattern__department", "created_by").first()
    )
    if repeat is None:
        return 0
    after = datetime.fromisoformat(repeat.made_to) if repeat.made_to else None
    coming = times(rule_of_repeat(repeat), after=after)
    count = 0
    for one in islice(coming, MOST_AT_ONCE):
        if one.at > now + AHEAD:
            repeat.look_at = one.at - AHEAD
            break
        _make_one(repeat, one, now=now)
        repeat.made_to = one.local.isoformat()
        count += 1
    else:
        following = next(coming, None) if count == MOST_AT_ONCE else None
        repeat.look_at = None if following is None else max(following.at - AHEAD, now)
    repeat.save(update_fields=["made_to", "look_at"])
    return count


def _make_one(repeat: Repeat, time: Time, *, now: datetime) -> None:
    row = Occurrence(repeat=repeat, local=time.local.isoformat(), due_at=time.at, clock=time.clock)
    if time.at < now:
        row.state = OccurrenceState.MISSED
        row.save()
        _note_missed(row, now=now)
        return
    pattern, member = repeat.pattern, repeat.created_by
    row.state, row.next_try_at = OccurrenceState.WAITS, now
    try:
        with transaction.atomic():
            post = copy_post(
                pattern, member, now=now, repeat=repeat, due_local=time.shown.isoformat(), zone=repeat.zone,
                due_at=time.at,
            )  # fmt: skip
    except ParvisError as error:  # its maker may no longer write here
        row.error, row.state, row.next_try_at = dict(error.facts), OccurrenceState.MISSED, None
        row.save()
        _note_missed(row, now=now)
        return
    row.post, row.pattern_version, row.post_version = post, pattern.version, post.version
    row.save()
    _give_time(row, repeat, pattern, now=now)


def _give_time(row: Occurrence, repeat: Repeat, pattern: Post, *, now: datetime) -> None:
    """Approved by the pattern's approval where that stands, else asked for; then it is planned."""
    post = row.post
    assert post is not None
    if not carry_approval(post, pattern, now=now):
        _try(row, lambda: ask_approval(post, repeat.created_by, now=now), now=now)
        return
    _plan(row, repeat, now=now)


def _plan(row: Occurrence, repeat: Repeat, *, now: datetime) -> None:
    post, time = row.post, time_of(datetime.fromisoformat(row.local), repeat.zone)
    assert post is not None
    if _try(row, lambda: plan(post, repeat.created_by, due_local=time.shown, zone=repeat.zone, now=now), now=now):
        row.state, row.next_try_at = OccurrenceState.PLANNED, None
        row.save()


def _try(row: Occurrence, act: object, *, now: datetime) -> bool:
    """What stands in its way is kept, for whoever looks after it."""
    try:
        with transaction.atomic():
            act()  # type: ignore[operator]
    except ParvisError as error:
        row.error = dict(error.facts)
        is_done = False
    else:
        row.error, is_done = None, True
    row.state, row.next_try_at = OccurrenceState.WAITS, now + TRIES_EVERY
    row.save()
    return is_done


def _try_waiting(*, now: datetime, limit: int) -> int:
    """Those that had no approval yet, or something else in their way."""
    rows = Occurrence.objects.filter(state=OccurrenceState.WAITS, next_try_at__lte=now).order_by("next_try_at")
    return sum(_try_again(key, now=now) for key in list(rows.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _try_again(key: int, *, now: datetime) -> int:
    rows = Occurrence.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    rows = rows.filter(pk=key, state=OccurrenceState.WAITS, next_try_at__lte=now)
    row = rows.select_related("repeat__created_by", "post__department").first()
    if row is None:
        return 0
    before = row.state
    post = row.post
    if post is None or post.state == PostState.CANCELLED:
        row.state, row.next_try_at = OccurrenceState.DROPPED, None
    elif post.state not in _PATTERN:  # somebody gave it its time
        row.state, row.next_try_at, row.error = OccurrenceState.PLANNED, None, None
    elif row.due_at < now:
        row.state, row.next_try_at = OccurrenceState.MISSED, None
        _note_missed(row, now=now)
    elif is_approved(post):
        _plan(row, row.repeat, now=now)
    else:
        row.next_try_at = now + TRIES_EVERY
    row.save()
    return int(row.state != before)


def _remake(row: Occurrence, pattern: Post, member: Member, *, now: datetime) -> None:
    post = row.post
    assert post is not None
    _say_as(pattern, post, member, now=now)
    post.refresh_from_db()
    row.pattern_version, row.post_version = pattern.version, post.version
    _give_time(row, row.repeat, pattern, now=now)


def _say_as(source: Post, target: Post, member: Member, *, now: datetime) -> None:
    draft = draft_of_post(source)
    wanted = {int(key): variant for key, variant in draft.variants.items()}
    saved = save_draft(
        target, member, base_version=target.version, content=as_content(draft.content), variants=wanted,
        title=draft.title, now=now,
    )  # fmt: skip
    if saved.is_changed:
        carry_approval(locked_post(target.pk), source, now=now)
    target.refresh_from_db()


def _drop(row: Occurrence, member: Member, *, now: datetime) -> bool:
    if row.post is None:
        return False
    try:
        with transaction.atomic():
            cancel(row.post, member, now=now)
    except ParvisError:  # it has left, or was cancelled before
        return False
    Occurrence.objects.filter(pk=row.pk).update(state=OccurrenceState.DROPPED, next_try_at=None)
    return True


def _note_missed(row: Occurrence, *, now: datetime) -> None:
    record(
        None, "repeat.miss", subject="post", subject_key=row.repeat.pattern_id, now=now,
        department_id=row.repeat.department_id, facts={"repeat": row.repeat_id, "local": row.local},
    )  # fmt: skip


def _locked(key: int) -> Repeat:
    rows = Repeat.objects.select_for_update(of=("self",), no_key=True).select_related("pattern__department")
    found: Repeat = rows.get(pk=key)
    return found


def _walls_before(rule: Rule, first: Time) -> Iterable[datetime]:
    """Times that were over before anybody asked for them are not missed."""
    for one in times(rule):
        if one.local >= first.local:
            return
        yield one.local


_NO_PATTERN = Text(
    "only what has no time of its own yet can be repeated", "seul un contenu sans date propre peut être répété"
)
