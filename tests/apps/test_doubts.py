"""An order of which nobody can tell whether it was carried out, and never will, is a person's at once."""

from datetime import UTC, datetime, timedelta

import pytest

from parvis.channels.models import EffectState
from parvis.channels.retries import Run, plan_after_reading_failed
from parvis.core.connector import FindOwn
from parvis.core.errors import OutcomeUnknown, TimedOut

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def _find(session, order):
    return None


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (OutcomeUnknown(host="x"), EffectState.NEEDS_PERSON),
        (TimedOut(host="x", limit_s="15"), EffectState.UNSURE),
    ],
)
def test_looking_that_can_never_tell_ends_with_a_person_and_one_that_failed_goes_on(error, state):
    run = Run(
        settle=FindOwn(find=_find), counted_tries=1, trying_since=NOON, started_at=NOON - timedelta(minutes=1), host="x"
    )
    plan = plan_after_reading_failed(error, run, now=NOON)
    assert (plan.state, plan.is_in_doubt) == (state, state == EffectState.NEEDS_PERSON)
