"""Notes between colleagues, and whom they name."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from parvis.core.errors import FieldMissing
from parvis.core.wording import Text
from parvis.inbox.drafts import drop_draft
from parvis.inbox.models import Conversation, Mention, Note
from parvis.jobs.live import tell
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Member
from parvis.orgs.naming import named_in, who_sees
from parvis.orgs.rights import Action


@transaction.atomic
def write_note(conversation: Conversation, member: Member, text: str, *, now: datetime) -> Note:
    """Never leaves the house. @Name tells those who may see the conversation. Raises NotAllowed, FieldMissing."""
    must(member, Action.NOTE, conversation)
    text = text.replace("\0", "").strip()
    if not text:
        raise FieldMissing(field=Text("note", "note"))
    note = Note.objects.create(conversation=conversation, member=member, text=text, created_at=now)
    drop_draft(conversation, member, "note")
    named = [person for person in named_in(text, who_may_see(conversation)) if person.pk != member.pk]
    Mention.objects.bulk_create(Mention(note=note, member=person) for person in named)
    record(
        member,
        "conversation.note",
        subject="conversation",
        subject_key=conversation.pk,
        department_id=conversation.department_id,
        facts={"note": note.pk, "named": [person.pk for person in named]},
        now=now,
    )
    tell("note", now=now, department_id=conversation.department_id, subject_id=conversation.pk, facts={"note": note.pk})
    for person in named:
        tell(
            "note", now=now, member_id=person.pk, subject_id=conversation.pk, facts={"note": note.pk, "by": member.name}
        )
    return note


def who_may_see(conversation: Conversation) -> list[Member]:
    """Members who may be named in a note or be assigned."""
    return who_sees(conversation.department_id)


@transaction.atomic
def mark_mentions_seen(conversation: Conversation, member: Member, *, now: datetime) -> int:
    """The member has opened the conversation in which they were named; how many were new to them."""
    return Mention.objects.filter(note__conversation=conversation, member=member, seen_at__isnull=True).update(
        seen_at=now
    )


def unseen_mentions(member: Member) -> QuerySet[Mention]:
    """Newest first, of conversations that the member may (still) see."""
    visible = Conversation.objects.visible_to(member)
    return (
        Mention.objects.filter(member=member, seen_at__isnull=True, note__conversation__in=visible)
        .select_related("note", "note__member")
        .order_by("-id")
    )
