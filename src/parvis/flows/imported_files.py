"""Files that were uploaded for an import: kept in the data directory as long as the import may need them, then removed.

What they held is kept raw as envelopes, so that nothing but another try ever needs them again. Files that
somebody names at the command line are theirs and are never touched.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from parvis.channels.models import Channel
from parvis.flows.importing import KIND
from parvis.jobs.models import Job, JobState

KEPT_FOR = timedelta(days=7)
"""How long an import that was stopped or has failed can still go on."""
_ARRIVING_FOR = timedelta(days=1)
"""How long a file may lie here before its job is written."""
_UNFINISHED = Q(state__in=[JobState.WAITING, JobState.RUNNING])


def folder_of(channel: Channel) -> Path:
    """Where the channel's uploads are stored."""
    folder: Path = settings.MEDIA_ROOT / "imports" / str(channel.pk)
    return folder


def can_go_on(job: Job) -> bool:
    """Whether an import that was stopped or has failed still has its file."""
    return Path(job.params["path"]).is_file()


def forget_file(job: Job) -> bool:
    """Removes the upload of an import that was stopped or has failed: it does not go on any more."""
    path = Path(job.params["path"])
    if job.state not in {JobState.CANCELLED, JobState.FAILED} or not _is_ours(path):
        return False
    path.unlink(missing_ok=True)
    return True


def remove_files(now: datetime) -> int:
    """Removes what no import needs any more; how many files that were."""
    count = 0
    for path in _uploads():
        if not _is_needed(path, now):
            path.unlink(missing_ok=True)
            count += 1
    return count


def _uploads() -> Iterator[Path]:
    """As jobs name them."""
    yield from (settings.MEDIA_ROOT.resolve() / "imports").glob("*/*")


def _is_ours(path: Path) -> bool:
    return path.parent.parent == settings.MEDIA_ROOT.resolve() / "imports"


def _is_needed(path: Path, now: datetime) -> bool:
    jobs = Job.objects.filter(kind=KIND, params__path=str(path))
    if jobs.filter(_UNFINISHED).exists():
        return True
    last = jobs.order_by("-created_at").first()
    if last is None:
        return path.stat().st_mtime > (now - _ARRIVING_FOR).timestamp()
    if last.state == JobState.DONE or not _has_channel(last):
        return False
    return last.finished_at is None or last.finished_at > now - KEPT_FOR


def _has_channel(job: Job) -> bool:
    return Channel.objects.filter(pk=job.params["channel"], removed_at__isnull=True).exists()
