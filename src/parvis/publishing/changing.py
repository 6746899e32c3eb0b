"""How rows of a post are held, moved, recorded and told of. Locks: post, publications, effects, audit trail."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from parvis.channels.models import Effect
from parvis.channels.standing import lock_subjects
from parvis.core.errors import Conflict
from parvis.core.wording import Text
from parvis.jobs.live import tell, tell_many
from parvis.orgs.audit import Fact, record, record_many
from parvis.orgs.models import Member
from parvis.publishing.models import (
    POST_TRANSITIONS,
    PUBLICATION_TRANSITIONS,
    Post,
    PostState,
    Publication,
    PublicationState,
)

SOMEBODY = Text("Somebody else", "Quelqu’un d’autre")
MOVED_ON = Text("this post is no longer where you saw it", "ce contenu n’est plus là où vous l’avez vu")
_LIVE = (PublicationState.RELEASED, PublicationState.HELD, PublicationState.PLANNED)


def locked_post(key: int) -> Post:
    """The post as it is now, held until the transaction ends."""
    rows = Post.objects.select_for_update(of=("self",), no_key=True).select_related("department")
    found: Post = rows.get(pk=key)
    return found


def locked_publications(post: Post) -> list[Publication]:
    """All of the post's that are not over, in one sequence; the caller holds the post."""
    rows = Publication.objects.filter(post=post).exclude(state__in=PUBLICATION_TRANSITIONS.final)
    return list(rows.select_related("channel").order_by("pk").select_for_update(of=("self",), no_key=True))


def locked_effects(publications: Iterable[Publication]) -> dict[Any, list[Effect]]:
    """The parts of each, by its key, held: nobody sends or records one meanwhile."""
    keys = [publication.key for publication in publications]
    rows = Effect.objects.filter(chain__in=keys).order_by("pk")
    lock_subjects(rows)
    found: dict[Any, list[Effect]] = {key: [] for key in keys}
    for effect in rows.all():
        found[effect.chain].append(effect)
    return found


def must_be_in(post: Post, *states: PostState) -> None:
    """Raises Conflict where it has moved on."""
    if post.state not in states:
        raise Conflict(who=SOMEBODY, detail=MOVED_ON)


def move_post(post: Post, state: PostState, **changes: Any) -> None:
    """In the caller's transaction, which holds it."""
    if post.state != state and not POST_TRANSITIONS.allowed(PostState(post.state), state):
        raise ValueError(f"no post goes from {post.state} to {state}")
    for name, value in {**changes, "state": state}.items():
        setattr(post, name, value)
    post.save(update_fields=["state", *changes])


def move_publication(publication: Publication, state: PublicationState, **changes: Any) -> None:
    before = PublicationState(publication.state)
    if before != state and not PUBLICATION_TRANSITIONS.allowed(before, state):
        raise ValueError(f"no publication goes from {before} to {state}")
    for name, value in {**changes, "state": state}.items():
        setattr(publication, name, value)
    publication.save(update_fields=["state", *changes])


def state_among(states: Iterable[str]) -> PostState | None:
    """Where a post is whose publications are there; None where it has none."""
    found = set(states)
    if PublicationState.NEEDS_PERSON in found:
        return PostState.STUCK
    for state, leads_to in zip(_LIVE, (PostState.LEAVING, PostState.HELD, PostState.PLANNED), strict=True):
        if state in found:
            return leads_to
    if found & {PublicationState.DONE, PublicationState.WITHDRAWN}:
        return PostState.OUT
    return PostState.CANCELLED if found else None


def settle_posts(posts: Sequence[Post], *, now: datetime) -> None:
    """Each post goes where its publications are; the caller holds them."""
    states: dict[int, set[str]] = {post.pk: set() for post in posts}
    for key, state in Publication.objects.filter(post__in=posts).values_list("post_id", "state"):
        states[key].add(state)
    moved: dict[PostState, list[Post]] = {}
    for post in posts:
        state = state_among(states[post.pk])
        if state is not None and state != post.state and POST_TRANSITIONS.allowed(PostState(post.state), state):
            moved.setdefault(state, []).append(post)
    for state, rows in moved.items():
        Post.objects.filter(pk__in=[post.pk for post in rows]).update(state=state)
        for post in rows:
            post.state = state
            tell_of_post(post, "post.state", now=now)


def note_post(
    post: Post, member: Member | None, action: str, *, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """The audit trail and open pages learn of it, in the caller's transaction."""
    record(member, action, subject="post", subject_key=post.pk, department_id=post.department_id, now=now, facts=facts)
    tell_of_post(post, action, now=now, member=member)


def tell_of_post(post: Post, action: str, *, now: datetime, member: Member | None = None) -> None:
    facts = {"action": action, "state": post.state, "version": post.version, "by": member.pk if member else None}
    tell("post", now=now, department_id=post.department_id, subject_id=post.pk, facts=facts)


def note_publications(
    publications: Sequence[Publication],
    member: Member | None,
    action: str,
    *,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """The same for publications, as one append to the trail; each keeps when it was changed."""
    Publication.objects.filter(pk__in=[one.pk for one in publications]).update(changed_at=now)
    record_many(
        [
            Fact(
                member=member, action=action, subject="publication", subject_key=one.key, now=now,
                department_id=one.department_id,
                facts={"post": one.post_id, "channel": one.channel_id, **(facts or {})},
            )
            for one in publications
        ]
    )  # fmt: skip
    tell_of_publications(publications, now=now)


def tell_of_publications(publications: Iterable[Publication], *, now: datetime) -> None:
    about = [
        (
            one.department_id,
            one.pk,
            {"post": one.post_id, "channel": one.channel_id, "state": one.state, "url": one.url},
        )
        for one in publications
    ]
    tell_many("publication", about, now=now)


def of_post(thing: Post | Publication) -> int:
    return thing.pk if isinstance(thing, Post) else thing.post_id


def only(publications: Iterable[Publication], thing: Post | Publication) -> list[Publication]:
    """Those that are meant: all of a post, or the one."""
    return [one for one in publications if isinstance(thing, Post) or one.pk == thing.pk]
