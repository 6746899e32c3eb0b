"""Claims under a lease: one holder at a time, and a lease that ran out is anybody's."""

import pytest

from parvis.jobs.claim import claim, extend, release
from parvis.jobs.models import Job
from parvis.testing.clock import later

pytestmark = pytest.mark.django_db


def make_jobs(now, count):
    return [Job.objects.create(kind="any", created_at=later(now, seconds=number)) for number in range(count)]


def take(now, worker="a", *, limit=10, lease_s=60):
    return claim(Job.objects.order_by("created_at"), worker=worker, now=now, lease_s=lease_s, limit=limit)


def test_claimed_rows_come_in_order_and_are_held(now):
    jobs = make_jobs(now, 3)
    taken = take(now, limit=2)
    assert [job.pk for job in taken] == [jobs[0].pk, jobs[1].pk]
    assert Job.objects.filter(leased_by="a", leased_until=later(now, seconds=60)).count() == 2


def test_held_row_is_nobody_elses_until_its_lease_runs_out(now):
    make_jobs(now, 1)
    take(now, "a")
    assert take(later(now, seconds=59), "b") == []
    assert [job.leased_by for job in take(later(now, seconds=60), "b")] == ["b"]


def test_released_row_is_free_at_once_and_changed_with_it(now):
    make_jobs(now, 1)
    [job] = take(now)
    assert release(job, state="failed")
    job.refresh_from_db()
    assert (job.leased_by, job.leased_until, job.state) == ("", None, "failed")


def test_who_lost_the_lease_neither_releases_nor_extends(now):
    make_jobs(now, 1)
    [old] = take(now, "a")
    take(later(now, minutes=5), "b")
    assert not release(old, state="failed")
    assert not extend(old, now=later(now, minutes=5), lease_s=60)
    held = Job.objects.get()
    assert (held.leased_by, held.state) == ("b", "waiting")


def test_extended_lease_lasts_longer(now):
    make_jobs(now, 1)
    [job] = take(now, "a")
    assert extend(job, now=later(now, seconds=30), lease_s=60)
    assert take(later(now, seconds=80), "b") == []


def test_nothing_free_opens_no_transaction(now, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert take(now) == []
