"""One act on many: at once up to 1,000, as a job above."""

from datetime import timedelta

import pytest

from parvis.channels.models import Effect, Item
from parvis.core.errors import BadInput, NotAllowed, NothingToDo
from parvis.core.types import Status
from parvis.flows import bulk
from parvis.flows.bulk import act_on, batch_progress
from parvis.inbox.models import Conversation
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import cancel_job, run_jobs
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(cast, now):
    channel = make_channel(cast.news)
    return [
        make_conversation(make_item(channel, status=Status.HELD, at=now - timedelta(minutes=number)))
        for number in range(30)
    ]


@pytest.fixture
def small_steps(monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 5)
    monkeypatch.setattr(bulk, "CHUNK", 5)


def work_off(now):
    while Job.objects.filter(state__in=["waiting", "running"]).exists():
        run_jobs("worker", now)


def test_selection_is_approved_in_one_batch_and_closed(cast, many, now):
    done = act_on(cast.camille, "approve", now=now, ids=[row.pk for row in many[:3]])
    assert (done.count, done.job) == (3, None)
    assert Conversation.objects.filter(state="done").count() == 3
    assert batch_progress(done.batch, cast.camille)["waiting"] == 3
    assert batch_progress(done.batch, cast.sam)["total"] == 0


def test_all_that_a_filter_finds_is_refused(cast, many, now):
    done = act_on(cast.camille, "refuse", now=now, filter_text="is:held")
    assert done.count == 30
    assert not Item.objects.filter(status=Status.HELD).exists()


def test_what_one_may_not_see_is_not_touched(cast, many, now):
    with pytest.raises(NothingToDo):
        act_on(cast.sam, "done", now=now, ids=[row.pk for row in many])
    with pytest.raises(NotAllowed):
        act_on(cast.anna, "done", now=now, ids=[row.pk for row in many])
    assert not Conversation.objects.filter(state="done").exists()


def test_changes_of_every_kind_reach_all_that_are_selected(cast, many, now):
    ids = [row.pk for row in many]
    act_on(cast.camille, "assign", now=now, ids=ids, value=str(cast.maud.pk))
    act_on(cast.camille, "priority", now=now, ids=ids, value="2")
    act_on(cast.camille, "label", now=now, ids=ids, value="Heat")
    act_on(cast.camille, "snooze", now=now, ids=ids, value=later(now, days=1).isoformat())
    rows = Conversation.objects.values_list("assignee", "priority", "state", "labellings__label__name")
    assert set(rows) == {(cast.maud.pk, 2, "snoozed", "Heat")}
    act_on(cast.camille, "unlabel", now=now, ids=ids, value="heat")
    act_on(cast.stella, "move", now=now, ids=ids, value=str(cast.sport.pk))
    assert set(Conversation.objects.values_list("department", "labellings")) == {(cast.sport.pk, None)}
    assert set(Item.objects.values_list("department", flat=True)) == {cast.sport.pk}


@pytest.mark.parametrize("value", ["", "soon", "2020-01-01T00:00:00+00:00", "2030-01-01T00:00:00"])
def test_time_that_makes_no_sense_is_said(cast, many, now, value):
    with pytest.raises(BadInput):
        act_on(cast.camille, "snooze", now=now, ids=[many[0].pk], value=value)


def test_more_than_fits_becomes_a_job_with_progress_and_result(cast, many, now, small_steps):
    done = act_on(cast.camille, "approve", now=now, filter_text="is:held")
    assert done.job is not None and done.job.total_count == 30
    assert not Effect.objects.exists()
    work_off(now)
    job = Job.objects.get()
    assert (job.state, job.done_count, job.result["changed"]) == (JobState.DONE, 30, 30)
    assert Effect.objects.filter(batch=done.batch).count() == 30


def test_job_over_a_selection_takes_each_once(cast, many, now, small_steps):
    act_on(cast.camille, "done", now=now, ids=[row.pk for row in many])
    work_off(now)
    assert set(Conversation.objects.values_list("state", "version")) == {("done", 2)}


def test_cancelled_job_stops_and_keeps_what_is_done(cast, many, now, small_steps):
    done = act_on(cast.camille, "done", now=now, filter_text="state:open")
    cancel_job(done.job)
    work_off(now)
    assert Job.objects.get().state == JobState.CANCELLED
    assert not Conversation.objects.filter(state="done").exists()


def test_what_is_not_allowed_is_said_before_a_job_is_made(cast, many, now, small_steps):
    with pytest.raises(NotAllowed):
        act_on(cast.camille, "delete", now=now, filter_text="is:held")
    assert not Job.objects.exists() and not Effect.objects.exists()


def test_what_a_platform_does_not_offer_is_a_problem_of_the_result(cast, many, now):
    poor = make_conversation(make_item(make_channel(cast.news, can=[]), status=Status.HELD))
    done = act_on(cast.camille, "spam", now=now, ids=[poor.pk, many[0].pk])
    assert done.count == 1 and [key for key, _ in done.skipped] == [poor.root_id]


def test_bulk_takes_the_same_few_queries_for_many(cast, many, now, django_assert_max_num_queries):
    with django_assert_max_num_queries(50):
        act_on(cast.camille, "spam", now=now, ids=[row.pk for row in many])
