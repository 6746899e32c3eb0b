"""What is out is taken down: the last part first, gone when the platform says so, and a person asked where it does not."""

import pytest
from tests.apps.delivering import platform
from tests.apps.publishing import fail_after, parts_of, planned, posting_channel, run, state_of, written

from parvis.channels.models import Effect, Item
from parvis.core.connector import Can
from parvis.core.errors import Conflict, FieldMissing, NotAllowed, NothingToDo, NotOffered, TooLate
from parvis.core.types import Status
from parvis.orgs.models import AuditEntry
from parvis.publishing.models import PostState, Publication, PublicationState, ReadBack
from parvis.publishing.services import give_up, hold, retry
from parvis.publishing.withdrawing import keep_up, why_not, withdraw, withdraw_everywhere
from parvis.testing.clock import later
from parvis.testing.factories import make_item
from parvis.testing.simulator import Fault

CAN = ["upload", "publish", "withdraw"]


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def channel(far, cast):
    return posting_channel(far, cast.news, can=CAN)


def out(cast, channels, now, **fields) -> Publication:
    """A post that has left."""
    post = written(cast.camille, cast.news, channels, now=now, **fields)
    planned(post, cast.camille, at=later(now, minutes=5), now=now)
    run(later(now, minutes=5))
    return Publication.objects.filter(post=post).order_by("pk").first()


def gone(at):
    """After the time to take it back."""
    return later(at, seconds=60)


def test_taken_down_it_is_gone_there_and_says_so(far, cast, channel, now):
    publication = out(cast, [channel], now)
    at = later(now, hours=1)
    withdraw(publication, cast.camille, now=at, reason="Wrong date")
    assert state_of(publication) == PublicationState.DONE
    assert far.books.texts() == ["Good morning"]
    run(gone(at))
    assert far.books.texts() == []
    assert state_of(publication) == PublicationState.WITHDRAWN
    assert state_of(publication.post) == PostState.OUT
    facts = AuditEntry.objects.get(action="publication.withdraw").facts
    assert facts["reason"] == "Wrong date"
    assert AuditEntry.objects.filter(action="publication.withdrawn").exists()
    assert ReadBack.objects.get().next_at is None


def test_thread_is_taken_down_from_its_end(far, cast, channel, now):
    publication = out(cast, [channel], now, thread=("two", "three"), comment="first comment")
    numbers = {one.text: one.number for one in far.books.replies}
    at = later(now, hours=1)
    withdraw(publication, cast.camille, now=at, reason="Wrong")
    for seconds in range(60, 64):
        run(later(at, seconds=seconds))
    order = [int(write.split()[1]) for write in far.books.writes if write.startswith("gone")]
    assert order == [numbers[text] for text in ("first comment", "three", "two", "Good morning")]
    assert state_of(publication) == PublicationState.WITHDRAWN


def test_its_item_here_is_shown_as_gone(far, cast, channel, now):
    publication = out(cast, [channel], now)
    item = make_item(channel, "Good morning", remote_id=publication.remote_id)
    at = later(now, hours=1)
    withdraw(publication, cast.camille, now=at, reason="Wrong")
    run(gone(at))
    assert Item.objects.get(pk=item.pk).remote_status == Status.DELETED


def test_it_can_be_taken_back_until_it_leaves(far, cast, channel, now):
    publication = out(cast, [channel], now, thread=("two",))
    at = later(now, hours=1)
    withdraw(publication, cast.camille, now=at, reason="Wrong")
    assert keep_up(publication, cast.camille, now=later(at, seconds=2)) == 2
    run(gone(at))
    assert far.books.texts() == ["Good morning", "two"]
    assert state_of(publication) == PublicationState.DONE
    withdraw(publication, cast.camille, now=later(at, hours=1), reason="Wrong after all")
    run(later(at, hours=2))
    run(later(at, hours=2, seconds=1))
    assert state_of(publication) == PublicationState.WITHDRAWN
    with pytest.raises(NothingToDo):
        keep_up(publication, cast.camille, now=later(at, hours=3))


def test_too_late_to_take_back_says_so(far, cast, channel, now):
    publication = out(cast, [channel], now, thread=("two",))
    at = later(now, hours=1)
    withdraw(publication, cast.camille, now=at, reason="Wrong")
    fail_after(far, 0, Fault.BROKEN_BEFORE)
    run(gone(at))
    with pytest.raises(TooLate):
        keep_up(publication, cast.camille, now=later(at, seconds=61))


def test_part_that_is_refused_needs_a_person_and_goes_on_when_asked(far, cast, channel, now):
    publication = out(cast, [channel], now, thread=("two",))
    at = later(now, hours=1)
    withdraw(publication, cast.camille, now=at, reason="Wrong")
    fail_after(far, 0, Fault.REFUSED)
    run(gone(at))
    assert state_of(publication) == PublicationState.NEEDS_PERSON
    assert "closed" in publication.error["en"]
    assert state_of(publication.post) == PostState.STUCK
    assert far.books.texts() == ["Good morning", "two"]
    retry(publication, cast.camille, now=later(at, minutes=2))
    run(later(at, minutes=2))
    run(later(at, minutes=3))
    assert far.books.texts() == []
    assert state_of(publication) == PublicationState.WITHDRAWN
    assert state_of(publication.post) == PostState.OUT


