"""Somebody who saves something does not wait for long work to end, whichever database there is."""

import statistics

import pytest

from parvis.testing.processes import own_database, run_at_once

LONG_WORK = """
import time
from datetime import UTC, datetime
from django.db import transaction
from parvis.jobs.models import Job
from parvis.jobs.work import advance, job_kind, run_jobs, start_job

@job_kind("heavy")
def step(job, *, now):
    with transaction.atomic():
        advance(job, cursor={}, done=1)
        time.sleep(0.06)
    return False

start_job("heavy", member_id=None, params={}, now=datetime.now(UTC))
until = time.monotonic() + 9
while time.monotonic() < until:
    run_jobs("me", datetime.now(UTC))
print(Job.objects.get().done_count)
"""
SOMEBODY = """
import time
from datetime import UTC, datetime
from parvis.jobs.live import tell

time.sleep(1)
waits = []
for _ in range(40):
    began = time.monotonic()
    tell("note", now=datetime.now(UTC))
    waits.append(time.monotonic() - began)
    time.sleep(0.1)
print(" ".join(f"{wait:.4f}" for wait in waits))
"""
CHOICE = """
import os
from pathlib import Path
try:
    (Path(os.environ["PARVIS_DATA"]) / "first").mkdir()
except FileExistsError:
    exec({somebody!r})
else:
    exec({long_work!r})
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_who_writes_beside_long_work_waits_no_longer_than_a_step_or_two(tmp_path):
    code = CHOICE.format(long_work=LONG_WORK, somebody=SOMEBODY)
    told = run_at_once(code, own_database(tmp_path), count=2)
    done, waits = sorted(told, key=lambda line: len(line.split()))
    seconds = sorted(float(wait) for wait in waits.split())
    assert statistics.median(seconds) < 0.2, seconds
    assert seconds[int(len(seconds) * 0.95)] < 0.3, seconds
    assert int(done) > 40
