"""Holding lines: words that may be said before more is known, drafted by anybody in the room, approved by a lead."""

from datetime import datetime

from django.db import transaction

from parvis.core.wording import Text
from parvis.listening.crisis.log import open_room_to, write_by_desk
from parvis.listening.models import CrisisRoom, HoldingLine, LogKind
from parvis.listening.wanted import language_tag, locked, must_be_newest, text_from
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

LONGEST_LINE = 5_000


@transaction.atomic
def write_line(room: CrisisRoom, member: Member, text: str, *, language: str, now: datetime) -> HoldingLine:
    """A new one, as a draft. Raises NotAllowed, FieldMissing, TextTooLong, BadInput, Conflict."""
    current = open_room_to(room, member)
    line = HoldingLine.objects.create(room=current, member=member, changed_at=now, **_values(text, language))
    _log(current, member, LogKind.LINE, line, now=now)
    return line


@transaction.atomic
def change_line(
    line: HoldingLine, member: Member, text: str, *, language: str, now: datetime, revision: int | None = None
) -> bool:
    """Whether its words changed: then it is a draft again. Raises as `write_line`."""
    current = open_room_to(line.room, member)
    held = locked(HoldingLine.objects.all(), line.pk)
    must_be_newest(held.revision, revision)
    values = _values(text, language)
    if all(getattr(held, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(held, name, value)
    held.member, held.changed_at, held.approved_by, held.approved_at = member, now, None, None
    held.revision += 1
    held.save()
    _log(current, member, LogKind.LINE, held, now=now)
    return True


@transaction.atomic
def approve_line(line: HoldingLine, member: Member, *, now: datetime, revision: int | None = None) -> bool:
    """These words may be said. False where they were approved already.

    `revision`: of the words that the member read. Raises NotAllowed, Conflict.
    """
    current = open_room_to(line.room, member, Action.CRISIS)
    held = locked(HoldingLine.objects.all(), line.pk)
    must_be_newest(held.revision, revision)
    if held.is_approved:
        return False
    held.approved_by, held.approved_at = member, now
    held.save(update_fields=["approved_by", "approved_at"])
    _log(current, member, LogKind.APPROVED, held, now=now)
    return True


@transaction.atomic
def withdraw_line(line: HoldingLine, member: Member, *, now: datetime) -> bool:
    """It is no longer offered; the log keeps its words. Raises NotAllowed, Conflict."""
    action = Action.CRISIS if line.is_approved else Action.NOTE
    current = open_room_to(line.room, member, action)
    if not HoldingLine.objects.filter(pk=line.pk, withdrawn_at=None).update(withdrawn_at=now):
        return False
    _log(current, member, LogKind.WITHDRAWN, line, now=now)
    return True


def _values(text: str, language: str) -> dict[str, str]:
    return {
        "text": text_from(text, field=Text("holding line", "élément de langage"), limit=LONGEST_LINE),
        "language": text_from(language_tag(language), field=Text("language", "langue"), limit=8),
    }


def _log(room: CrisisRoom, member: Member, kind: LogKind, line: HoldingLine, *, now: datetime) -> None:
    facts = {"line": line.pk, "language": line.language}
    write_by_desk(room, member, kind, now=now, text=line.text, facts=facts)
