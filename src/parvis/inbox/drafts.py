"""What somebody has begun to write: kept at every pause, on every device of theirs."""

from datetime import datetime

from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.inbox.models import Conversation, Draft
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

KINDS = {"reply": Action.REPLY, "note": Action.NOTE}
LONGEST = 60_000


def save_draft(conversation: Conversation, member: Member, kind: str, text: str, *, now: datetime) -> None:
    """Keeps what is written so far; "" forgets it. Raises NotAllowed, BadInput."""
    if kind not in KINDS:
        raise BadInput(
            detail=Text("nobody drafts a “{kind}”", "il n’y a pas de brouillon « {kind} »").format(kind=kind)
        )
    must(member, KINDS[kind], conversation)
    if not text.strip():
        drop_draft(conversation, member, kind)
        return
    Draft.objects.update_or_create(
        conversation=conversation,
        member=member,
        kind=kind,
        defaults={"text": text.replace("\0", "")[:LONGEST], "updated_at": now},
    )


def draft_of(conversation: Conversation, member: Member, kind: str) -> str:
    """Empty where nothing is begun."""
    texts = Draft.objects.filter(conversation=conversation, member=member, kind=kind).values_list("text", flat=True)
    return texts.first() or ""


def drop_draft(conversation: Conversation, member: Member, kind: str) -> None:
    """Once it is sent, in the transaction that sends it."""
    Draft.objects.filter(conversation=conversation, member=member, kind=kind).delete()
