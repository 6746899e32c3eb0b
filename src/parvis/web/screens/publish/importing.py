"""Posts from a table on the screen: handed in, looked at row by row, taken in with a bar, its results fetched."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from parvis.core.errors import FieldMissing, FileNotUnderstood, NotAllowed, ParvisError
from parvis.core.wording import Text
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import cancel_job, resume_job
from parvis.orgs.access import may
from parvis.orgs.rights import Action
from parvis.publishing import lookups
from parvis.publishing.importing import earlier_run, hand_in, outcomes, results, take_in
from parvis.publishing.models import PostFile, PostFileRow
from parvis.publishing.tables import COLUMNS, MOST_BYTES, read_table
from parvis.web.asked import asked_number
from parvis.web.errors import words_of
from parvis.web.screens.publish.planning_asked import answered, asked_department, places, zones

PAGE = 50
FILE_NAME = Text("file", "fichier")


@dataclass(frozen=True, slots=True)
class RowLine:
    row: PostFileRow
    time: str
    channels: str
    text: str
    faults: list[tuple[str, bool]]
    """In the reader's language, and whether it is only a hint."""
    outcome: str


@dataclass(frozen=True, slots=True)
class Run:
    job: Job
    is_over: bool
    can_resume: bool
    words: str


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The form and what was handed in before; by POST, the check of a table."""
    if not places(request):
        raise NotAllowed(action=str(Action.PUBLISH.label))
    if request.method != "POST":
        return _form(request)
    try:
        file = _handed_in(request)
    except NotAllowed:
        raise
    except ParvisError as error:
        return _form(request, problem=words_of(error), status=422)
    return redirect("posts-file", file.pk)


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, key: int) -> HttpResponse:
    """Row by row, with its faults; by POST, it is taken in, stopped, or gone on with."""
    file = _file(request, key)
    if request.method == "POST":
        return answered(request, lambda: _act(request, file), "posts-file", file.pk)
    only_unfit = request.GET.get("rows") == "faults"
    after = asked_number(request.GET.get("after", "")) or 0
    found = list(lookups.rows_of(file, only_unfit=only_unfit).filter(number__gt=after)[: PAGE + 1])
    counts = outcomes(file)
    context = {
        "file": file, "here": "import", "lines": [_line(row) for row in found[:PAGE]], "only_unfit": only_unfit,
        "next_after": found[PAGE - 1].number if len(found) > PAGE else None, "run": _run(file),
        "fit_count": sum(counts.values()) - counts["unfit"], "unfit_count": counts["unfit"], "counts": _counted(counts),
        "earlier": earlier_run(file) if file.job_key is None else None,
        "may_plan": may(request.member, Action.PUBLISH, file),  # type: ignore[attr-defined]
    }  # fmt: skip
    return render(request, "screens/publish/import_file.html", context)


@require_GET
def progress(request: HttpRequest, key: int) -> HttpResponse:
    """The bar alone, which asks again by itself."""
    file = _file(request, key)
    context = {"file": file, "run": _run(file), "counts": _counted(outcomes(file)), "may_plan": may(request.member, Action.PUBLISH, file)}  # type: ignore[attr-defined]  # fmt: skip
    return render(request, "screens/publish/import_run.html", context)


@require_GET
def fetch(request: HttpRequest, key: int) -> HttpResponse:
    """The results as a table, with the mark by which table programs know the encoding."""
    file = _file(request, key)
    response = HttpResponse("\ufeff" + results(file), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="posts-{file.pk}.csv"'
    return response


def _handed_in(request: Any) -> PostFile:
    upload = request.FILES.get("file")
    if upload is None:
        raise FieldMissing(field=FILE_NAME)
    name = str(upload.name or "")[-120:]
    if upload.size > MOST_BYTES:
        raise FileNotUnderstood(name=name, detail=Text("it is too large", "il est trop grand"))
    data = upload.read()
    file = hand_in(
        data, asked_department(request), request.member, name=name, zone=request.POST.get("zone", ""),
        day_order=request.POST.get("day_order", ""), now=request.now,
    )  # fmt: skip
    if unknown := read_table(data, name=name).unknown:
        messages.info(request, _("These columns mean nothing here: {names}.").format(names=", ".join(unknown)))
    return file


def _act(request: Any, file: PostFile) -> str:
    verb = request.POST.get("verb", "")
    if verb in {"plan", "drafts"}:
        take_in(file, request.member, is_draft_only=verb == "drafts", now=request.now)
        return _("It is being taken in; you can leave this page.")
    job = lookups.job_of_file(file)
    if job is None or verb not in {"stop", "resume"}:
        raise Http404
    if not may(request.member, Action.PUBLISH, file):
        raise NotAllowed(action=str(Action.PUBLISH.label))
    (cancel_job if verb == "stop" else resume_job)(job)
    return _("It stops after the step it is in.") if verb == "stop" else _("It goes on where it stopped.")


def _form(request: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "here": "import", "problem": problem, "departments": places(request), "zones": zones(request),
        "columns": list(COLUMNS), "files": lookups.files_of(request.member, department=request.department),
        "day_order": request.POST.get("day_order", ""), "zone": request.POST.get("zone", ""),
        "orders": [("", _("not said: what could be two days is a fault")), ("dmy", _("day/month/year")), ("mdy", _("month/day/year"))],
    }  # fmt: skip
    return render(request, "screens/publish/import.html", context, status=status)


def _line(row: PostFileRow) -> RowLine:
    language = "fr" if (get_language() or "").startswith("fr") else "en"
    faults = [(fault[language], bool(fault["is_hint"])) for fault in row.faults]
    if row.error:
        faults.append((row.error[language], False))
    values = row.values
    time = row.wish.get("due_local", "").replace("T", " ")[:16] or " ".join(
        part for part in (values.get("date", ""), values.get("time", "")) if part
    )
    text = values.get("text") or values.get("title") or values.get("link", "")
    return RowLine(row, time, values.get("channels", ""), text, faults, _outcomes().get(row.outcome, ""))


def _outcomes() -> dict[str, str]:
    return {
        "planned": _("planned"), "asked": _("waits for approval"), "draft": _("draft"), "failed": _("kept as a draft"),
    }  # fmt: skip


def _counted(counts: dict[str, int]) -> list[tuple[str, int]]:
    words = _outcomes()
    return [(words[name], counts[name]) for name in words if counts.get(name)]


def _run(file: PostFile) -> Run | None:
    job = lookups.job_of_file(file)
    if job is None:
        return None
    is_over = job.state not in (JobState.WAITING, JobState.RUNNING)
    words = {
        JobState.WAITING: _("It begins in a moment."), JobState.RUNNING: _("It is being taken in."),
        JobState.DONE: _("All rows are through."), JobState.FAILED: _("It stopped with an error. What was done stays done."),
        JobState.CANCELLED: _("Stopped. What was done stays done."),
    }[JobState(job.state)]  # fmt: skip
    if job.problem_count:
        words += " " + ngettext(
            "{n} row could get no time and is a draft.", "{n} rows could get no time and are drafts.", job.problem_count
        ).format(n=job.problem_count)
    return Run(job, is_over, job.state in (JobState.CANCELLED, JobState.FAILED), words)


def _file(request: Any, key: int) -> PostFile:
    found = lookups.file_for(request.member, key)
    if found is None:
        raise Http404
    return found
