"""Who is looking at a conversation, and who is writing: known for half a minute after the last sign of life."""

from datetime import datetime, timedelta

from django.db import transaction

from parvis.inbox.filling import PRESENT_FOR
from parvis.inbox.models import Conversation, Presence
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

KEPT_FOR = timedelta(minutes=10)


@transaction.atomic
def be_present(conversation: Conversation, member: Member, *, now: datetime, is_typing: bool = False) -> None:
    """A sign of life; colleagues are told where it changes what they see. Raises NotAllowed."""
    must(member, Action.SEE, conversation)
    before = Presence.objects.filter(conversation=conversation, member=member).first()
    Presence.objects.update_or_create(
        conversation=conversation, member=member, defaults={"seen_at": now, "is_typing": is_typing}
    )
    was_there = before is not None and before.seen_at > now - PRESENT_FOR
    if before is None or not was_there or before.is_typing != is_typing:
        _tell(conversation, member, is_there=True, is_typing=is_typing, now=now)


@transaction.atomic
def leave(conversation: Conversation, member: Member, *, now: datetime) -> None:
    """The page was closed."""
    count, _ = Presence.objects.filter(conversation=conversation, member=member).delete()
    if count:
        _tell(conversation, member, is_there=False, is_typing=False, now=now)


def prune_presences(now: datetime) -> int:
    """Forgets who has long gone; how many. For the worker."""
    count, _ = Presence.objects.filter(seen_at__lt=now - KEPT_FOR).delete()
    return count


def _tell(conversation: Conversation, member: Member, *, is_there: bool, is_typing: bool, now: datetime) -> None:
    tell(
        "presence",
        now=now,
        department_id=conversation.department_id,
        subject_id=conversation.pk,
        facts={"member": member.pk, "name": member.name, "is_there": is_there, "is_typing": is_typing},
    )