def test_half_taken_down_and_given_up_says_that_a_part_is_still_there(far, cast, channel, now):
    publication = out(cast, [channel], now, thread=("two",))
    at = later(now, hours=1)
    withdraw(publication, cast.camille, now=at, reason="Wrong")
    fail_after(far, 1, Fault.REFUSED)
    run(gone(at))
    run(later(at, seconds=61))
    give_up(publication, cast.camille, now=later(at, minutes=2))
    assert state_of(publication) == PublicationState.DONE
    assert publication.error["code"] == "still_there"
    assert far.books.texts() == ["Good morning"]
    withdraw(publication, cast.camille, now=later(at, minutes=3), reason="Again")
    run(later(at, minutes=5))
    assert state_of(publication) == PublicationState.WITHDRAWN


def test_half_sent_thread_that_was_given_up_is_taken_down_as_far_as_it_went(far, cast, channel, now):
    fail_after(far, 1, Fault.REFUSED)
    publication = out(cast, [channel], now, thread=("two", "three"))
    run(later(now, minutes=6))
    give_up(publication, cast.camille, now=later(now, minutes=7))
    assert state_of(publication) == PublicationState.DONE
    withdraw(publication, cast.camille, now=later(now, minutes=8), reason="Half of it is worse")
    run(later(now, minutes=10))
    assert state_of(publication) == PublicationState.WITHDRAWN
    assert far.books.texts() == []


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.BROKEN_AFTER, Fault.CUT_BEFORE])
def test_unknown_outcome_is_asked_again_and_harms_nothing(fault, far, cast, channel, now):
    publication = out(cast, [channel], now)
    at = later(now, hours=1)
    withdraw(publication, cast.camille, now=at, reason="Wrong")
    fail_after(far, 0, fault)
    run(gone(at))
    for minutes in (10, 20, 60):
        run(later(at, minutes=minutes))
    assert state_of(publication) == PublicationState.WITHDRAWN
    assert far.books.texts() == []


def test_everywhere_takes_down_where_it_can_and_says_where_it_stays(far, cast, channel, now):
    other = posting_channel(far, cast.news, can=CAN, name="Second")
    fixed = posting_channel(far, cast.news, can=["publish"], name="Fixed")
    publication = out(cast, [channel, other, fixed], now)
    at = later(now, hours=1)
    done = withdraw_everywhere(publication.post, cast.camille, now=at, reason="Wrong")
    assert {one.channel_id for one in done.ordered} == {channel.pk, other.pk}
    assert [(one.channel.name, "account" in why.en) for one, why in done.left] == [("Fixed", True)]
    assert Effect.objects.filter(can=Can.WITHDRAW).values("batch").distinct().count() == 1
    run(gone(at))
    assert sorted(publication.post.publications.values_list("state", flat=True)) == ["done", "withdrawn", "withdrawn"]


def test_without_reason_right_or_offer_nothing_is_taken_down(far, cast, channel, now):
    publication = out(cast, [channel], now)
    with pytest.raises(FieldMissing):
        withdraw(publication, cast.camille, now=now, reason=" ")
    for member in (cast.conrad, cast.anna, cast.sam):
        with pytest.raises(NotAllowed):
            withdraw(publication, member, now=now, reason="Wrong")
    channel.can = ["publish"]
    channel.save()
    with pytest.raises((Conflict, NotOffered)):
        withdraw(publication, cast.camille, now=now, reason="Wrong")
    assert not Effect.objects.filter(can=Can.WITHDRAW).exists()


def test_why_it_cannot_be_is_said_by_what_is_missing(far, channel):
    assert why_not(channel) is None
    channel.can = ["publish"]
    assert "account" in why_not(channel).en
    channel.can, channel.state = CAN, "paused"
    assert "switched off" in why_not(channel).en


def test_what_is_not_out_cannot_be_taken_down(far, cast, channel, now):
    post = written(cast.camille, cast.news, [channel], now=now)
    planned(post, cast.camille, at=later(now, minutes=5), now=now)
    publication = Publication.objects.get()
    with pytest.raises(NothingToDo):
        withdraw(publication, cast.camille, now=now, reason="Wrong")
    with pytest.raises(NothingToDo):
        withdraw_everywhere(post, cast.camille, now=now, reason="Wrong")
    hold(post, cast.camille, now=now)
    assert parts_of(publication) == {}


def test_twice_ordered_it_is_taken_down_once(far, cast, channel, now):
    publication = out(cast, [channel], now)
    withdraw(publication, cast.camille, now=later(now, hours=1), reason="Wrong")
    with pytest.raises(NothingToDo):
        withdraw(publication, cast.maud, now=later(now, hours=1), reason="Wrong")
    assert Effect.objects.filter(can=Can.WITHDRAW).count() == 1
