"""Small readings that screens need: one row by its id for somebody who may see it (else None), what is held."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from parvis.channels.models import Channel, ChannelState, Item
from parvis.core.types import Status
from parvis.inbox.filling import PRESENT_FOR, author_of
from parvis.inbox.models import Conversation, Label, Presence, SavedView
from parvis.inbox.rows import AuthorView, PresenceView
from parvis.jobs.models import Job, JobState
from parvis.orgs.models import Member

TROUBLE_AFTER = 3
"""Failures in a row after which a channel is named on Today."""


def conversation_for(member: Member, key: int) -> Conversation | None:
    found: Conversation | None = Conversation.objects.visible_to(member).filter(pk=key).first()
    return found


def item_for(member: Member, key: int) -> Item | None:
    found: Item | None = Item.objects.visible_to(member).select_related("channel").filter(pk=key).first()
    return found


def conversation_id_of(item: Item) -> int | None:
    """The conversation in whose thread the item stands."""
    return Conversation.objects.filter(root_id=item.root_id or item.pk).values_list("pk", flat=True).first()


def view_for(member: Member, key: int) -> SavedView | None:
    """A shared one or the member's own; changing it asks for more: the services check."""
    return SavedView.objects.filter(Q(member=member) | Q(member__isnull=True), pk=key).first()


def label_names(keys: list[int], conversation: Conversation) -> dict[int, str]:
    """Of those that fit the conversation: its department's and the house's."""
    fitting = Q(department__isnull=True) | Q(department_id=conversation.department_id)
    return dict(Label.objects.filter(fitting, pk__in=keys).values_list("pk", "name"))


@dataclass(slots=True)
class HeldItem:
    """An item that waits for a decision, with what a screen says of its conversation."""

    id: int
    conversation_id: int
    kind: str
    why: list[str]
    channel: str
    can: list[str]
    """What the channel's account may do there."""
    article_title: str
    text: str
    title: str
    language: str
    url: str
    at: datetime
    author: AuthorView


def held_items_of(conversation_ids: Sequence[int]) -> list[HeldItem]:
    """What waits in these conversations, in their order, oldest first within one; one query.

    The caller has checked who sees them.
    """
    conversations = Conversation.objects.filter(pk__in=conversation_ids)
    roots = conversations.values("root_id")
    own = Conversation.objects.filter(root=Coalesce(OuterRef("root_id"), OuterRef("pk")))
    rows = (
        Item.objects.filter(Q(pk__in=roots) | Q(root__in=roots), status=Status.HELD)
        .annotate(conversation_id=Subquery(own.values("pk")[:1]), why=Subquery(own.values("why")[:1]))
        .values(*_HELD)
    )
    found = [
        HeldItem(
            id=row["id"],
            conversation_id=row["conversation_id"],
            kind=row["kind"],
            why=row["why"] or [],
            channel=row["channel__name"],
            can=row["channel__can"],
            article_title=row["about__title"] or "",
            text=row["text"],
            title=row["title"],
            language=row["language"],
            url=row["url"],
            at=row["published_at"] or row["received_at"],
            author=author_of(row),
        )
        for row in rows
    ]
    order = {key: number for number, key in enumerate(conversation_ids)}
    return sorted(found, key=lambda item: (order[item.conversation_id], item.id))


_HELD = (
    "id", "conversation_id", "kind", "why", "channel__name", "channel__can", "about__title", "text", "title", "language",
    "url", "published_at", "received_at", "profile_id", "profile__name", "profile__handle", "profile__url",
    "profile__avatar_url", "profile__is_house", "profile__item_count", "profile__refused_count",
)  # fmt: skip


def colleagues_present(conversation: Conversation, member: Member, *, now: datetime) -> list[PresenceView]:
    """Who else has it open."""
    there = Presence.objects.filter(conversation=conversation, seen_at__gt=now - PRESENT_FOR).exclude(member=member)
    return [PresenceView(*values) for values in there.values_list("member_id", "member__name", "is_typing")]


def has_channels(member: Member) -> bool:
    """Whether anything that the member sees can bring conversations in."""
    return bool(Channel.objects.visible_to(member).filter(removed_at__isnull=True).exists())


def channel_names(ids: Collection[int]) -> dict[int, str]:
    """The removed ones too; of channels named in something that the reader may read."""
    return dict(Channel.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def channels_in_trouble(member: Member, *, limit: int) -> list[Channel]:
    """Those that cannot go on by themselves, and those that failed several times in a row."""
    rows = Channel.objects.visible_to(member).filter(removed_at__isnull=True)
    stuck = Q(state=ChannelState.NEEDS_PERSON) | Q(state=ChannelState.ACTIVE, failure_count__gte=TROUBLE_AFTER)
    return list(rows.filter(stuck)[:limit])


def job_of(member: Member, key: UUID) -> Job | None:
    """Somebody's own long work."""
    return Job.objects.filter(pk=key, member_key=member.pk).first()


def running_jobs(member: Member) -> list[Job]:
    running = Job.objects.filter(member_key=member.pk, state__in=[JobState.WAITING, JobState.RUNNING])
    return list(running.order_by("created_at")[:5])
