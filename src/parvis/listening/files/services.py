"""Reputation files: opened, written on, answered, closed, each step with who took it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from parvis.core.errors import BadInput, Conflict
from parvis.core.wording import Text
from parvis.jobs.live import tell
from parvis.listening.files.telling import tell_rooms
from parvis.listening.models import FILE_TRANSITIONS, Answer, FileState, ReputationFile, SavedQuery, Story
from parvis.listening.wanted import language_tag, line_from, locked, maybe_text, must_be_newest, text_from
from parvis.orgs.access import must
from parvis.orgs.audit import record
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action

LONGEST_CLAIM = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWish:
    """What somebody wants a file to say. `department` None: the whole house."""

    claim: str
    department: Department | None
    position: str = ""


def open_file(member: Member, wish: FileWish, *, now: datetime) -> ReputationFile:
    """Raises NotAllowed, FieldMissing, TextTooLong."""
    must(member, Action.LISTEN, wish.department)
    file = ReputationFile(owner=member, created_at=now, changed_at=now, **_values(wish))
    with transaction.atomic():
        file.save()
        note(file, member, "file.open", now=now, facts={"name": file.claim})
    return file


def change_file(
    file: ReputationFile, member: Member, wish: FileWish, *, now: datetime, revision: int | None = None
) -> bool:
    """Whether anything changed. `revision`: the one that the member saw.

    Raises NotAllowed, FieldMissing, TextTooLong, Conflict.
    """
    must_write(file, member)
    must(member, Action.LISTEN, wish.department)
    values = _values(wish)
    with transaction.atomic():
        current = locked(ReputationFile.objects.all(), file.pk)
        must_be_newest(current.revision, revision)
        changed = sorted(name for name, value in values.items() if getattr(current, name) != value)
        if not changed:
            return False
        facts = {"name": current.claim, "changed": changed}
        _write(current, now=now, **values)
        note(current, member, "file.change", now=now, facts=facts)
    file.refresh_from_db()
    return True


def give_file(file: ReputationFile, member: Member, to: Member, *, now: datetime) -> None:
    """Another person answers for it, who must be able to see it. Raises NotAllowed."""
    must_write(file, member)
    must(to, Action.SEE, place_of(file))
    with transaction.atomic():
        current = locked(ReputationFile.objects.all(), file.pk)
        if current.owner_id == to.pk:
            return
        facts = {"name": current.claim, "owner_id": {"before": current.owner_id, "after": to.pk}}
        _write(current, now=now, owner_id=to.pk)
        note(current, member, "file.give", now=now, facts=facts)
    file.refresh_from_db()


def set_file_state(file: ReputationFile, member: Member, state: FileState, *, now: datetime, outcome: str = "") -> bool:
    """Whether it had been in another state. Answered takes an approved answer, closed takes an outcome.

    Raises NotAllowed, BadInput, Conflict where its state leads elsewhere by now, FieldMissing.
    """
    must_write(file, member)
    with transaction.atomic():
        current = locked(ReputationFile.objects.all(), file.pk)
        before = FileState(current.state)
        if before == state:
            return False
        values = _entering(current, before, state, outcome)
        _write(current, now=now, **values)
        facts = {"name": current.claim, "state": {"before": before, "after": state}}
        note(current, member, "file.state", now=now, facts=facts)
        tell_rooms(current, member, {"what": "state", "state": str(state)}, now=now)
    file.refresh_from_db()
    return True


def write_answer(file: ReputationFile, member: Member, text: str, *, now: datetime, language: str = "") -> Answer:
    """A new version of what the house answers; not approved yet. Raises NotAllowed, FieldMissing, TextTooLong."""
    must_write(file, member)
    text = text_from(text, field=Text("answer", "réponse"))
    with transaction.atomic():
        current = locked(ReputationFile.objects.all(), file.pk)
        last = Answer.objects.filter(file=current).order_by("-number").values_list("number", flat=True).first() or 0
        answer = Answer.objects.create(
            file=current, number=last + 1, text=text, language=language_tag(language), member=member, at=now
        )
        ReputationFile.objects.filter(pk=current.pk).update(changed_at=now)
        note(current, member, "file.answer", now=now, facts={"name": current.claim, "version": answer.number})
    return answer


def approve_answer(answer: Answer, member: Member, *, now: datetime) -> bool:
    """These words may be said in the name of the house. False where they were approved already. Raises NotAllowed."""
    file: ReputationFile = answer.file
    must(member, Action.REPLY, place_of(file))
    with transaction.atomic():
        locked(ReputationFile.objects.all(), file.pk)
        if not Answer.objects.filter(pk=answer.pk, approved_at=None).update(approved_by=member, approved_at=now):
            return False
        ReputationFile.objects.filter(pk=file.pk).update(changed_at=now)
        note(file, member, "file.approve", now=now, facts={"name": file.claim, "version": answer.number})
        tell_rooms(file, member, {"what": "approved", "version": answer.number}, now=now)
    answer.refresh_from_db()
    return True


def link(file: ReputationFile, member: Member, thing: SavedQuery | Story, *, now: datetime) -> bool:
    """Whether it was new there. The caller has found the thing among those that the member sees."""
    must_write(file, member)
    places: Any = file.queries if isinstance(thing, SavedQuery) else file.stories
    with transaction.atomic():
        locked(ReputationFile.objects.all(), file.pk)
        if places.filter(pk=thing.pk).exists():
            return False
        places.add(thing)
        note(file, member, "file.link", now=now, facts={"name": file.claim, **_named(thing)})
    return True


def unlink(file: ReputationFile, member: Member, thing: SavedQuery | Story, *, now: datetime) -> bool:
    """Whether it was there."""
    must_write(file, member)
    places: Any = file.queries if isinstance(thing, SavedQuery) else file.stories
    with transaction.atomic():
        locked(ReputationFile.objects.all(), file.pk)
        if not places.filter(pk=thing.pk).exists():
            return False
        places.remove(thing)
        note(file, member, "file.unlink", now=now, facts={"name": file.claim, **_named(thing)})
    return True


def must_write(file: ReputationFile, member: Member) -> None:
    """Raises NotAllowed."""
    must(member, Action.LISTEN, place_of(file))


def place_of(file: ReputationFile) -> ReputationFile | None:
    """What a right is asked for: the file's department, or the house."""
    return file if file.department_id is not None else None


