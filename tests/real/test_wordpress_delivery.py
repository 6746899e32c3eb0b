"""Orders carried out by real worker processes on a real WordPress, one of them killed at each step; WordPress counts."""

import html
import signal
import uuid
from datetime import UTC, datetime

import pytest
from tests.real.conftest import Clerk
from tests.worker.box import drop_template, make_template, opened_box, stop, wait_until

from parvis.channels.models import OPEN_EFFECT_STATES, Effect, EffectState
from parvis.channels.outbox import order
from parvis.channels.vault import seal
from parvis.core.connector import Can
from parvis.jobs.steps import STEPS
from parvis.testing.cast import make_cast
from parvis.testing.factories import make_channel, make_item

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


@pytest.fixture
def desk(box, wordpress):
    """A channel on the site, with three held comments of an article of this test's own."""
    clerk = Clerk(wordpress, wordpress.admin)
    people = make_cast()
    username, password = wordpress.admin
    channel = make_channel(
        people.news,
        address=wordpress.root,
        sealed_credentials=seal({"username": username, "password": password}),
        facts={"user_id": "1"},
    )
    post = clerk.post()
    items = [
        make_item(channel, status="held", remote_id=f"comment:{clerk.comment(post)}", about_remote_id=f"post:{post}")
        for _ in range(3)
    ]
    return clerk, people, post, items


def number_of(item):
    return int(item.remote_id.partition(":")[2])


def replies_there(clerk, post, item):
    rows = clerk("GET", f"comments?post={post}&parent={number_of(item)}&status=any&context=edit&per_page=100")
    return sorted(html.unescape(row["content"]["raw"]) for row in rows)


def status_there(clerk, item):
    return clerk("GET", f"comments/{number_of(item)}?context=edit")["status"]


@pytest.mark.parametrize(
    "step", ["", *(step for step in STEPS if step.startswith("deliver.") and "finding" not in step)]
)
def test_wordpress_did_each_thing_once_wherever_the_worker_died(step, box, desk):
    clerk, people, post, (kept, answered, refused) = desk
    said = f"Merci « beaucoup » — {uuid.uuid4()}"
    now = datetime.now(UTC)
    order(kept, Can.APPROVE, member=people.camille, now=now)
    order(answered, Can.APPROVE, member=people.camille, now=now)
    order(answered, Can.REPLY, member=people.camille, now=now, text=said)
    order(refused, Can.TRASH, member=people.camille, now=now)
    if step:
        assert box.worker(lease_s=20, die_at=step).wait(90) == -signal.SIGKILL
        Effect.objects.filter(state=EffectState.SENDING).update(leased_until=datetime.now(UTC))
    heir = box.worker(lease_s=60)
    wait_until(
        lambda: not Effect.objects.filter(state__in=OPEN_EFFECT_STATES).exists(),
        timeout_s=90,
        what=list(Effect.objects.values_list("can", "state", "error")),
    )
    stop(heir)
    assert set(Effect.objects.values_list("state", flat=True)) == {EffectState.DONE}
    assert [status_there(clerk, item) for item in (kept, answered, refused)] == ["approved", "approved", "trash"]
    assert replies_there(clerk, post, answered) == [said]
    reply = Effect.objects.get(can="reply")
    assert reply.result_remote_id.startswith("comment:")
    assert reply.channel.items.filter(remote_id=reply.result_remote_id).count() == 1


def test_refusal_by_wordpress_comes_back_in_words(box, desk):
    clerk, people, _, (item, *_) = desk
    clerk("DELETE", f"comments/{number_of(item)}?force=true")
    effect = order(item, Can.APPROVE, member=people.camille, now=datetime.now(UTC))
    worker = box.worker(lease_s=60)
    wait_until(lambda: Effect.objects.get(pk=effect.pk).state == EffectState.NEEDS_PERSON)
    stop(worker)
    effect.refresh_from_db()
    assert effect.error["code"] == "remote_gone"
    assert effect.error["fr"] and effect.error["en"]


def test_wrong_password_stops_the_channel_and_keeps_its_orders(box, desk):
    clerk, people, _, (item, *_) = desk
    channel = item.channel
    right = channel.sealed_credentials
    channel.sealed_credentials = seal({"username": "admin", "password": "wrong wrong wrong"})
    channel.save()
    effect = order(item, Can.APPROVE, member=people.camille, now=datetime.now(UTC))
    worker = box.worker(lease_s=60)
    wait_until(lambda: type(channel).objects.get(pk=channel.pk).state == "needs_person")
    assert Effect.objects.get(pk=effect.pk).state == EffectState.WAITING
    type(channel).objects.filter(pk=channel.pk).update(state="active", sealed_credentials=right)
    wait_until(lambda: Effect.objects.get(pk=effect.pk).state == EffectState.DONE)
    stop(worker)
    assert status_there(clerk, item) == "approved"
