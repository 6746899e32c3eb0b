"""Where a post is and what can be done with it now, by whoever looks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from parvis.core.errors import NotAllowed
from parvis.orgs.access import may
from parvis.orgs.models import House, Member
from parvis.orgs.rights import Action
from parvis.publishing import queries
from parvis.publishing.approving import must_not_be_own, step_of
from parvis.publishing.models import (
    ApprovalKind,
    ApprovalRequest,
    HeldBy,
    Post,
    PostState,
    PublicationState,
    RequestState,
    Verdict,
)
from parvis.publishing.queries import Progress
from parvis.publishing.rules import may_stand, rule_of
from parvis.web.screens.effects.words import problem_of
from parvis.web.screens.publish.words import (
    Answer,
    Look,
    acts_on,
    answers_to,
    is_doubtful,
    look_of_post,
    look_of_publication,
    progress_words,
)

_PLANNABLE = (PostState.DRAFT, PostState.READY, PostState.PLANNED)
_ASKABLE = (PostState.DRAFT, PostState.READY, PostState.PLANNED)
_STOPPABLE = (PostState.PLANNED, PostState.LEAVING, PostState.STUCK)
_WORD_GIVEN = {Verdict.APPROVE: "check", Verdict.REFUSE: "x"}


@dataclass(frozen=True, slots=True)
class PublicationLine:
    id: int
    channel: str
    look: Look
    words: str
    problem: str
    url: str
    is_behind: bool
    is_doubtful: bool
    answers: list[Answer]
    acts: list[Answer]


@dataclass(frozen=True, slots=True)
class Asked:
    """The newest request for approval."""

    request: ApprovalRequest
    is_open: bool
    step: str
    """Which of several steps waits; "" where there is one."""
    votes: list[dict[str, Any]]
    may_vote: bool
    why_not: str
    """Why somebody who could approve may not approve this one."""


@dataclass(slots=True)
class Status:
    look: Look
    lines: list[PublicationLine]
    asked: Asked | None
    needs_approval: bool
    is_approved: bool
    acts: set[str] = field(default_factory=set)
    zones: list[tuple[str, str]] = field(default_factory=list)
    due_day: str = ""
    due_time: str = ""
    due_zone: str = ""
    due_elsewhere: str = ""
    """The planned time as the wall of its zone shows it, where that is not the reader's."""


def status_of(post: Post, member: Member, house: House | None, *, seen: set[int], now: datetime) -> Status:
    """`seen`: ids of the channels that the member sees."""
    progress = [one for one in queries.publications_of(post) if one.publication.channel_id in seen]
    may_publish = may(member, Action.PUBLISH, post)
    rule = rule_of(post.department_id)
    asked = _asked(post, member, now=now)
    is_approved = rule.kind == ApprovalKind.NONE or (
        asked is not None and asked.request.state == RequestState.APPROVED and asked.request.version == post.version
    )
    status = Status(
        look=look_of_post(post.state),
        lines=[_line(one, may_publish=may_publish, now=now) for one in progress],
        asked=asked,
        needs_approval=rule.kind != ApprovalKind.NONE,
        is_approved=is_approved,
    )
    status.acts = _acts(post, member, status, progress, may_publish=may_publish)
    _with_time(status, post, member, house, now=now)
    return status


def _line(progress: Progress, *, may_publish: bool, now: datetime) -> PublicationLine:
    publication = progress.publication
    return PublicationLine(
        id=publication.pk,
        channel=publication.channel.name,
        look=look_of_publication(publication.state),
        words=progress_words(progress, now),
        problem=problem_of(publication.error),
        url=publication.url if publication.url.startswith(("https://", "http://")) else "",
        is_behind=progress.is_behind and publication.state != PublicationState.CANCELLED,
        is_doubtful=is_doubtful(progress),
        answers=answers_to(progress) if may_publish else [],
        acts=acts_on(publication) if may_publish else [],
    )


def _asked(post: Post, member: Member, *, now: datetime) -> Asked | None:
    request = queries.request_of(post)
    if request is None or request.state == RequestState.WITHDRAWN:
        return None
    is_open = request.state == RequestState.OPEN and (request.expires_at is None or request.expires_at > now)
    votes = list(request.votes.all())
    may_vote, why_not = False, ""
    if is_open and may_stand(step_of(request), post.department_id, member):
        may_vote = not any(one.member_id == member.pk for one in votes)
        try:
            must_not_be_own(request, post, member)
        except NotAllowed:
            why_not = _("It is your own writing: somebody else approves it.")
    step = ""
    if len(request.steps) > 1:
        name = request.steps[request.step]["name"]
        step = _("step {n} of {all}").format(n=request.step + 1, all=len(request.steps)) + (
            f" – {name}" if name else ""
        )
    shown = [
        {
            "name": one.member.name if one.member else one.guest_name, "note": one.note, "at": one.at,
            "is_yes": one.verdict == Verdict.APPROVE, "icon": _WORD_GIVEN[Verdict(one.verdict)],
        }
        for one in votes
    ]  # fmt: skip
    return Asked(request, is_open, step, shown, may_vote, why_not)


def _acts(post: Post, member: Member, status: Status, progress: list[Progress], *, may_publish: bool) -> set[str]:
    state, found = post.state, set()
    if may(member, Action.DRAFT, post):
        if status.needs_approval and state in _ASKABLE and not status.is_approved and not _is_asked(status):
            found.add("ask")
        if _is_asked(status):
            found.add("withdraw")
    if not may_publish:
        return found
    if state in _PLANNABLE and status.is_approved:
        found |= {"plan", "publish"}
    if state in _STOPPABLE:
        found.add("hold")
    if state == PostState.HELD and any(_is_held_by_person(one) for one in progress):
        found.add("resume")
    has_begun = any(one.parts for one in progress)
    if state in (PostState.PLANNED, PostState.HELD) and not has_begun:
        found.add("unplan")
    if state not in (PostState.OUT, PostState.CANCELLED):
        found.add("cancel")
    return found


def _is_asked(status: Status) -> bool:
    return status.asked is not None and status.asked.request.state == RequestState.OPEN


def _is_held_by_person(progress: Progress) -> bool:
    publication = progress.publication
    return publication.state == PublicationState.HELD and publication.held_by != HeldBy.CRISIS


def _with_time(status: Status, post: Post, member: Member, house: House | None, *, now: datetime) -> None:
    """The time that stands in the form, and whose wall it may be read from."""
    of_house = house.zone if house is not None else "UTC"
    names = {of_house: _("{zone} (the house)").format(zone=of_house)}
    if member.zone:
        names.setdefault(member.zone, _("{zone} (you)").format(zone=member.zone))
    if post.zone:
        names.setdefault(post.zone, post.zone)
    status.zones = list(names.items())
    status.due_zone = post.zone or of_house
    if post.due_local:
        status.due_day, _sign, clock = post.due_local.partition("T")
        status.due_time = clock[:5]
    else:
        local = now.astimezone(ZoneInfo(of_house))
        status.due_day = local.date().isoformat()
    if post.due_at is not None and post.zone and _differs(post.due_at, post.zone):
        status.due_elsewhere = f"{status.due_day} {status.due_time} ({post.zone})"


def _differs(at: datetime, zone: str) -> bool:
    return at.astimezone(ZoneInfo(zone)).utcoffset() != timezone.localtime(at).utcoffset()
