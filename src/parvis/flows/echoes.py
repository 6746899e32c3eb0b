"""What came back on what we have published: the conversations below our own posts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from parvis.channels.models import Item
from parvis.inbox.models import Conversation
from parvis.orgs.models import Member
from parvis.publishing.models import Publication

_MOST = 500


@dataclass(frozen=True, slots=True)
class Echo:
    """Conversations below one publication, the newest first."""

    conversation_ids: tuple[int, ...]


def echoes_of(publications: Sequence[Publication], member: Member) -> dict[int, Echo]:
    """By publication; those on which nobody has said anything that the member sees are left out. Two questions."""
    wanted = {(one.channel_id, one.remote_id): one.pk for one in publications if one.remote_id}
    if not wanted:
        return {}
    rows = Item.objects.filter(
        channel__in={channel for channel, _ in wanted}, remote_id__in={remote_id for _, remote_id in wanted}
    )
    by_item = {
        key: wanted[channel, remote_id]
        for key, channel, remote_id in rows.values_list("pk", "channel_id", "remote_id")
        if (channel, remote_id) in wanted
    }
    talks = Conversation.objects.visible_to(member).filter(Q(root__in=by_item) | Q(root__about__in=by_item))
    found: dict[int, list[int]] = {}
    for key, root, about in talks.order_by("-pk").values_list("pk", "root_id", "root__about_id")[:_MOST]:
        found.setdefault(by_item[root if root in by_item else about], []).append(key)
    return {key: Echo(tuple(ids)) for key, ids in found.items()}
