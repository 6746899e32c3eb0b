"""Many posts that were just written get their time in few statements, by the checks of `plan` and no others."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from parvis.core.errors import FieldMissing, ParvisError
from parvis.core.wording import Text
from parvis.jobs.live import tell_many
from parvis.orgs.access import must
from parvis.orgs.audit import Fact, record_many
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.changing import note_publications
from parvis.publishing.content import content_for
from parvis.publishing.media import order_of_frozen
from parvis.publishing.models import Post, PostState, PostVersion, Publication
from parvis.publishing.planning import frozen_row, must_be_ahead, must_fit
from parvis.publishing.saying import Said
from parvis.publishing.times import moment_of


def plan_new(posts: Sequence[Post], member: Member, *, now: datetime, said: Said) -> dict[int, ParvisError]:
    """Each at the time that it wishes for; by id, why some get none: those are left as they are.

    The caller has written them in this transaction, and nobody need approve them.
    """
    prefetch_related_objects(list(posts), "variants__channel")
    frozen: list[Publication] = []
    planned: list[Post] = []
    failed: dict[int, ParvisError] = {}
    for post in posts:
        try:
            rows = _rows(post, member, now=now, said=said)
        except ParvisError as error:
            failed[post.pk] = error
        else:
            frozen += rows
            planned.append(post)
    Publication.objects.bulk_create(frozen)
    order_of_frozen(frozen, now=now)
    keys = [post.pk for post in planned]
    Post.objects.filter(pk__in=keys).update(state=PostState.PLANNED)
    PostVersion.objects.filter(post__in=keys).update(is_pinned=True)
    for post in planned:
        post.state = PostState.PLANNED
    note_publications(frozen, member, "publication.plan", now=now)
    note_posts(planned, member, "post.plan", now=now, facts={"many": True})
    return failed


def note_posts(posts: Sequence[Post], member: Member, action: str, *, now: datetime, facts: Mapping[str, Any]) -> None:
    """The audit trail and open pages learn of all of them at once."""
    record_many(
        [
            Fact(
                member=member, action=action, subject="post", subject_key=post.pk, now=now,
                department_id=post.department_id, facts={"due": post.due_local, "version": post.version, **facts},
            )
            for post in posts
        ]
    )  # fmt: skip
    told = {"action": action, "by": member.pk}
    tell_many("post", [(one.department_id, one.pk, {**told, "state": one.state}) for one in posts], now=now)


def _rows(post: Post, member: Member, *, now: datetime, said: Said) -> list[Publication]:
    must(member, Action.PUBLISH, post)
    moment = moment_of(datetime.fromisoformat(post.due_local), post.zone)
    must_be_ahead(moment, now=now)
    variants = list(post.variants.all())
    if not variants:
        raise FieldMissing(field=Text("channel", "canal"))
    for variant in variants:
        must(member, Action.PUBLISH, variant.channel)
    must_fit(post, variants, due_at=moment.at, now=now, said=said)
    rows = []
    for variant in variants:
        content = content_for(post, variant)
        rows.append(frozen_row(None, post, variant, content, member, due_at=moment.at, now=now))
        said.add(post, variant.channel_id, content)
    return rows
