"""A real worker process: rules look by themselves, and what they tell leaves through Apprise and stops with the worker."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from tests.apps.receiver import receiving
from tests.worker.box import slowness, stop, wait_until

from parvis.core.query.document import Document
from parvis.listening.alerts.learning import Terms
from parvis.listening.alerts.rules import RuleWish, add_rule
from parvis.listening.models import AlertEpisode
from parvis.listening.services import Wish, save_query
from parvis.orgs.models import Notice, NoticeState
from parvis.orgs.notices.routes import add_route
from parvis.testing.factories import make_channel
from parvis.testing.heard import put_items

pytestmark = pytest.mark.slow


@pytest.fixture
def _same_trail(box, settings):
    """The worker goes on with the trail that the test begins."""
    shutil.copy(settings.DATA_DIR / "audit-key", box.data / "audit-key")


@pytest.mark.usefixtures("_same_trail")
def test_items_that_arrive_end_as_a_notice_over_there(box, people):
    now = datetime.now(UTC) - timedelta(minutes=1)
    with receiving() as receiver:
        add_route(people.camille, kind="apprise", address=f"json://{receiver.host}/", name="Phone", now=now)
        query = save_query(people.camille, Wish(name="Climate", text="climat", department=people.news), now=now)
        wish = RuleWish(terms=Terms(kind="threshold", threshold=3), members=[people.camille])
        add_rule(query, people.camille, wish, now=now)
        worker = box.worker()
        documents = [Document(f"climat {number}", published_at=now) for number in range(5)]
        put_items(make_channel(people.news), documents, at=now, is_heard=False)
        wait_until(lambda: len(receiver.taken) == 2, what="the test and the alert")
        assert [one["title"] for one in receiver.taken] == ["A test from Parvis", "Climate: more than the limit"]
        assert AlertEpisode.objects.get().signs.count() == 1
        wait_until(
            lambda: Notice.objects.filter(state=NoticeState.SENT).count() == 2, what="both to be written down as sent"
        )
        assert stop(worker) < 5 * slowness()
    assert "Traceback" not in box.log()
    assert receiver.host not in box.log()


def test_a_notice_whose_worker_was_killed_is_sent_by_the_next(box, people):
    now = datetime.now(UTC) - timedelta(minutes=10)
    with receiving() as receiver:
        add_route(people.camille, kind="apprise", address=f"json://{receiver.host}/", name="Phone", now=now)
        dead = {"leased_by": "gone", "leased_until": now + timedelta(minutes=5)}
        Notice.objects.update(**dead)
        assert box.worker(once=True).wait(90) == 0
    assert [one["title"] for one in receiver.taken] == ["A test from Parvis"]
    assert Notice.objects.get().state == NoticeState.SENT
