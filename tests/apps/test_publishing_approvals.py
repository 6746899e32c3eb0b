"""Approvals: by the department's rule, for one version, never one's own, by members or by a guest's link."""

import msgspec
import pytest
from tests.apps.publishing import planned, state_of, written

from parvis.channels.registry import added
from parvis.core.errors import BadInput, Conflict, FieldMissing, LinkSpent, NotAllowed
from parvis.core.post import Content
from parvis.orgs.models import AuditEntry, Notice
from parvis.orgs.rights import Role
from parvis.publishing.models import (
    ApprovalRequest,
    ApprovalVote,
    GuestLink,
    PostState,
    PostVersion,
    RequestState,
)
from parvis.publishing.queries import approvals_waiting, request_of
from parvis.publishing.services import (
    Step,
    ask_approval,
    expire_requests,
    guest_view,
    guest_vote,
    invite_guest,
    plan,
    save_draft,
    set_rule,
    vote,
    withdraw_approval,
    withdraw_guest,
)
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_member
from parvis.testing.simulated import simulated

GUEST = "client@example.com"


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


@pytest.fixture
def mia(cast):
    """A second manager of News."""
    return make_member("Mia", role=Role.MANAGER, department=cast.news)


def rule(cast, kind, now, **more):
    return set_rule(cast.news, cast.maud, kind, now=now, **more)


def change(post, member, text, now):
    content = msgspec.structs.replace(msgspec.convert(post.content, Content), text=text)
    variants = {one.channel_id: {"changes": one.changes, "is_on": one.is_on} for one in post.variants.all()}
    return save_draft(post, member, base_version=post.version, content=content, variants=variants, now=now)


def test_without_a_rule_asking_makes_it_ready(cast, post, now):
    assert ask_approval(post, cast.conrad, now=now) is None
    assert post.state == PostState.READY


def test_one_approval_makes_it_ready_and_who_asked_is_told(cast, post, now):
    rule(cast, "one", now)
    request = ask_approval(post, cast.camille, now=now, note="please look")
    assert (post.state, request.state) == (PostState.REVIEW, RequestState.OPEN)
    asked = Notice.objects.get(kind="approval.asked", member=cast.maud)
    assert "Good morning" in asked.title and "please look" in asked.text
    assert not Notice.objects.filter(kind="approval.asked", member__in=[cast.camille, cast.anna, cast.sam]).exists()
    assert approvals_waiting(cast.maud, now=now) == [request] and approvals_waiting(cast.anna, now=now) == []
    vote(request, cast.maud, "approve", now=now)
    assert state_of(post) == PostState.READY
    assert Notice.objects.filter(kind="approval.approved", member=cast.camille).count() == 1
    assert approvals_waiting(cast.maud, now=now) == []


def test_what_is_not_approved_is_not_planned(cast, post, now):
    rule(cast, "one", now)
    with pytest.raises(BadInput, match="approval"):
        planned(post, cast.camille, at=later(now, hours=1), now=now)
    vote(ask_approval(post, cast.camille, now=now), cast.maud, "approve", now=now)
    assert planned(post, cast.camille, at=later(now, hours=1), now=now).publications


def test_only_who_may_approve_can(cast, post, now):
    rule(cast, "one", now)
    request = ask_approval(post, cast.conrad, now=now)
    for member in (cast.anna, cast.conrad, cast.sam, cast.arthur):
        with pytest.raises(NotAllowed):
            vote(request, member, "approve", now=now)
    vote(request, cast.stella, "approve", now=now)


def test_nobody_approves_their_own_last_change_under_any_rule(cast, post, mia, now):
    rule(cast, "one", now)
    change(post, cast.maud, "by Maud", now)
    request = ask_approval(post, cast.camille, now=now)
    with pytest.raises(NotAllowed, match="own last change"):
        vote(request, cast.maud, "approve", now=now)
    assert approvals_waiting(cast.maud, now=now) == [] and approvals_waiting(mia, now=now) == [request]
    vote(request, mia, "approve", now=now)
    assert state_of(post) == PostState.READY


def test_under_four_eyes_nobody_approves_what_they_wrote_in_or_asked_for(cast, post, mia, now):
    rule(cast, "four_eyes", now)
    change(post, cast.maud, "by Maud", now)
    change(post, cast.camille, "by Camille", now)
    request = ask_approval(post, cast.stella, now=now)
    for member in (cast.maud, cast.stella):
        with pytest.raises(NotAllowed):
            vote(request, member, "approve", now=now)
    vote(request, mia, "approve", now=now)
    assert state_of(post) == PostState.READY


