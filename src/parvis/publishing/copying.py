"""A post of its own that says what another says: of a repeat, or said again after a while."""

from datetime import datetime
from typing import Any

from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.approving import is_approved
from parvis.publishing.changing import move_post, note_post
from parvis.publishing.drafting import Draft
from parvis.publishing.media import note_media
from parvis.publishing.models import (
    ApprovalRequest,
    Post,
    PostLabel,
    PostState,
    PostVersion,
    RequestState,
    Variant,
)
from parvis.publishing.rules import rule_of

_SAME = ("department_id", "title", "content", "language", "campaign_id", "pillar_id")


def copy_post(source: Post, member: Member, *, now: datetime, note: str = "", **fields: Any) -> Post:
    """A draft, in the caller's transaction; written by whoever wrote what stands in the source. Raises NotAllowed."""
    must(member, Action.DRAFT, source)
    same = {name: getattr(source, name) for name in _SAME}
    post = Post.objects.create(created_by=member, created_at=now, updated_at=now, **{**same, **fields})
    variants = [
        Variant(post=post, channel_id=one.channel_id, changes=one.changes)
        for one in source.variants.filter(is_on=True).order_by("pk")
    ]
    Variant.objects.bulk_create(variants)
    note_media(post, now=now)
    PostLabel.objects.bulk_create(PostLabel(post=post, name=one.name) for one in source.labels.all())
    writer = PostVersion.objects.filter(post=source, number=source.version).values_list("member_id", flat=True).first()
    PostVersion.objects.create(
        post=post, number=1, title=post.title, content=post.content, member_id=writer or member.pk, at=now, note=note,
        variants={str(one.channel_id): {"changes": one.changes, "is_on": True} for one in variants},
    )  # fmt: skip
    note_post(post, member, "post.copy", now=now, facts={"of": source.pk, "version": source.version})
    return post


def draft_of_post(post: Post) -> Draft:
    """All that is versioned of it, as it stands."""
    rows = Variant.objects.filter(post=post).order_by("pk")
    variants = {str(one.channel_id): {"changes": one.changes, "is_on": one.is_on} for one in rows}
    return Draft(title=post.title, content=post.content, variants=variants)


def carry_approval(post: Post, source: Post, *, now: datetime) -> bool:
    """Whether the post is approved by the approval of the same words in `source`, which is recorded as that.

    The caller holds the post, and has just copied it. False where the department approves each anew.
    """
    if is_approved(post):
        return True
    given = ApprovalRequest.objects.filter(post=source, version=source.version, state=RequestState.APPROVED).last()
    if given is None or rule_of(post.department_id).asks_each_time:
        return False
    ApprovalRequest.objects.create(
        post=post, version=post.version, kind=given.kind, steps=given.steps, step=given.step, asked_by=given.asked_by,
        asked_at=now, ended_at=now, state=RequestState.APPROVED, carried_from=given.carried_from or given,
    )  # fmt: skip
    if post.state in (PostState.DRAFT, PostState.REVIEW):
        move_post(post, PostState.READY)
    facts = {"request": given.pk, "of": source.pk, "version": source.version}
    note_post(post, None, "approval.carry", now=now, facts=facts)
    return True
