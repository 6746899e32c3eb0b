"""What colleagues say about a draft, and whom they name."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from parvis.core.errors import FieldMissing
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.naming import named_in, who_sees
from parvis.orgs.rights import Action
from parvis.publishing.changing import note_post
from parvis.publishing.models import Post, PostComment, PostMention


@transaction.atomic
def write_comment(post: Post, member: Member, text: str, *, now: datetime) -> PostComment:
    """@Name tells those who may see the post. Raises NotAllowed, FieldMissing."""
    must(member, Action.NOTE, post)
    text = text.replace("\0", "").strip()
    if not text:
        raise FieldMissing(field=Text("comment", "commentaire"))
    comment = PostComment.objects.create(post=post, member=member, text=text, created_at=now)
    named = [one for one in named_in(text, who_sees(post.department_id)) if one.pk != member.pk]
    PostMention.objects.bulk_create(PostMention(comment=comment, member=person) for person in named)
    note_post(post, member, "post.comment", now=now, facts={"comment": comment.pk, "named": [one.pk for one in named]})
    for person in named:
        facts = {"post": post.pk, "comment": comment.pk, "by": member.name}
        tell("note", now=now, member_id=person.pk, subject_id=post.pk, facts=facts)
    return comment


@transaction.atomic
def resolve_comment(comment: PostComment, member: Member, *, now: datetime, is_resolved: bool = True) -> None:
    """Settled, or open again. Raises NotAllowed."""
    post = comment.post
    must(member, Action.NOTE, post)
    comment.resolved_at, comment.resolved_by = (now, member) if is_resolved else (None, None)
    comment.save(update_fields=["resolved_at", "resolved_by"])
    action = "post.resolve" if is_resolved else "post.unresolve"
    note_post(post, member, action, now=now, facts={"comment": comment.pk})


@transaction.atomic
def mark_post_mentions_seen(post: Post, member: Member, *, now: datetime) -> int:
    """The member has opened the post in which they were named; how many were new to them."""
    rows = PostMention.objects.filter(comment__post=post, member=member, seen_at__isnull=True)
    return int(rows.update(seen_at=now))


def unseen_post_mentions(member: Member) -> QuerySet[PostMention]:
    """Newest first, of posts that the member may (still) see."""
    rows = PostMention.objects.visible_to(member).filter(member=member, seen_at__isnull=True)
    return rows.select_related("comment", "comment__member", "comment__post").order_by("-id")