def note(file: ReputationFile, member: Member, action: str, *, now: datetime, facts: dict[str, Any]) -> None:
    """Recorded, and told to open pages, in the caller's transaction."""
    tell("file", now=now, department_id=file.department_id, subject_id=file.pk)
    record(
        member, action, subject="file", subject_key=file.pk, department_id=file.department_id, now=now, facts=facts
    )  # fmt: skip


def _values(wish: FileWish) -> dict[str, Any]:
    return {
        "claim": line_from(wish.claim, field=Text("claim", "affirmation"), limit=LONGEST_CLAIM),
        "position": maybe_text(wish.position),
        "department_id": wish.department.pk if wish.department else None,
    }


def _entering(file: ReputationFile, before: FileState, state: FileState, outcome: str) -> dict[str, Any]:
    if not FILE_TRANSITIONS.allowed(before, state):
        raise Conflict(
            who=Text("Somebody", "Quelqu’un"),
            detail=Text("this file has another state by now", "ce dossier a changé d’état"),
        )
    if state == FileState.ANSWERED and not file.answers.filter(approved_at__isnull=False).exists():
        raise BadInput(
            detail=Text(
                "a file is answered once a version of its answer is approved",
                "un dossier a sa réponse dès qu’une version en est approuvée",
            )
        )
    if state != FileState.CLOSED:
        return {"state": state}
    return {"state": state, "outcome": text_from(outcome or file.outcome, field=Text("outcome", "issue"))}


def _write(file: ReputationFile, *, now: datetime, **values: Any) -> None:
    for name, value in values.items():
        setattr(file, name, value)
    file.changed_at = now
    file.revision += 1
    file.save()


def _named(thing: SavedQuery | Story) -> dict[str, Any]:
    return {"linked": "query" if isinstance(thing, SavedQuery) else "story", "key": thing.pk}
