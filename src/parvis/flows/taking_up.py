"""What was found elsewhere is taken up: it becomes a conversation of the inbox."""

from datetime import datetime

from django.db import transaction

from parvis.channels.models import Item
from parvis.flows.route import open_thread
from parvis.inbox.services import assign_many
from parvis.listening.models import SavedQuery
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Member
from parvis.orgs.rights import Action


def take_up(item_id: int, member: Member, *, now: datetime, query: SavedQuery | None = None) -> int | None:
    """The id of the item's conversation, opened where there is none. None where the member may not see the item.

    Raises NotAllowed where a new one would have to be opened and they may not.
    """
    item = Item.objects.visible_to(member).filter(pk=item_id).first()
    if item is None:
        return None
    with transaction.atomic():
        must(member, Action.ASSIGN, item)
        key, is_new = open_thread(item.root_id or item.pk, now=now)
        if is_new:
            facts = {"query": query.pk, "name": query.name} if query is not None else {}
            record(
                member, "conversation.take_up", subject="conversation", subject_key=key, now=now,
                department_id=item.department_id, facts=facts,
            )  # fmt: skip
    return key


@transaction.atomic
def hand_over(item_id: int, member: Member, *, to: Member, now: datetime) -> int | None:
    """The same, and the conversation is somebody's; both or neither. Raises NotAllowed, BadInput where they do not see it."""
    key = take_up(item_id, member, now=now)
    if key is not None:
        assign_many([key], member, to=to, now=now)
    return key
