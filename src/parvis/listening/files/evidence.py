"""Evidence: what was said, copied as it stood when somebody added it."""

from datetime import datetime

from django.db import transaction

from parvis.channels.models import Item
from parvis.core.wording import Text
from parvis.listening.copying import Copy, copy_of
from parvis.listening.files.services import must_write, note
from parvis.listening.models import Evidence, EvidenceKind, ReputationFile
from parvis.listening.wanted import address_from, locked, maybe_text, text_from
from parvis.orgs.access import must
from parvis.orgs.models import Member
from parvis.orgs.rights import Action

_LONGEST_NOTE = 2_000
_LONGEST_NAME = 255


def add_item(file: ReputationFile, member: Member, item: Item, *, now: datetime, why: str = "") -> Evidence:
    """The item as it stands; the evidence that is there already where it has not changed since. Raises NotAllowed."""
    must(member, Action.SEE, item)
    return _add(
        file, member, EvidenceKind.ITEM, copy_of(item), now=now, why=why, item=item, department_id=item.department_id
    )


def add_address(
    file: ReputationFile, member: Member, address: str, *, now: datetime, title: str = "", why: str = ""
) -> Evidence:
    """A page by its address; nothing of it is fetched. Raises NotAllowed, BadInput, FieldMissing."""
    copied = Copy(url=address_from(address), title=maybe_text(title, limit=300))
    return _add(file, member, EvidenceKind.ADDRESS, copied, now=now, why=why)


def add_quotation(
    file: ReputationFile,
    member: Member,
    text: str,
    *,
    now: datetime,
    author: str = "",
    place: str = "",
    said_at: datetime | None = None,
    why: str = "",
) -> Evidence:
    """Words as somebody heard or read them, kept to the letter. Raises NotAllowed, FieldMissing, TextTooLong."""
    copied = Copy(
        text=text_from(text, field=Text("quotation", "citation")),
        author=maybe_text(author, limit=_LONGEST_NAME),
        place=maybe_text(place, limit=_LONGEST_NAME),
        said_at=said_at,
    )
    return _add(file, member, EvidenceKind.QUOTATION, copied, now=now, why=why)


def hash_of(evidence: Evidence) -> str:
    """Worked out from what stands there: other than `evidence.hash` where somebody changed the row."""
    return Copy(
        title=evidence.title, text=evidence.text, language=evidence.language, author=evidence.author,
        place=evidence.place, url=evidence.url, media=evidence.media, said_at=evidence.said_at,
    ).hash  # fmt: skip


def _add(
    file: ReputationFile,
    member: Member,
    kind: EvidenceKind,
    copied: Copy,
    *,
    now: datetime,
    why: str,
    item: Item | None = None,
    department_id: int | None = None,
) -> Evidence:
    must_write(file, member)
    why = maybe_text(why, limit=_LONGEST_NOTE)
    with transaction.atomic():
        current = locked(ReputationFile.objects.all(), file.pk)
        same = Evidence.objects.filter(file=current, kind=kind, item=item, hash=copied.hash).first()
        if same is not None:
            return same
        found = Evidence.objects.create(
            file=current, kind=kind, item=item, department_id=department_id, note=why, added_by=member, added_at=now,
            hash=copied.hash, title=copied.title, text=copied.text, language=copied.language, author=copied.author,
            place=copied.place, url=copied.url, media=copied.media, said_at=copied.said_at,
        )  # fmt: skip
        ReputationFile.objects.filter(pk=current.pk).update(changed_at=now)
        facts = {"name": current.claim, "evidence": found.pk, "hash": found.hash}
        note(current, member, "file.evidence", now=now, facts=facts)
    return found
