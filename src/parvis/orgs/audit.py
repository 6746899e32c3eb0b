"""The audit trail: who did what, when and on whose behalf, in a chain that cannot be changed unnoticed.

Each row carries an HMAC-SHA256 over its own content and the hash of the row before; the head
carries one over where the chain ends. The key lies outside the database (settings.AUDIT_KEY).
What this finds: rows edited, removed (in the middle or at the end), inserted or put in another
order by anybody without the key. What it cannot find by itself: a whole database put back to an
older state of its own; `parvis audit verify --known` compares with an end noted elsewhere.
"""

import hmac
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from parvis.core.errors import HouseError
from parvis.jobs.rows import insert_all
from parvis.orgs.audit_chain import HEAD_KEY, hash_of, microseconds, plain, seal_of
from parvis.orgs.audit_verify import Fault, verify
from parvis.orgs.models import AuditEntry, AuditHead

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from parvis.orgs.models import Member

__all__ = ["Fact", "Fault", "history_of", "record", "record_many", "reseal", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing done. `member` None: the program itself. `facts` hold no secret and no personal text."""

    member: "Member | None"
    action: str
    subject: str
    subject_key: object
    now: datetime
    department_id: int | None = None
    on_behalf_of: "Member | None" = None
    facts: Mapping[str, Any] | None = None
    batch: uuid.UUID | None = None


def record(
    member: "Member | None",
    action: str,
    *,
    subject: str,
    subject_key: object,
    now: datetime,
    department_id: int | None = None,
    on_behalf_of: "Member | None" = None,
    facts: Mapping[str, Any] | None = None,
    batch: uuid.UUID | None = None,
) -> AuditEntry:
    """Adds one entry, in the caller's transaction: it is there exactly when the change is."""
    fact = Fact(
        member=member,
        action=action,
        subject=subject,
        subject_key=subject_key,
        now=now,
        department_id=department_id,
        on_behalf_of=on_behalf_of,
        facts=facts,
        batch=batch,
    )
    return record_many([fact])[0]


def record_many(entries: Sequence[Fact]) -> list[AuditEntry]:
    """Adds many entries as one append. The chain is held until the caller's transaction ends."""
    if not entries:
        return []
    with transaction.atomic():
        head = _locked_head()
        rows = []
        for fact in entries:
            row = _entry(fact, head)
            head.last_id, head.last_hash = row.id, row.hash
            rows.append(row)
        insert_all(rows)
        head.seal = seal_of(head.last_id, head.last_hash)
        head.save(force_update=True)
    return rows


def history_of(subject: str, subject_key: object) -> "QuerySet[AuditEntry]":
    """What happened to one thing, newest first."""
    found: QuerySet[AuditEntry] = AuditEntry.objects.filter(subject=subject, subject_key=str(subject_key))
    return found.select_related("member", "on_behalf_of").order_by("-id")


def reseal(member: "Member | None", *, reason: str, now: datetime) -> AuditEntry:
    """Lets a trail go on whose end does not fit (the key was lost, a back-up put back), and says so in it.

    What was wrong before stays wrong for `verify`.
    """
    with transaction.atomic():
        last = AuditEntry.objects.order_by("-id").values_list("id", "hash").first() or (0, "")
        AuditHead.objects.update_or_create(
            pk=HEAD_KEY, defaults={"last_id": last[0], "last_hash": last[1], "seal": seal_of(*last)}
        )
        return record(member, "audit.reseal", subject="audit", subject_key=last[0], now=now, facts={"reason": reason})


def _locked_head() -> AuditHead:
    head = AuditHead.objects.select_for_update().filter(pk=HEAD_KEY).first() or _first_head()
    if not hmac.compare_digest(head.seal, seal_of(head.last_id, head.last_hash)):
        raise HouseError(
            detail="the audit trail does not end where it should; run “parvis audit verify”, then see the guide"
        )
    return head


def _first_head() -> AuditHead:
    """Begins the chain. Never over entries that are there: a head that vanished is not quietly replaced."""
    if AuditEntry.objects.exists():
        if head := AuditHead.objects.select_for_update().filter(pk=HEAD_KEY).first():
            return head  # another process began it and wrote, after we had looked
        raise HouseError(detail="the end of the audit trail was removed; run “parvis audit verify”, then see the guide")
    try:
        with transaction.atomic():
            AuditHead.objects.create(pk=HEAD_KEY, last_id=0, last_hash="", seal=seal_of(0, ""))
    except IntegrityError:
        pass  # another process began it at the same moment
    return AuditHead.objects.select_for_update().get(pk=HEAD_KEY)


def _entry(fact: Fact, head: AuditHead) -> AuditEntry:
    row = AuditEntry(
        id=head.last_id + 1,
        at=fact.now,
        member_id=fact.member.pk if fact.member else None,
        on_behalf_of_id=fact.on_behalf_of.pk if fact.on_behalf_of else None,
        department_id=fact.department_id,
        action=fact.action,
        subject=fact.subject,
        subject_key=str(fact.subject_key),
        batch=fact.batch or uuid.uuid4(),
        facts=plain(dict(fact.facts or {})),
        previous_hash=head.last_hash,
    )
    row.hash = hash_of(
        (
            row.id,
            microseconds(row.at),
            row.member_id,
            row.on_behalf_of_id,
            row.department_id,
            row.action,
            row.subject,
            row.subject_key,
            row.batch.hex,
            row.facts,
            row.previous_hash,
        )
    )
    return row