def test_several_approve_in_their_order(cast, post, mia, now):
    steps = [Step(name="Desk", members=(cast.conrad.pk,)), Step(name="Head", role=Role.MANAGER)]
    rule(cast, "in_order", now, steps=steps)
    request = ask_approval(post, cast.camille, now=now)
    with pytest.raises(NotAllowed):
        vote(request, cast.maud, "approve", now=now)
    vote(request, cast.conrad, "approve", now=now)
    assert (state_of(post), request.step) == (PostState.REVIEW, 1)
    assert Notice.objects.filter(kind="approval.asked", member=mia).exists()
    vote(request, mia, "approve", now=now)
    assert state_of(post) == PostState.READY


def test_any_two_of_a_group_are_two_different_people(cast, post, mia, now):
    group = (cast.maud.pk, mia.pk, cast.conrad.pk)
    rule(cast, "any_of", now, steps=[Step(members=group, count=2)])
    request = ask_approval(post, cast.camille, now=now)
    vote(request, cast.maud, "approve", now=now)
    with pytest.raises(Conflict):
        vote(request, cast.maud, "approve", now=now)
    assert state_of(post) == PostState.REVIEW
    vote(request, cast.conrad, "approve", now=now)
    assert state_of(post) == PostState.READY
    with pytest.raises(Conflict):
        vote(request, mia, "approve", now=now)


def test_refusal_says_why_and_gives_the_draft_back(cast, post, now):
    rule(cast, "one", now)
    request = ask_approval(post, cast.camille, now=now)
    with pytest.raises(FieldMissing):
        vote(request, cast.maud, "refuse", now=now)
    assert not ApprovalVote.objects.exists()
    vote(request, cast.maud, "refuse", now=now, note="too long")
    assert (state_of(post), request.state) == (PostState.DRAFT, RequestState.REFUSED)
    assert "too long" in Notice.objects.get(kind="approval.refused").text


def test_change_after_asking_takes_the_request_back(cast, post, now):
    rule(cast, "one", now)
    request = ask_approval(post, cast.camille, now=now)
    change(post, cast.camille, "other words", later(now, minutes=1))
    assert (state_of(post), state_of(request)) == (PostState.DRAFT, RequestState.WITHDRAWN)
    with pytest.raises(Conflict):
        vote(request, cast.maud, "approve", now=now)
    first = PostVersion.objects.get(number=1)
    assert first.is_pinned and not first.is_amended, "what was asked for stays as it was"


def test_change_after_approval_needs_another_approval(cast, post, now):
    rule(cast, "one", now)
    vote(ask_approval(post, cast.camille, now=now), cast.maud, "approve", now=now)
    change(post, cast.camille, "other words", now)
    assert state_of(post) == PostState.DRAFT
    with pytest.raises(BadInput):
        planned(post, cast.camille, at=later(now, hours=1), now=now)


def test_planned_post_that_is_changed_leaves_as_it_was_approved(cast, post, now):
    rule(cast, "one", now)
    vote(ask_approval(post, cast.camille, now=now), cast.maud, "approve", now=now)
    frozen = planned(post, cast.camille, at=later(now, hours=1), now=now).publications[0]
    change(post, cast.camille, "not approved", now)
    assert state_of(post) == PostState.PLANNED
    frozen.refresh_from_db()
    assert frozen.content["text"] == "Good morning"
    with pytest.raises(BadInput):
        planned(post, cast.camille, at=later(now, hours=2), now=now)
    vote(ask_approval(post, cast.camille, now=now), cast.maud, "approve", now=now)
    planned(post, cast.camille, at=later(now, hours=2), now=now)
    frozen.refresh_from_db()
    assert (frozen.content["text"], frozen.due_at) == ("not approved", later(now, hours=2))


def test_expired_request_says_so_and_gives_the_draft_back(cast, post, now):
    rule(cast, "one", now, expires_h=24)
    request = ask_approval(post, cast.camille, now=now)
    after = later(now, hours=24)
    with pytest.raises(Conflict, match="expired"):
        vote(request, cast.maud, "approve", now=after)
    assert approvals_waiting(cast.maud, now=after) == []
    assert (expire_requests(now=later(now, hours=23)), expire_requests(now=after), expire_requests(now=after)) == (
        0,
        1,
        0,
    )
    assert (state_of(post), state_of(request)) == (PostState.DRAFT, RequestState.EXPIRED)
    with pytest.raises(Conflict, match="expired"):
        vote(request, cast.maud, "approve", now=after)
    assert Notice.objects.filter(kind="approval.expired", member=cast.camille).exists()
    assert ask_approval(post, cast.camille, now=after).state == RequestState.OPEN


def test_rule_that_changes_does_not_change_what_was_asked(cast, post, mia, now):
    rule(cast, "any_of", now, steps=[Step(role=Role.MANAGER, count=2)])
    request = ask_approval(post, cast.camille, now=now)
    rule(cast, "one", now)
    vote(request, cast.maud, "approve", now=now)
    assert state_of(post) == PostState.REVIEW


