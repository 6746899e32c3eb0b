"""Long work: goes on from its cursor, shows its progress, can be cancelled, is done once."""

import time

import pytest

from parvis.core.errors import BadInput, LeaseLost
from parvis.jobs import work
from parvis.jobs.models import Job, JobState, LiveEvent
from parvis.jobs.work import advance, cancel_job, job_kind, run_jobs, start_job
from parvis.testing.clock import later

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind(monkeypatch):
    """Registers a step for one test."""
    monkeypatch.setattr(work, "_steps", {})
    return job_kind("count")


def start(now, **params):
    return start_job("count", member_id=7, params=params, now=now, total_count=5)


def test_job_is_done_in_steps_and_pages_are_told(kind, now):
    @kind
    def step(job, *, now):
        advance(job, cursor={"at": job.cursor.get("at", 0) + 1}, done=1)
        return job.cursor["at"] == 5

    job = start(now)
    assert run_jobs("a", now) == 1
    job.refresh_from_db()
    assert (job.state, job.done_count, job.cursor, job.leased_by) == (JobState.DONE, 5, {"at": 5}, "")
    assert job.finished_at is not None
    begun, ended = LiveEvent.objects.filter(kind="job").order_by("id")
    assert (begun.member_key, begun.facts["state"], begun.facts["done"]) == (7, "waiting", 0)
    assert (ended.member_key, ended.facts["state"], ended.facts["done"]) == (7, "done", 5)
    assert run_jobs("a", now) == 0


def test_job_goes_on_from_its_cursor_where_a_worker_died(kind, now):
    seen = []

    @kind
    def step(job, *, now):
        at = job.cursor.get("at", 0)
        if at == 3 and not seen:
            seen.append(at)
            raise SystemExit
        advance(job, cursor={"at": at + 1}, done=1)
        return at + 1 == 5

    job = start(now)
    with pytest.raises(SystemExit):
        run_jobs("a", now)
    assert run_jobs("b", later(now, seconds=60)) == 0
    assert run_jobs("b", later(now, minutes=5)) == 1
    job.refresh_from_db()
    assert (job.state, job.done_count) == (JobState.DONE, 5)


def test_long_job_gives_others_their_turn(kind, now, monkeypatch):
    monkeypatch.setattr(work, "TURN_S", 0.0)

    @kind
    def step(job, *, now):
        advance(job, cursor={"at": job.cursor.get("at", 0) + 1}, done=1)
        return False

    job = start(now)
    run_jobs("a", now)
    job.refresh_from_db()
    assert (job.state, job.leased_by) == (JobState.RUNNING, "")
    assert LiveEvent.objects.filter(kind="job", facts__state="running").exists()


def test_cancelled_job_stops_and_keeps_what_it_did(kind, now):
    @kind
    def step(job, *, now):
        advance(job, cursor={}, done=1)
        cancel_job(job)
        return False

    job = start(now)
    run_jobs("a", now)
    job.refresh_from_db()
    assert (job.state, job.done_count) == (JobState.CANCELLED, 1)


@pytest.mark.parametrize(
    ("fault", "code"), [(BadInput(detail="the file is empty"), "bad_input"), (KeyError("x"), "error")]
)
def test_failed_job_says_why_and_stops_no_other(kind, now, fault, code):
    @kind
    def step(job, *, now):
        if job.params.get("fails"):
            raise fault
        return True

    bad, good = start(now, fails=True), start(now)
    run_jobs("a", now)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.error["code"]) == (JobState.FAILED, code)
    assert good.state == JobState.DONE


def test_job_of_an_unknown_kind_fails_in_words(kind, now):
    job = start(now)
    run_jobs("a", now, load=lambda: None)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "count" in job.error["en"]


def test_worker_that_lost_its_lease_changes_nothing(kind, now):
    @kind
    def step(job, *, now):
        Job.objects.filter(pk=job.pk).update(leased_by="b")
        with pytest.raises(LeaseLost):
            advance(job, cursor={"at": 1}, done=1)
        raise LeaseLost

    job = start(now)
    run_jobs("a", now)
    job.refresh_from_db()
    assert (job.state, job.done_count, job.leased_by) == (JobState.RUNNING, 0, "b")


def test_two_kinds_of_one_name_are_refused(kind):
    kind(lambda job, *, now: True)
    with pytest.raises(ValueError, match="count"):
        kind(lambda job, *, now: True)


def test_jobs_take_turns_so_that_a_long_one_holds_up_no_other(kind, now, monkeypatch):
    monkeypatch.setattr(work, "TURN_S", 0.1)
    order = []

    @kind
    def step(job, *, now):
        order.append(job.params["place"])
        time.sleep(0.11)
        advance(job, cursor={}, done=1)
        return False

    for place in range(3):
        start(later(now, seconds=place), place=place)
    for _ in range(9):
        assert run_jobs("fair", later(now, minutes=1), limit=1) == 1
    assert order == [0, 1, 2] * 3
