import json
from datetime import UTC, datetime

import pytest

from parvis.channels.models import Channel, Item
from parvis.channels.search import item_ids_matching
from parvis.cli import main
from parvis.core.errors import FileNotUnderstood, NotAllowed
from parvis.flows.importing import _open_readings, import_file, import_step
from parvis.jobs.models import Job
from parvis.jobs.work import run_jobs
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "comments.jsonl"
    lines = [json.dumps({"id": number, "text": f"Stimme nummer{number}", "author": "Ada"}) for number in range(950)]
    path.write_text("\n".join([*lines, "{broken", ""]), encoding="utf-8")
    return path


def started(file, channel, now):
    job = import_file(file, channel=channel, member=None, now=now)
    Job.objects.update(state="running", leased_by="me")
    job.refresh_from_db()
    return job


def test_file_is_taken_in_once_however_often_it_is_imported(file, cast, now):
    channel = make_channel(cast.news)
    for _ in range(2):
        job = import_file(file, channel=channel, member=cast.maud, now=now)
        while job.finished_at is None:
            run_jobs("me", now)
            job.refresh_from_db()
        assert (job.state, job.problem_count) == ("done", 1)
    assert Item.objects.count() == Channel.objects.get().item_count == 950
    assert len(item_ids_matching("nummer700", department_ids=[cast.news.id])) == 1


def test_import_that_was_cut_off_goes_on_where_it_was(file, cast, now):
    job = started(file, make_channel(cast.news), now)
    assert not import_step(job, now=now)
    first = Item.objects.count()
    _open_readings.clear()
    again = import_file(file, channel=Channel.objects.get(), member=None, now=now)
    assert again.pk == job.pk
    job.refresh_from_db()
    while not import_step(job, now=now):
        pass
    assert 0 < first < Item.objects.count() == 950
    assert job.done_count == 951


def test_file_that_is_nothing_is_refused_before_a_job_begins(tmp_path, cast, now):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(FileNotUnderstood):
        import_file(tmp_path / "picture.png", channel=make_channel(cast.news), member=None, now=now)
    assert Job.objects.count() == 0


def test_only_those_who_manage_channels_import(file, cast, now):
    with pytest.raises(NotAllowed):
        import_file(file, channel=make_channel(cast.news), member=cast.camille, now=now)


def test_command_imports_and_says_what_came_of_it(file, cast, capsys):
    make_channel(cast.news, name="Old site", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert main(["import", str(file), "--channel", "Old site"]) == 0
    assert "951" in capsys.readouterr().out
    assert main(["import", str(file), "--channel", "nowhere"]) == 2
