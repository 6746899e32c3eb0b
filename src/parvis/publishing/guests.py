"""Approval by a link, for somebody without an account: sent by mail, kept as a hash, used once, until it expires."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from parvis.channels.models import Channel
from parvis.core.errors import BadInput, Conflict, LinkSpent, NotAllowed
from parvis.core.post import Content
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.links import hash_token
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.orgs.wanted import email_from, name_from
from parvis.publishing.approving import give, held_request, must_not_be_own, step_of
from parvis.publishing.changing import note_post
from parvis.publishing.letters import make_link, open_links
from parvis.publishing.media import Shelf
from parvis.publishing.models import (
    ApprovalRequest,
    ApprovalVote,
    GuestLink,
    Post,
    PostVersion,
    RequestState,
    Verdict,
)
from parvis.publishing.rules import may_stand
from parvis.publishing.written import as_content, with_changes


class Door(StrEnum):
    """What a link is to whoever holds it."""

    OPEN = "open"
    UNKNOWN = "unknown"
    USED = "used"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CHANGED = "changed"
    """The post was changed after it was sent: what it showed is no longer asked for."""
    OVER = "over"
    """Others have decided meanwhile, or it is no longer asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestView:
    """What a guest is shown: the one version, and nothing else of the house."""

    link: GuestLink
    post: Post
    version: PostVersion
    asked_by: str
    note: str


@transaction.atomic
def invite_guest(
    request: ApprovalRequest, member: Member, *, name: str, email: str, now: datetime
) -> tuple[GuestLink, str]:
    """A link for the step that waits, and its token, which is not kept. An older one of the same guest ends.

    Whom the step names as a guest may be invited by whoever drafts; anybody else only by somebody who could
    approve it themselves. Raises NotAllowed, BadInput, Conflict.
    """
    post, current = held_request(request, now=now)
    must(member, Action.DRAFT, post)
    email, name = email_from(email), name_from(name, field=Text("name", "nom"))
    step = step_of(current)
    if email not in step.guests:
        if not may_stand(step, post.department_id, member):
            raise NotAllowed(action=Text("invite a guest to this step", "inviter une personne externe à cette étape"))
        must_not_be_own(current, post, member)
    if Member.objects.filter(email=email).exists():
        raise BadInput(
            detail=Text(
                "{email} has an account and approves with it", "{email} a un compte et approuve avec lui"
            ).format(email=email)
        )
    link, token = make_link(current, member, name=name, email=email, now=now)
    note_post(post, member, "approval.invite", now=now, facts={"request": current.pk, "link": link.pk})
    return link, token


def guest_view(token: str, *, now: datetime) -> GuestView:
    """Raises LinkSpent; which reason applied is not told."""
    link = _link_of(token, now=now)
    request = link.request
    version = PostVersion.objects.get(post=request.post_id, number=request.version)
    return GuestView(link=link, post=request.post, version=version, asked_by=request.asked_by.name, note=request.note)


@dataclass(frozen=True, slots=True)
class Shown:
    """What leaves for one channel."""

    channel: Channel
    content: Content


def shown_in(version: PostVersion) -> list[Shown]:
    """Of each channel that is on in it, whole, its media found."""
    found = contents_in(version)
    shelf = Shelf.of([(one.content, one.channel) for one in found if one.channel.pk])
    return [Shown(one.channel, shelf.filled(one.content, one.channel)) if one.channel.pk else one for one in found]


def contents_in(version: PostVersion, *, channels: Mapping[int, Channel] | None = None) -> list[Shown]:
    """The same as it was written; where it is for no channel yet, what is common. `channels`: those that are shown."""
    on = {int(key): row["changes"] for key, row in version.variants.items() if row["is_on"]}
    if not on:
        return [Shown(Channel(name=""), as_content(version.content))]
    found = channels if channels is not None else Channel.objects.in_bulk(list(on))
    rows = sorted((found[key] for key in on if key in found), key=lambda one: (one.name, one.pk))
    return [Shown(one, with_changes(version.content, on[one.pk])) for one in rows]


def door_of(token: str, *, now: datetime) -> Door:
    """Why a link does not work any more, told only to who has it."""
    rows = GuestLink.objects.filter(token_hash=hash_token(token)).select_related("request__post")
    link: GuestLink | None = rows.first()
    if link is None:
        return Door.UNKNOWN
    request = link.request
    reasons = {
        Door.USED: link.used_at is not None,
        Door.WITHDRAWN: link.withdrawn_at is not None,
        Door.CHANGED: request.version != request.post.version,
        Door.EXPIRED: link.expires_at <= now or request.state == RequestState.EXPIRED,
        Door.OVER: request.state != RequestState.OPEN or link.step != request.step,
    }
    return next((door for door, holds in reasons.items() if holds), Door.OPEN)


@transaction.atomic
def guest_vote(
    token: str, verdict: str, *, now: datetime, note: str = "", name: str = "", member: Member | None = None
) -> ApprovalRequest:
    """A guest's word, once. `member`: who is signed in where it is given, whose own work it must not be either.

    Raises LinkSpent, FieldMissing, Conflict, NotAllowed where the address or the sign-in is a writer's.
    """
    link = _link_of(token, now=now)
    post, request = held_request(link.request, now=now)
    name = name_from(name or link.name, field=Text("your name", "votre nom"))
    if verdict == Verdict.APPROVE:
        _must_not_be_a_writer(link, request, post, member)
    if ApprovalVote.objects.filter(request=request, guest_email=link.email).exists():
        raise Conflict(who=Text("You", "Vous"), detail=Text("you have said your word", "vous vous êtes prononcé"))
    if request.step != link.step or not open_links().filter(pk=link.pk).update(used_at=now):
        raise LinkSpent
    give(request, post, verdict, now=now, note=note, guest=(name, link.email))
    return request


def _must_not_be_a_writer(link: GuestLink, request: ApprovalRequest, post: Post, member: Member | None) -> None:
    """Whoever has an account by now is judged by it: nobody approves their own through a link."""
    by_mail = Member.objects.filter(email__iexact=link.email).first()
    for one in (by_mail, member):
        if one is not None:
            must_not_be_own(request, post, one)


@transaction.atomic
def withdraw_guest(link: GuestLink, member: Member, *, now: datetime) -> None:
    """Raises NotAllowed, LinkSpent where it was used meanwhile."""
    post = link.request.post
    must(member, Action.DRAFT, post)
    if not open_links().filter(pk=link.pk).update(withdrawn_at=now):
        raise LinkSpent
    note_post(post, member, "approval.uninvite", now=now, facts={"link": link.pk})


def _link_of(token: str, *, now: datetime) -> GuestLink:
    rows = open_links().filter(token_hash=hash_token(token), expires_at__gt=now)
    link = rows.select_related("request__post__department", "request__asked_by").first()
    if link is None or link.request.state != RequestState.OPEN or link.step != link.request.step:
        raise LinkSpent
    if link.request.version != link.request.post.version:
        raise LinkSpent
    return link
