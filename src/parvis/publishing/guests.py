"""Approval by a link, for somebody without an account: shown once, kept as a hash, used once, until it expires."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from parvis.core.errors import BadInput, LinkSpent, NotAllowed
from parvis.core.wording import Text
from parvis.orgs.access import must
from parvis.orgs.links import hash_token
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.orgs.wanted import email_from, name_from
from parvis.publishing.approving import give, held_request, must_not_be_own, step_of
from parvis.publishing.changing import note_post
from parvis.publishing.models import ApprovalRequest, GuestLink, Post, PostVersion, RequestState
from parvis.publishing.rules import may_stand

LIFE = timedelta(days=7)


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
    _open_links().filter(request=current, step=current.step, email=email).update(withdrawn_at=now)
    token = secrets.token_urlsafe(32)
    expires_at = min(now + LIFE, current.expires_at or now + LIFE)
    link = GuestLink.objects.create(
        request=current, step=current.step, token_hash=hash_token(token), name=name, email=email, created_by=member,
        created_at=now, expires_at=expires_at,
    )  # fmt: skip
    note_post(post, member, "approval.invite", now=now, facts={"request": current.pk, "link": link.pk})
    return link, token


def guest_view(token: str, *, now: datetime) -> GuestView:
    """Raises LinkSpent; which reason applied is not told."""
    link = _link_of(token, now=now)
    request = link.request
    version = PostVersion.objects.get(post=request.post_id, number=request.version)
    return GuestView(link=link, post=request.post, version=version, asked_by=request.asked_by.name, note=request.note)


@transaction.atomic
def guest_vote(token: str, verdict: str, *, now: datetime, note: str = "") -> ApprovalRequest:
    """A guest's word, once. Raises LinkSpent, FieldMissing, Conflict."""
    link = _link_of(token, now=now)
    post, request = held_request(link.request, now=now)
    if request.step != link.step or not _open_links().filter(pk=link.pk).update(used_at=now):
        raise LinkSpent
    give(request, post, verdict, now=now, note=note, guest=(link.name, link.email))
    return request


@transaction.atomic
def withdraw_guest(link: GuestLink, member: Member, *, now: datetime) -> None:
    """Raises NotAllowed, LinkSpent where it was used meanwhile."""
    post = link.request.post
    must(member, Action.DRAFT, post)
    if not _open_links().filter(pk=link.pk).update(withdrawn_at=now):
        raise LinkSpent
    note_post(post, member, "approval.uninvite", now=now, facts={"link": link.pk})


def _link_of(token: str, *, now: datetime) -> GuestLink:
    rows = _open_links().filter(token_hash=hash_token(token), expires_at__gt=now)
    link = rows.select_related("request__post__department", "request__asked_by").first()
    if link is None or link.request.state != RequestState.OPEN or link.step != link.request.step:
        raise LinkSpent
    if link.request.version != link.request.post.version:
        raise LinkSpent
    return link


def _open_links() -> QuerySet[GuestLink]:
    return GuestLink.objects.filter(used_at=None, withdrawn_at=None)