def test_withdrawn_request_is_over(cast, post, now):
    rule(cast, "one", now)
    request = ask_approval(post, cast.camille, now=now)
    with pytest.raises(Conflict):
        ask_approval(post, cast.camille, now=now)
    assert withdraw_approval(post, cast.conrad, now=now)
    assert (post.state, request_of(post).state) == (PostState.DRAFT, RequestState.WITHDRAWN)
    with pytest.raises(Conflict):
        vote(request, cast.maud, "approve", now=now)


def test_rule_is_made_by_who_manages_people_and_makes_sense(cast, now):
    for member in (cast.camille, cast.conrad, cast.sam):
        with pytest.raises(NotAllowed):
            set_rule(cast.news, member, "one", now=now)
    for bad in (
        {"kind": "nonsense"},
        {"kind": "any_of", "steps": [Step(members=(cast.maud.pk,), count=2)]},
        {"kind": "any_of", "steps": [Step(members=(cast.sam.pk,))]},
        {"kind": "one", "steps": [Step(role="boss")]},
        {"kind": "one", "steps": [Step(), Step()]},
        {"kind": "one", "expires_h": 0},
        {"kind": "one", "steps": [Step(guests=("nobody",))]},
    ):
        with pytest.raises(BadInput):
            rule(cast, bad.pop("kind"), now, **bad)


def guests(cast, now):
    rule(cast, "one", now, steps=[Step(guests=(GUEST,))], expires_h=48)


def test_guest_approves_by_a_link_once(cast, post, now):
    guests(cast, now)
    request = ask_approval(post, cast.camille, now=now, note="for you")
    link, token = invite_guest(request, cast.camille, name="Clara Client", email=GUEST, now=now)
    assert token not in link.token_hash
    view = guest_view(token, now=now)
    assert (view.version.content["text"], view.asked_by, view.note) == ("Good morning", "Camille", "for you")
    guest_vote(token, "approve", now=now)
    assert state_of(post) == PostState.READY
    assert ApprovalVote.objects.values_list("guest_name", "guest_email", "member").get() == (
        "Clara Client",
        GUEST,
        None,
    )
    with pytest.raises(LinkSpent):
        guest_vote(token, "approve", now=now)
    with pytest.raises(LinkSpent):
        guest_view(token, now=now)


def test_guest_link_ends_with_its_time_its_request_and_its_successor(cast, post, now):
    guests(cast, now)
    request = ask_approval(post, cast.camille, now=now)
    _, old = invite_guest(request, cast.camille, name="Clara", email=GUEST, now=now)
    link, token = invite_guest(request, cast.camille, name="Clara", email=GUEST, now=now)
    for wrong, at in ((old, now), ("nonsense", now), (token, later(now, hours=48))):
        with pytest.raises(LinkSpent):
            guest_view(wrong, now=at)
    change(post, cast.camille, "changed", now)
    with pytest.raises(LinkSpent):
        guest_vote(token, "approve", now=now)
    with pytest.raises(LinkSpent):
        withdraw_guest(GuestLink.objects.order_by("pk")[0], cast.camille, now=now)
    withdraw_guest(link, cast.camille, now=now)


def test_guest_whom_the_rule_does_not_name_is_invited_only_by_who_could_approve(cast, post, now):
    rule(cast, "one", now)
    request = ask_approval(post, cast.camille, now=now)
    with pytest.raises(NotAllowed):
        invite_guest(request, cast.camille, name="A friend", email="friend@example.com", now=now)
    with pytest.raises(BadInput):
        invite_guest(request, cast.maud, name="Anna", email=cast.anna.email, now=now)
    _, token = invite_guest(request, cast.maud, name="A friend", email="friend@example.com", now=now)
    guest_vote(token, "refuse", now=now, note="no")
    assert state_of(post) == PostState.DRAFT


def test_own_last_change_cannot_be_approved_through_a_guest(cast, post, now):
    rule(cast, "one", now)
    change(post, cast.maud, "by Maud", now)
    request = ask_approval(post, cast.camille, now=now)
    with pytest.raises(NotAllowed):
        invite_guest(request, cast.maud, name="A friend", email="friend@example.com", now=now)


def test_approvals_are_on_the_trail_and_seen_only_where_the_department_is(cast, post, now):
    guests(cast, now)
    request = ask_approval(post, cast.camille, now=now)
    invite_guest(request, cast.camille, name="Clara", email=GUEST, now=now)
    trail = AuditEntry.objects.filter(subject="post", subject_key=str(post.pk))
    assert set(trail.values_list("action", flat=True)) >= {"post.create", "approval.ask", "approval.invite"}
    assert GUEST not in str(list(trail.values_list("facts", flat=True)))
    for model in (ApprovalRequest, GuestLink):
        assert model.objects.visible_to(cast.anna).exists() and not model.objects.visible_to(cast.sam).exists()


def test_plan_needs_the_right_to_publish(cast, post, now):
    for member in (cast.conrad, cast.anna, cast.sam):
        with pytest.raises(NotAllowed):
            plan(post, member, due_local=now.replace(tzinfo=None), zone="UTC", now=now)
