"""Where a post is and what can be done with it now, by whoever looks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from parvis.core.wording import Text
from parvis.orgs.access import may
from parvis.orgs.models import House, Member
from parvis.orgs.rights import Action
from parvis.publishing import queries
from parvis.publishing.approving import who_stands
from parvis.publishing.calendars import options_of
from parvis.publishing.models import (
    ApprovalKind,
    ApprovalRequest,
    GuestLink,
    HeldBy,
    Post,
    PostState,
    PublicationState,
    RequestState,
    Verdict,
)
from parvis.publishing.queries import Progress
from parvis.publishing.rules import rule_of
from parvis.web.screens.effects.words import problem_of
from parvis.web.screens.publish.after import After, afters_of
from parvis.web.screens.publish.words import (
    LOST,
    Answer,
    Look,
    acts_on,
    answers_to,
    is_doubtful,
    look_of_post,
    look_of_publication,
    progress_words,
)

Standing = list[tuple[Member, Text | None]]
_PLANNABLE = (PostState.DRAFT, PostState.READY, PostState.PLANNED)
_ASKABLE = (PostState.DRAFT, PostState.READY, PostState.PLANNED)
_STOPPABLE = (PostState.PLANNED, PostState.LEAVING, PostState.STUCK)
_OVER = (PublicationState.CANCELLED, PublicationState.DONE, PublicationState.WITHDRAWN)
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
    after: After | None
    """Once it is out."""


@dataclass(frozen=True, slots=True)
class GuestLine:
    """A link that was sent by mail, and what became of it."""

    id: int
    email: str
    words: str
    at: datetime | None
    is_open: bool


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


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads it elsewhere than where it is planned."""

    zone: str
    place: str
    """“New York – Our toots, Our sky”; without names where it is the audience of all of them."""
    words: str
    """“18:00 here, 12:00 for the audience (New York)”; "" where no time stands there yet, or it is the same."""


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
    could_approve: list[str] = field(default_factory=list)
    """Who could say their word now, while one is asked for."""
    fallen: str = ""
    """Why an approval that was asked for or given is of no use any more."""
    guests: list[GuestLine] = field(default_factory=list)
    may_invite: bool = False
    may_take_down: bool = False
    """On more than one channel at once."""
    due_elsewhere: str = ""
    """The planned time as the wall of its zone shows it, where that is not the reader's."""
    audiences: list[Audience] = field(default_factory=list)
    audience_words: str = ""
    """What a browser fills in as a time is typed."""


def status_of(post: Post, member: Member, house: House | None, *, seen: set[int], now: datetime) -> Status:
    """`seen`: ids of the channels that the member sees."""
    progress = [one for one in queries.publications_of(post) if one.publication.channel_id in seen]
    may_publish = may(member, Action.PUBLISH, post)
    rule = rule_of(post.department_id)
    newest = queries.request_of(post)
    standing = who_stands(newest, post) if newest is not None and newest.state == RequestState.OPEN else []
    asked = _asked(newest, standing, member, now=now)
    is_approved = rule.kind == ApprovalKind.NONE or (
        asked is not None and asked.request.state == RequestState.APPROVED and asked.request.version == post.version
    )
    afters = afters_of(progress, member, may_publish=may_publish)
    status = Status(
        look=look_of_post(post.state),
        lines=[_line(one, afters.get(one.publication.pk), may_publish=may_publish, now=now) for one in progress],
        asked=asked,
        needs_approval=rule.kind != ApprovalKind.NONE,
        is_approved=is_approved,
    )
    status.may_take_down = sum(one.may_take_down for one in afters.values()) > 1
    _with_approvers(status, newest, standing, post, member)
    status.acts = _acts(post, member, status, progress, may_publish=may_publish)
    _with_time(status, post, member, house, now=now)
    if post.due_at is not None or status.acts & {"plan", "move"}:
        _with_audiences(status, post, house, seen)
    return status


def _with_approvers(
    status: Status, newest: ApprovalRequest | None, standing: Standing, post: Post, member: Member
) -> None:
    """Who could approve now, the guests, and why an earlier approval has fallen."""
    if newest is None:
        return
    if newest.state == RequestState.OPEN:
        said = {vote.member_id for vote in newest.votes.all()}
        status.could_approve = sorted(one.name for one, why in standing if why is None and one.pk not in said)
        status.guests = [_guest(one) for one in queries.guest_links_of(newest)]
        status.may_invite = may(member, Action.DRAFT, post)
    is_old = newest.version != post.version and post.state not in (PostState.OUT, PostState.CANCELLED)
    if is_old and newest.state == RequestState.APPROVED:
        status.fallen = _("It was approved as it stood before; it was changed since, and needs approval again.")
    elif is_old and newest.state == RequestState.WITHDRAWN:
        status.fallen = _("It was changed after its approval was asked for: ask again once it is ready.")


