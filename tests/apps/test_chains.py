"""Parts of one publication: in their order, each once, and what was half sent goes on where it stopped."""

import uuid
from dataclasses import replace

import pytest
from tests.apps.delivering import deliver

from parvis.channels.chains import order_parts
from parvis.channels.models import Effect, EffectState
from parvis.channels.outbox import give_up_effect, retry_effect, settle_by_person, take_back
from parvis.channels.registry import added
from parvis.core.connector import Act, AskPerson, Can, Done, Harmless
from parvis.core.errors import OutcomeUnknown, Refused, TooLate
from parvis.core.post import Part
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.factories import make_channel
from parvis.testing.simulated import simulated

pytestmark = pytest.mark.django_db

PARTS = (
    Part(name="media:1", can=Can.UPLOAD, body={"file": {"path": "assets/a.png", "mime": "image/png", "size_bytes": 3, "name": "a.png"}}, step=0),
    Part(name="media:2", can=Can.UPLOAD, body={}, step=0),
    Part(name="post", can=Can.PUBLISH, body={"text": "one"}, step=1),
    Part(name="post:2", can=Can.PUBLISH, body={"text": "two", "after": "post"}, step=2),
    Part(name="comment", can=Can.PUBLISH, body={"text": "three", "after": "post"}, step=3),
)  # fmt: skip


class Far:
    """A platform that notes what reaches it; `failing` are errors that it gives first, by text."""

    def __init__(self):
        self.calls, self.failing = [], {}

    async def upload(self, session, order):
        self.calls.append(order.file.name if order.file else "no file")
        return Done(remote_id=f"file-{len(self.calls)}", facts={"blob": len(self.calls)})

    async def publish(self, session, order):
        text = order.body["text"]
        if errors := self.failing.get(text):
            raise errors.pop(0)
        after = order.earlier[order.body["after"]].remote_id if "after" in order.body else ""
        files = sorted(part.facts["blob"] for name, part in order.earlier.items() if name.startswith("media"))
        self.calls.append((text, after, files))
        return Done(remote_id=f"id-{text}", url=f"https://far.example/{text}")


@pytest.fixture
def far():
    return Far()


@pytest.fixture(params=[AskPerson(), Harmless()], ids=["asks", "again"])
def settle(request):
    return request.param


@pytest.fixture
def channel(far, settle, cast):
    acts = {
        Can.UPLOAD: Act(perform=far.upload, settle=Harmless()),
        Can.PUBLISH: Act(perform=far.publish, settle=settle),
    }
    with added(replace(simulated(), acts=acts)):
        yield make_channel(cast.news, connector="simulated", can=["upload", "publish"])


@pytest.fixture
def ordered(channel, cast, now):
    return order_parts(channel, PARTS, chain=uuid.uuid4(), member=cast.camille, now=now, due_at=later(now, seconds=10))


def states(effects):
    return {effect.name: Effect.objects.get(pk=effect.pk).state for effect in effects}


def part(effects, name):
    return next(effect for effect in effects if effect.name == name)


def test_parts_leave_step_by_step_and_know_what_came_before(far, ordered, now):
    assert deliver(now) == 0
    assert deliver(later(now, seconds=10)) == 5
    assert sorted(far.calls[:2]) == ["a.png", "no file"]
    assert far.calls[2:] == [("one", "", [1, 2]), ("two", "id-one", [1, 2]), ("three", "id-one", [1, 2])]
    assert set(states(ordered).values()) == {EffectState.DONE}
    assert Effect.objects.get(pk=part(ordered, "post").pk).result_url == "https://far.example/one"
    assert not Effect.objects.filter(is_followed=True).exists()
    told = LiveEvent.objects.filter(kind="effect", facts__chain=str(ordered[0].chain), facts__state="done")
    assert told.count() == 5


def test_what_failed_for_now_is_tried_again_and_the_rest_follows(far, ordered, now):
    far.failing["two"] = [OutcomeUnknown(host="far", maybe_done=False, retry_after_s=30.0)]
    due = later(now, seconds=10)
    deliver(due)
    assert states(ordered) | {"post:2": "waiting", "comment": "waiting"} == states(ordered)
    deliver(later(due, hours=1))
    assert [call[0] for call in far.calls[2:]] == ["one", "two", "three"]
    assert set(states(ordered).values()) == {EffectState.DONE}


def test_refused_part_holds_the_rest_until_a_person_says_again(far, ordered, cast, now):
    far.failing["one"] = [Refused(host="far", status=422)]
    due = later(now, seconds=10)
    deliver(due)
    assert states(ordered)["post"] == EffectState.NEEDS_PERSON
    deliver(later(due, hours=48))
    assert len(far.calls) == 2
    assert AuditEntry.objects.filter(
        action="effect.needs_person", subject="publication", subject_key=str(ordered[0].chain)
    ).exists()
    retry_effect(Effect.objects.get(pk=part(ordered, "post").pk), cast.camille, now=later(due, hours=48))
    deliver(later(due, hours=48))
    assert [call[0] for call in far.calls[2:]] == ["one", "two", "three"]


def test_given_up_part_takes_with_it_what_needed_it(far, ordered, cast, now):
    far.failing["two"] = [Refused(host="far", status=422)]
    due = later(now, seconds=10)
    deliver(due)
    give_up_effect(Effect.objects.get(pk=part(ordered, "post:2").pk), cast.camille, now=due)
    deliver(later(due, hours=48))
    found = states(ordered)
    assert (found["post"], found["post:2"], found["comment"]) == ("done", "cancelled", "cancelled")
    assert [call[0] for call in far.calls[2:]] == ["one"]


def test_nothing_leaves_after_it_was_taken_back_in_time(far, ordered, now):
    assert take_back(ordered, now=now) == 5
    assert deliver(later(now, hours=48)) == 0
    assert far.calls == []


def test_taken_back_too_late_says_so_and_changes_nothing(far, ordered, now):
    far.failing["two"] = [OutcomeUnknown(host="far", maybe_done=False, retry_after_s=3000.0)]
    deliver(later(now, seconds=10))
    before = states(ordered)
    with pytest.raises(TooLate):
        take_back(ordered, now=later(now, seconds=20))
    assert states(ordered) == before


def test_part_in_doubt_that_happened_lets_the_rest_go_on(far, ordered, settle, cast, now):
    far.failing["two"] = [OutcomeUnknown(host="far", maybe_done=True, retry_after_s=1.0)]
    due = later(now, seconds=10)
    deliver(due)
    effect = Effect.objects.get(pk=part(ordered, "post:2").pk)
    if isinstance(settle, AskPerson):
        assert (effect.state, effect.is_in_doubt) == (EffectState.NEEDS_PERSON, True)
        settle_by_person(effect, cast.camille, True, now=due)
    deliver(later(due, hours=1))
    assert set(states(ordered).values()) == {EffectState.DONE}
    sent = [call[0] for call in far.calls[2:]]
    assert sent == (["one", "three"] if isinstance(settle, AskPerson) else ["one", "two", "three"])
