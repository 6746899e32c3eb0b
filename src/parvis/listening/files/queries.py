"""Reading reputation files for the screens; who does not see a department reads nothing of it, here either."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from parvis.listening.copying import became_of
from parvis.listening.files.evidence import hash_of
from parvis.listening.models import Answer, Evidence, FileState, ReputationFile, SavedQuery, Story
from parvis.listening.seeing import Seen, seen_by, sees
from parvis.orgs.audit import history_of
from parvis.orgs.models import AuditEntry, Department, Member

PAGE = 50
_HISTORY = 100
EVIDENCE_SHOWN = 500


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A piece of evidence and what became of its original: "", "edited", "gone"."""

    evidence: Evidence
    became: str
    is_hidden: bool
    """It is of a department that the reader does not see."""
    is_as_written: bool
    """False: somebody changed the row behind the desk's back."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file, whole."""

    file: ReputationFile
    evidence: list[EvidenceRow]
    answers: list[Answer]
    """Newest first."""
    queries: list[SavedQuery]
    stories: list[Story]
    unseen_count: int
    """Queries and stories that the reader does not see."""

    @property
    def answer(self) -> Answer | None:
        """The newest approved one: what is said."""
        return next((one for one in self.answers if one.approved_at is not None), None)


def file_page(
    member: Member, *, department: Department | None = None, state: str = "", after: int = 0, limit: int = PAGE
) -> tuple[list[ReputationFile], int | None]:
    """Those in that state ("": not closed), the last changed first; `after` so many. And where it goes on."""
    files = ReputationFile.objects.visible_to(member).select_related("department", "owner")
    files = files.filter(state=state) if state in FileState.values else files.exclude(state=FileState.CLOSED)
    if department is not None:
        files = files.filter(Q(department=department) | Q(department__isnull=True))
    files = files.annotate(evidence_count=Count("evidence"))
    rows = list(files.order_by("-changed_at", "-id")[after : after + limit + 1])
    return rows[:limit], after + limit if len(rows) > limit else None


def file_for(member: Member, key: int) -> ReputationFile | None:
    """None where there is none that the member sees."""
    seen = ReputationFile.objects.visible_to(member).select_related("department", "owner")
    found: ReputationFile | None = seen.filter(pk=key).first()
    return found


def file_view(file: ReputationFile, member: Member) -> FileView:
    queries = list(file.queries.all())
    stories = list(file.stories.select_related("founder"))
    seen = seen_by(member)
    seen_queries = [one for one in queries if sees(seen, one.department_id)]
    seen_stories = [one for one in stories if sees(seen, one.department_id)]
    evidence = Evidence.objects.filter(file=file).select_related("item", "added_by", "department").order_by("id")
    return FileView(
        file=file,
        evidence=[_row(one, seen) for one in evidence[:EVIDENCE_SHOWN]],
        answers=list(Answer.objects.filter(file=file).select_related("member", "approved_by").order_by("-number")),
        queries=seen_queries,
        stories=seen_stories,
        unseen_count=len(queries) + len(stories) - len(seen_queries) - len(seen_stories),
    )


def answer_for(member: Member, file_key: int, number: int) -> Answer | None:
    files = ReputationFile.objects.visible_to(member)
    return Answer.objects.filter(file__in=files, file_id=file_key, number=number).select_related("file").first()


def file_history(file: ReputationFile) -> list[AuditEntry]:
    """What was done to it, newest first."""
    entries = history_of("file", file.pk).select_related("member", "on_behalf_of", "department")
    return list(entries[:_HISTORY])


def open_files(
    member: Member, *, department_id: int | None, but: QuerySet[Any] | None = None, limit: int = 20
) -> list[ReputationFile]:
    """Those that something of a department can be added to: its own and the house's, the last changed first."""
    files = ReputationFile.objects.where_may(member, "listen").exclude(state=FileState.CLOSED)
    if department_id is not None:
        files = files.filter(Q(department=department_id) | Q(department__isnull=True))
    if but is not None:
        files = files.exclude(pk__in=but.values("pk"))
    return list(files.order_by("-changed_at", "-id")[:limit])


def queries_to_link(member: Member, *, but: QuerySet[Any]) -> list[SavedQuery]:
    return list(SavedQuery.objects.visible_to(member).exclude(state="archived").exclude(pk__in=but.values("pk"))[:200])


def stories_to_link(member: Member, *, but: QuerySet[Any], limit: int = 30) -> list[Story]:
    """The last ones that several tell."""
    stories = Story.objects.visible_to(member).filter(item_count__gt=1).exclude(pk__in=but.values("pk"))
    return list(stories.select_related("founder").order_by("-last_at", "-id")[:limit])


def _row(evidence: Evidence, seen: Seen) -> EvidenceRow:
    return EvidenceRow(
        evidence=evidence,
        became=became_of(evidence.text, evidence.title, evidence.item) if evidence.kind == "item" else "",
        is_hidden=evidence.department_id is not None and not sees(seen, evidence.department_id),
        is_as_written=hash_of(evidence) == evidence.hash,
    )
