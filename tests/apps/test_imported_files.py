"""Uploaded files are kept as long as an import may need them, and no longer."""

import os

import pytest

from parvis.channels.models import Channel
from parvis.flows.imported_files import KEPT_FOR, can_go_on, folder_of, forget_file, remove_files
from parvis.flows.importing import import_file
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import cancel_job, resume_job, run_jobs
from parvis.testing.clock import later
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return make_channel(cast.news)


@pytest.fixture
def upload(channel):
    folder_of(channel).mkdir(parents=True)
    path = folder_of(channel) / "0-export.csv"
    path.write_text("id,text\n1,Hello\n2,World\n")
    return path


def started(path, channel, now):
    return import_file(path, channel=channel, member=None, now=now)


def ended(job, now):
    while job.finished_at is None:
        run_jobs("me", now)
        job.refresh_from_db()
    return job.state


def test_file_goes_once_its_import_is_finished(upload, channel, now):
    job = started(upload, channel, now)
    assert (remove_files(now), upload.exists()) == (0, True)
    assert ended(job, now) == JobState.DONE
    assert (remove_files(now), upload.exists()) == (1, False)


def test_file_of_a_stopped_import_stays_while_it_can_go_on(upload, channel, now):
    job = started(upload, channel, now)
    cancel_job(job)
    assert ended(job, now) == JobState.CANCELLED
    remove_files(later(now, days=6))
    assert can_go_on(job)
    resume_job(job)
    remove_files(now + KEPT_FOR * 10)
    assert upload.exists()
    assert ended(job, now) == JobState.DONE
    remove_files(now)
    assert not upload.exists()


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED])
def test_file_that_nobody_goes_on_with_goes_after_a_week(upload, channel, now, state):
    job = started(upload, channel, now)
    Job.objects.update(state=state, finished_at=now)
    remove_files(later(now, days=8))
    assert not upload.exists() and not can_go_on(job)


def test_stopped_import_gives_up_its_file_at_once_where_somebody_says_so(upload, channel, now):
    job = started(upload, channel, now)
    assert not forget_file(job) and upload.exists()
    Job.objects.update(state=JobState.CANCELLED, finished_at=now)
    job.refresh_from_db()
    assert forget_file(job) and not upload.exists()


def test_files_of_a_removed_channel_go_with_it(upload, channel, now):
    started(upload, channel, now)
    Job.objects.update(state=JobState.FAILED, finished_at=now)
    Channel.objects.update(removed_at=now)
    remove_files(now)
    assert not upload.exists()


def test_upload_without_a_job_is_removed_after_a_day_and_not_while_it_arrives(upload, now):
    os.utime(upload, (now.timestamp(), now.timestamp()))
    assert remove_files(later(now, hours=2)) == 0
    assert remove_files(later(now, hours=25)) == 1


def test_file_named_at_the_command_line_is_never_touched(tmp_path, channel, now):
    own = tmp_path / "mine.csv"
    own.write_text("id,text\n1,Hello\n")
    job = started(own, channel, now)
    ended(job, now)
    remove_files(later(now, days=30))
    Job.objects.update(state=JobState.FAILED)
    job.refresh_from_db()
    assert not forget_file(job)
    assert own.exists()


def test_import_whose_file_has_gone_says_so(upload, channel, now):
    job = started(upload, channel, now)
    upload.unlink()
    assert ended(job, now) == JobState.FAILED
    assert job.error["code"] == "file_not_understood"