def _guest(link: GuestLink) -> GuestLine:
    letter = getattr(link, "letter", None)
    if link.used_at is not None:
        return GuestLine(link.pk, link.email, _("has answered"), link.used_at, is_open=False)
    if link.withdrawn_at is not None:
        return GuestLine(link.pk, link.email, _("link taken back"), link.withdrawn_at, is_open=False)
    if letter is not None and letter.sent_at is not None:
        return GuestLine(link.pk, link.email, _("the mail has left"), letter.sent_at, is_open=True)
    if letter is not None and letter.error:
        again = (
            _("the mail has not left:") if letter.due_at is None else _("the mail has not left, and is tried again:")
        )
        return GuestLine(link.pk, link.email, f"{again} {problem_of(letter.error)}", None, is_open=True)
    return GuestLine(link.pk, link.email, _("the mail leaves in a moment"), None, is_open=True)


def _line(progress: Progress, after: After | None, *, may_publish: bool, now: datetime) -> PublicationLine:
    publication = progress.publication
    return PublicationLine(
        id=publication.pk,
        channel=publication.channel.name,
        look=look_of_publication(publication.state) if after is None or after.gone_at is None else LOST,
        words=progress_words(progress, now),
        problem=problem_of(publication.error),
        url=publication.url if publication.url.startswith(("https://", "http://")) else "",
        is_behind=progress.is_behind and publication.state not in _OVER,
        is_doubtful=is_doubtful(progress),
        answers=answers_to(progress) if may_publish else [],
        acts=acts_on(publication) if may_publish else [],
        after=after,
    )


def _asked(request: ApprovalRequest | None, standing: Standing, member: Member, *, now: datetime) -> Asked | None:
    if request is None or request.state == RequestState.WITHDRAWN:
        return None
    is_open = request.state == RequestState.OPEN and (request.expires_at is None or request.expires_at > now)
    votes = list(request.votes.all())
    own = next((why for one, why in standing if one.pk == member.pk), None)
    is_asked = is_open and any(one.pk == member.pk for one, _why in standing)
    may_vote = is_asked and not any(one.member_id == member.pk for one in votes)
    why_not = _("It is your own writing: somebody else approves it.") if is_asked and own is not None else ""
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
    state, found = post.state, _acts_of_writer(post, member, status)
    if not may_publish:
        return found
    if state in _PLANNABLE and status.is_approved:
        found |= {"plan", "publish"}
    if state in _STOPPABLE:
        found.add("hold")
    if state == PostState.HELD and any(_is_held_by_person(one) for one in progress):
        found.add("resume")
    has_begun = any(one.parts for one in progress)
    if state in (PostState.PLANNED, PostState.HELD) and any(_can_move(one) for one in progress):
        found.add("move")
    if state in (PostState.PLANNED, PostState.HELD) and not has_begun:
        found.add("unplan")
    if state not in (PostState.OUT, PostState.CANCELLED):
        found.add("cancel")
    return found


def _acts_of_writer(post: Post, member: Member, status: Status) -> set[str]:
    found: set[str] = set()
    if not may(member, Action.DRAFT, post):
        return found
    if status.needs_approval and post.state in _ASKABLE and not status.is_approved and not _is_asked(status):
        found.add("ask")
    if _is_asked(status):
        found.add("withdraw")
    return found


def _is_asked(status: Status) -> bool:
    return status.asked is not None and status.asked.request.state == RequestState.OPEN


def _can_move(progress: Progress) -> bool:
    publication = progress.publication
    waits = publication.state in (PublicationState.PLANNED, PublicationState.HELD)
    return waits and not progress.parts and publication.held_by != HeldBy.CRISIS


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


def _with_audiences(status: Status, post: Post, house: House | None, seen: set[int]) -> None:
    """Of the channels for which it is, by zone."""
    of_all = options_of(house).audience_zone if house is not None else ""
    names: dict[str, list[str]] = {}
    rows = queries.audiences_of(post, seen)
    for name, zone in rows:
        if zone or of_all:
            names.setdefault(zone or of_all, []).append(name)
    status.audience_words = _("{here} here, {there} for the audience ({place})")
    for zone, some in sorted(names.items()):
        city = zone.rpartition("/")[2].replace("_", " ")
        place = city if len(some) == len(rows) else f"{city} – {', '.join(some)}"
        status.audiences.append(Audience(zone, place, _there(status.audience_words, post, zone, place)))


def _there(words: str, post: Post, zone: str, place: str) -> str:
    if post.due_at is None or not post.zone:
        return ""
    here, there = (post.due_at.astimezone(ZoneInfo(one)) for one in (post.zone, zone))
    if here.utcoffset() == there.utcoffset():
        return ""
    day = "" if here.date() == there.date() else f"{date_format(there.date(), 'D')} "
    return words.format(here=f"{here:%H:%M}", there=f"{day}{there:%H:%M}", place=place)


def _differs(at: datetime, zone: str) -> bool:
    return at.astimezone(ZoneInfo(zone)).utcoffset() != timezone.localtime(at).utcoffset()
