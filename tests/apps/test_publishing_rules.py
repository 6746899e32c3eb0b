"""Rules of approval: who counts for a step, in few questions; what is asked falls when the post changes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.apps.publishing import state_of, written
from tests.apps.test_publishing_approvals import change

from parvis.channels.registry import added
from parvis.core.errors import NotAllowed, PostNotFit
from parvis.orgs.rights import Role
from parvis.publishing.approving import own_among, who_could_approve
from parvis.publishing.content import preflight
from parvis.publishing.models import ApprovalKind, PostState, RequestState
from parvis.publishing.queries import approvals_waiting, request_of
from parvis.publishing.rules import Step, may_stand, set_rule, who_may_stand
from parvis.publishing.services import ask_approval, create_post, plan, vote
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_member
from parvis.testing.simulated import simulated


@pytest.fixture(autouse=True)
def platform():
    with added(simulated()):
        yield


@pytest.fixture
def channel(cast):
    return make_channel(cast.news, connector="simulated", can=["upload", "publish"])


@pytest.fixture
def post(cast, channel, now):
    return written(cast.camille, cast.news, [channel], now=now)


def names(people) -> set[str]:
    return {one.name for one in people}


@pytest.mark.parametrize(
    "step",
    [
        Step(), Step(role="manager"), Step(role="community_manager"), Step(role="strategist"),
        Step(guests=("a@example.com",)), Step(role="analyst", count=2),
    ],
)  # fmt: skip
def test_one_by_one_and_all_at_once_agree_on_who_counts(step, cast):
    people = (cast.olive, cast.stella, cast.arthur, cast.maud, cast.camille, cast.anna, cast.conrad, cast.sam)
    one_by_one = {one.name for one in people if may_stand(step, cast.news.pk, one)}
    assert names(who_may_stand(step, cast.news.pk)) == one_by_one


def test_people_who_are_named_count_only_while_they_see_the_department(cast):
    step = Step(members=(cast.anna.pk, cast.sam.pk))
    assert names(who_may_stand(step, cast.news.pk)) == {cast.anna.name}


def test_who_could_approve_leaves_out_writers_and_who_has_answered(cast, post, now):
    mia = make_member("Mia", role=Role.MANAGER, department=cast.news)
    set_rule(cast.news, cast.maud, ApprovalKind.ANY_OF, steps=[Step(role="manager", count=2)], now=now)
    change(post, mia, "By Mia", now)
    request = ask_approval(post, cast.camille, now=now)
    assert names(who_could_approve(request, post)) == {"Maud", "Olive"}
    vote(request, cast.maud, "approve", now=now)
    assert names(who_could_approve(request, post)) == {"Olive"}


def test_own_work_among_many_is_found_in_one_question(cast, channel, now, django_assert_num_queries):
    set_rule(cast.news, cast.maud, "one", now=now)
    rows = []
    for number, member in enumerate((cast.maud, cast.camille, cast.camille)):
        one = written(member, cast.news, [channel], now=now, text=f"Words {number}")
        rows.append(ask_approval(one, member, now=now))
    with django_assert_num_queries(1):
        assert own_among(rows, cast.maud) == {rows[0].pk}
    assert [one.pk for one in approvals_waiting(cast.maud, now=now)] == [rows[1].pk, rows[2].pk]


def test_change_after_approval_lets_it_fall(cast, post, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    vote(ask_approval(post, cast.camille, now=now), cast.maud, "approve", now=now)
    assert state_of(post) == PostState.READY
    change(post, cast.camille, "Other", now)
    assert state_of(post) == PostState.DRAFT
    assert request_of(post).state == RequestState.APPROVED
    assert request_of(post).version < post.version


def test_fault_on_a_channel_that_the_planner_does_not_see_is_not_told_to_them(cast, channel, now):
    hidden = make_channel(cast.sport, connector="simulated", can=[], name="Secret channel")
    post = create_post(cast.olive, cast.news, now=now, title="Both", channels=[channel, hidden])
    with pytest.raises(NotAllowed) as refused:
        plan(post, cast.camille, due_local=later(now, hours=1).replace(tzinfo=None), zone="UTC", now=now)
    assert "Secret channel" not in str(refused.value)
    with pytest.raises(PostNotFit) as told:
        plan(post, cast.olive, due_local=later(now, hours=1).replace(tzinfo=None), zone="UTC", now=now)
    assert "Secret channel" in str(told.value)


def test_check_of_many_channels_asks_hardly_more_than_of_one(cast, channel, now):
    def asked(count):
        channels = [make_channel(cast.news, connector="simulated", can=["publish"]) for _ in range(count)]
        post = written(cast.camille, cast.news, channels, now=now, text=f"For {count} channels")
        with CaptureQueriesContext(connection) as found:
            assert len(preflight(post, now=now, due_at=later(now, hours=1))) == count
        return len(found)

    few = asked(1)
    assert asked(12) <= few + 4
