"""Files from elsewhere: brought into a channel by a job with a bar, stopped and gone on with at will."""

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from parvis.channels.health_queries import channel_watched_by, job_of
from parvis.channels.models import Channel
from parvis.channels.opening import open_channel
from parvis.channels.registry import connector_called, file_readers
from parvis.core.errors import BadInput, FileNotUnderstood, NotAllowed
from parvis.core.types import Recognition
from parvis.flows.imported_files import can_go_on, folder_of, forget_file
from parvis.flows.importing import KIND as IMPORT
from parvis.flows.importing import import_file
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import cancel_job, resume_job
from parvis.orgs.access import may, must
from parvis.orgs.queries import department_for, departments_where
from parvis.orgs.rights import Action
from parvis.web.errors import words_of
from parvis.web.screens.channels.forms import DetailsForm
from parvis.web.screens.channels.platforms import guide_lines, platform_of
from parvis.web.screens.channels.words import in_language
from parvis.web.templatetags.parvis import number

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class JobCard:
    """A long work as the page shows it."""

    id: uuid.UUID
    what: str
    file: str
    state_words: str
    icon: str
    tone: str
    percent: int | None
    """None: nobody knows how much there is."""
    progress: str
    problem_count: int
    result: str
    problem: str
    is_running: bool
    can_resume: bool
    can_forget: bool
    """The uploaded file is still here, and nothing but going on needs it."""


def job_card(job: Job) -> JobCard:
    words, icon, tone = _state(job)
    is_running = job.state in {JobState.WAITING, JobState.RUNNING}
    has_stopped = job.state in {JobState.CANCELLED, JobState.FAILED}
    can_resume = has_stopped and (job.kind != IMPORT or can_go_on(job))
    return JobCard(
        id=job.pk,
        what=_("Bringing in a file") if job.kind == IMPORT else _("Reading payloads again"),
        file=_file_name(job),
        state_words=words,
        icon=icon,
        tone=tone,
        percent=_percent(job),
        progress=_progress(job),
        problem_count=job.problem_count if job.kind == IMPORT else 0,
        result="" if is_running else _result(job),
        problem=in_language(job.error),
        is_running=is_running,
        can_resume=can_resume,
        can_forget=can_resume and job.kind == IMPORT,
    )


@require_POST
def bring_in(request: HttpRequest, key: int) -> HttpResponse:
    """The file is stored first, so that the work goes on wherever it stops."""
    row = _managed(request, key)
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, _("Choose a file first."))
        return redirect("channel", row.pk)
    path = _store(row, upload)
    try:
        import_file(path, channel=row, member=request.member, now=request.now)  # type: ignore[attr-defined]
    except BadInput as error:
        path.unlink()
        messages.error(request, words_of(_by_its_own_name(error, upload)))
    else:
        messages.success(request, _("The file has arrived and is being read; you can leave this page."))
    return redirect("channel", row.pk)


def job(request: HttpRequest, key: int, job_id: uuid.UUID) -> HttpResponse:
    """The card alone, which asks again by itself; a POST stops the work, lets it go on or removes its file."""
    row = _watched(request, key)
    found = job_of(row, job_id)
    if found is None:
        raise Http404
    may_manage = may(request.member, Action.MANAGE_CHANNELS, row)  # type: ignore[attr-defined]
    if request.method == "POST":
        must(request.member, Action.MANAGE_CHANNELS, row)  # type: ignore[attr-defined]
        verb = request.POST.get("verb")
        (resume_job if verb == "resume" else forget_file if verb == "forget" else cancel_job)(found)
        return redirect("channel", row.pk)
    context = {"job": job_card(found), "channel": row, "may_manage": may_manage}
    return render(request, "screens/channels/job.html", context)


def add_archive(request: HttpRequest) -> HttpResponse:
    """A channel that nothing is read from but files."""
    member = request.member  # type: ignore[attr-defined]
    departments = departments_where(member, Action.MANAGE_CHANNELS)
    slug = next(iter(file_readers()), None)
    if slug is None:
        raise Http404
    if not departments:
        raise NotAllowed(action=str(Action.MANAGE_CHANNELS.label))
    connector = connector_called(slug)
    form = DetailsForm(request.POST or None, connector=connector, departments=departments)
    if form.is_valid():
        department = department_for(member, form.cleaned_data["department_id"], action=Action.MANAGE_CHANNELS)
        recognition = Recognition(slug=slug, address="", name=form.cleaned_data["name"], offers=connector.guide)
        if department is not None:
            row = open_channel(member, recognition, {}, department=department, name=recognition.name, now=request.now)  # type: ignore[attr-defined]
            messages.success(request, _("{name} is ready for its first file.").format(name=row.name))
            return redirect("channel", row.pk)
    context = {"form": form, "platform": platform_of(slug), "guide_lines": guide_lines(connector)}
    return render(request, "screens/channels/add_files.html", context, status=422 if form.errors else 200)


def _store(row: Channel, upload: "UploadedFile[Any]") -> Path:
    """Under a name of its own, in the data directory; what is sent again is another file."""
    folder = folder_of(row)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = _UNSAFE.sub("-", Path(upload.name or "file").name)[-_LONGEST_NAME:].lstrip(".") or "file"
    path = folder / f"{uuid.uuid4().hex}-{name}"
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return path


def _by_its_own_name(error: BadInput, upload: "UploadedFile[Any]") -> BadInput:
    """The sentence names the file as the person knows it."""
    if isinstance(error, FileNotUnderstood):
        return FileNotUnderstood(name=Path(upload.name or "").name, detail=error.places.get("detail", ""))
    return error


def _file_name(job: Job) -> str:
    stored = Path(str(job.params.get("path", ""))).name
    return stored[33:] if len(stored) > 33 and stored[32] == "-" else stored


def _percent(job: Job) -> int | None:
    """Of a file by its bytes, as nobody knows how many records it holds."""
    if job.state == JobState.DONE:
        return 100
    done, total = (
        (job.cursor.get("read_bytes", 0), job.cursor.get("total_bytes"))
        if job.kind == IMPORT
        else (job.done_count, job.total_count)
    )
    return min(100, round(100 * done / total)) if total else None


def _progress(job: Job) -> str:
    if job.kind == IMPORT:
        words = ngettext("{n} record read", "{n} records read", job.done_count)
    else:
        words = ngettext("{n} payload read again", "{n} payloads read again", job.done_count)
    return words.format(n=number(job.done_count))


def _result(job: Job) -> str:
    if job.kind == IMPORT:
        return ""
    mended = job.result.get("mended", 0)
    words = ngettext("{n} payload is understood now", "{n} payloads are understood now", mended)
    return words.format(n=number(mended))


def _state(job: Job) -> tuple[str, str, str]:
    if job.cancel_asked and job.state in {JobState.WAITING, JobState.RUNNING}:
        return _("stops in a moment"), "hourglass", "waits"
    return {
        JobState.WAITING: (_("begins in a moment"), "clock", "act"),
        JobState.RUNNING: (_("under way"), "hourglass", "act"),
        JobState.DONE: (_("finished"), "check", "done"),
        JobState.FAILED: (_("failed"), "alert-triangle", "harm"),
        JobState.CANCELLED: (_("stopped"), "hand-stop", "waits"),
    }[JobState(job.state)]


def _watched(request: HttpRequest, key: int) -> Channel:
    row = channel_watched_by(request.member, key)  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    return row


def _managed(request: HttpRequest, key: int) -> Channel:
    row = _watched(request, key)
    must(request.member, Action.MANAGE_CHANNELS, row)  # type: ignore[attr-defined]
    return row
