"""Releasing and following: each leaves once at its time, a hold wins, what half left goes on where it stopped."""

import threading
import uuid

import pytest
from django.db import connection
from tests.apps.delivering import deliver, platform
from tests.apps.publishing import (
    fail_after,
    only_publication,
    parts_of,
    planned,
    posting_channel,
    run,
    state_of,
    written,
)

from parvis.channels.chains import order_parts
from parvis.channels.models import Channel, ChannelState, Effect, EffectState
from parvis.channels.outbox import give_up_effect
from parvis.core.connector import AskPerson, Can
from parvis.core.errors import BadInput, NotAllowed, NothingToDo, OutcomeUnknown, TooLate
from parvis.core.post import Medium, Part
from parvis.jobs.models import LiveEvent
from parvis.orgs.audit import verify
from parvis.orgs.crisis import decide_held, pause, unpause
from parvis.orgs.models import AuditEntry, HeldBack, HeldDecision, Notice
from parvis.publishing.following import follow
from parvis.publishing.models import HeldBy, Post, PostState, Publication, PublicationState
from parvis.publishing.queries import publication_for, publications_of
from parvis.publishing.releasing import next_due_at, release_due
from parvis.publishing.services import cancel, give_up, hold, publish_now, resume, retry, settle
from parvis.testing.clock import MONDAY, later
from parvis.testing.simulated import POSTS, UPLOADS
from parvis.testing.simulator import Fault

DUE = later(MONDAY, hours=1)
THREAD = {"thread": ("part two", "part three")}


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def channel(far, cast):
    return posting_channel(far, cast.news)


@pytest.fixture
def post(cast, channel, now):
    return written(cast.camille, cast.news, [channel], now=now)


def ready(cast, channel, now, **fields):
    """Planned for DUE."""
    post = written(cast.camille, cast.news, [channel], now=now, **fields)
    planned(post, cast.camille, at=DUE, now=now)
    return post


def test_it_leaves_at_its_time_and_not_before(far, cast, post, now):
    planned(post, cast.camille, at=DUE, now=now)
    run(later(DUE, seconds=-1))
    assert far.books.replies == [] and next_due_at() == DUE
    run(DUE)
    publication = only_publication()
    assert far.books.texts() == ["Good morning"]
    assert (publication.state, state_of(post)) == (PublicationState.DONE, PostState.OUT)
    assert (publication.released_at, publication.done_at) == (DUE, DUE)
    assert publication.remote_id == "comment:10000" and publication.url.endswith("/10000")
    run(later(DUE, hours=1))
    assert len(far.books.replies) == 1 and next_due_at() is None


def test_trail_and_open_pages_learn_each_step(cast, post, now):
    planned(post, cast.camille, at=DUE, now=now)
    run(DUE)
    publication = only_publication()
    trail = AuditEntry.objects.filter(subject="publication", subject_key=str(publication.key)).order_by("pk")
    assert [entry.action for entry in trail] == ["publication.plan", "publication.release", "publication.done"]
    states = LiveEvent.objects.filter(kind="publication", subject_key=publication.pk).order_by("pk")
    assert [event.facts["state"] for event in states] == ["planned", "released", "done"]
    assert LiveEvent.objects.filter(kind="post", facts__state="out").exists()
    assert not list(verify())


def test_thread_media_and_comment_leave_in_their_order(far, cast, channel, now):
    media = tuple(Medium(path=f"{n}.png", name=f"{n}.png", mime="image/png", size_bytes=3, alt="a") for n in (1, 2))
    ready(cast, channel, now, media=media, comment="the first comment", **THREAD)
    run(DUE)
    said = [(reply.text, reply.parent) for reply in far.books.replies]
    assert sorted(said[:2]) == [("1.png", UPLOADS), ("2.png", UPLOADS)]
    first = far.books.replies[2].number
    assert said[2:] == [
        ("Good morning", POSTS), ("part two", first), ("part three", first + 1), ("the first comment", first)
    ]  # fmt: skip
    assert state_of(only_publication()) == PublicationState.DONE


def test_second_of_three_that_fails_twice_neither_doubles_the_first_nor_loses_the_third(far, cast, channel, now):
    post = ready(cast, channel, now, **THREAD)
    release_due(now=DUE)
    fail_after(far, 1, Fault.BROKEN_BEFORE, Fault.CUT_BEFORE)
    deliver(DUE)
    assert far.books.texts() == ["Good morning"]
    follow(now=DUE)
    assert (state_of(only_publication()), state_of(post)) == (PublicationState.RELEASED, PostState.LEAVING)
    assert only_publication().url, "what is there can be looked at"
    for minutes in (10, 30, 90):
        run(later(DUE, minutes=minutes))
    assert far.books.texts() == ["Good morning", "part two", "part three"]
    assert (state_of(only_publication()), state_of(post)) == (PublicationState.DONE, PostState.OUT)


def test_part_that_is_refused_needs_a_person_and_goes_on_when_asked(far, cast, channel, now):
    post = ready(cast, channel, now, **THREAD)
    release_due(now=DUE)
    fail_after(far, 1, Fault.REFUSED)
    deliver(DUE)
    follow(now=DUE)
    publication = only_publication()
    assert (publication.state, state_of(post)) == (PublicationState.NEEDS_PERSON, PostState.STUCK)
    assert "this comment is closed" in publication.error["en"]
    assert "needs you" in Notice.objects.get(kind="publication.needs_person", member=cast.camille).title
    with pytest.raises(NotAllowed):
        retry(publication, cast.conrad, now=DUE)
    retry(publication, cast.camille, now=later(DUE, hours=2))
    assert (publication.state, state_of(post)) == (PublicationState.RELEASED, PostState.LEAVING)
    run(later(DUE, hours=2))
    assert far.books.texts() == ["Good morning", "part two", "part three"]
    assert state_of(post) == PostState.OUT and only_publication().error is None


def test_rest_of_a_thread_that_is_given_up_leaves_it_out_and_says_so(far, cast, channel, now):
    post = ready(cast, channel, now, **THREAD)
    release_due(now=DUE)
    fail_after(far, 1, Fault.REFUSED)
    deliver(DUE)
    follow(now=DUE)
    give_up(only_publication(), cast.camille, now=DUE)
    publication = only_publication()
    assert (publication.state, publication.error["code"], state_of(post)) == ("done", "not_whole", PostState.OUT)
    run(later(DUE, hours=48))
    assert far.books.texts() == ["Good morning"]


def test_platform_that_cannot_tell_asks_a_person_who_settles_it(cast, now):
    with platform(publish_settle=AskPerson()) as far:
        channel = posting_channel(far, cast.news)
        post = ready(cast, channel, now, **THREAD)
        release_due(now=DUE)
        fail_after(far, 1, Fault.CUT_AFTER)
        deliver(DUE)
        follow(now=DUE)
        publication = only_publication()
        assert state_of(publication) == PublicationState.NEEDS_PERSON
        with pytest.raises(OutcomeUnknown):
            retry(publication, cast.camille, now=DUE)
        settle(publication, cast.camille, True, now=DUE)
        run(later(DUE, minutes=1))
        assert state_of(publication) == PublicationState.NEEDS_PERSON, "the third does not know what to follow"
        assert far.books.texts() == ["Good morning", "part two"]
        give_up(publication, cast.camille, now=DUE)
        assert state_of(post) == PostState.OUT


def test_held_in_time_nothing_leaves_until_it_is_resumed(far, cast, post, now):
    planned(post, cast.camille, at=DUE, now=now)
    with pytest.raises(NotAllowed):
        hold(post, cast.conrad, now=now)
    halt = hold(post, cast.camille, now=now)
    assert (len(halt.stopped), halt.too_late, post.state) == (1, (), PostState.HELD)
    run(later(DUE, hours=1))
    assert far.books.replies == []
    resume(post, cast.maud, now=later(DUE, hours=2))
    assert post.state == PostState.PLANNED
    run(later(DUE, hours=2))
    assert far.books.texts() == ["Good morning"]


def test_hold_takes_back_what_was_released_and_not_yet_tried(far, cast, post, now):
    planned(post, cast.camille, at=DUE, now=now)
    release_due(now=DUE)
    halt = hold(post, cast.camille, now=DUE)
    assert [one.state for one in halt.stopped] == [PublicationState.HELD] and halt.too_late == ()
    run(later(DUE, hours=1))
    assert far.books.replies == [] and state_of(post) == PostState.HELD
    resume(only_publication(), cast.camille, now=later(DUE, hours=2))
    run(later(DUE, hours=2))
    assert far.books.texts() == ["Good morning"] and state_of(post) == PostState.OUT


def test_hold_of_a_half_sent_thread_says_so_and_resumes_where_it_stopped(far, cast, channel, now):
    post = ready(cast, channel, now, **THREAD)
    release_due(now=DUE)
    fail_after(far, 1, Fault.BROKEN_BEFORE, Fault.BROKEN_BEFORE)
    deliver(DUE)
    assert parts_of(only_publication()) == {"post": "done", "post:2": "waiting", "post:3": "waiting"}
    halt = hold(post, cast.camille, now=DUE)
    assert halt.stopped == halt.too_late == (only_publication(),)
    run(later(DUE, hours=5))
    assert far.books.texts() == ["Good morning"] and state_of(post) == PostState.HELD
    resume(post, cast.camille, now=later(DUE, hours=6))
    run(later(DUE, hours=6))
    assert far.books.texts() == ["Good morning", "part two", "part three"]
    assert [reply.parent for reply in far.books.replies] == [POSTS, 10000, 10001]
    assert (state_of(post), only_publication().error) == (PostState.OUT, None)


def test_hold_while_a_call_is_under_way_stops_the_rest_and_whatever_comes_back(far, cast, channel, now):
    post = ready(cast, channel, now, **THREAD)
    release_due(now=DUE)
    Effect.objects.filter(name="post").update(
        state=EffectState.SENDING, try_count=1, next_try_at=None, leased_by="w", leased_until=later(DUE, minutes=2)
    )
    halt = hold(post, cast.camille, now=DUE)
    assert halt.stopped == halt.too_late == (only_publication(),)
    Effect.objects.filter(name="post").update(  # it clearly did not happen, and would be tried again
        state=EffectState.WAITING, next_try_at=later(DUE, minutes=1), leased_by="", leased_until=None, is_followed=False
    )
    follow(now=DUE)
    run(later(DUE, hours=5))
    assert far.books.replies == [] and state_of(post) == PostState.HELD
    resume(post, cast.camille, now=later(DUE, hours=6))
    run(later(DUE, hours=6))
    assert far.books.texts() == ["Good morning", "part two", "part three"]


def test_resumed_while_a_part_is_still_open_the_rest_waits_for_it(far, cast, channel, now):
    post = ready(cast, channel, now, **THREAD)
    release_due(now=DUE)
    sending = {"state": EffectState.SENDING, "try_count": 1, "next_try_at": None, "leased_by": "w"}
    Effect.objects.filter(name="post").update(**sending, leased_until=later(DUE, minutes=2))
    hold(post, cast.camille, now=DUE)
    resume(post, cast.camille, now=DUE)
    deliver(DUE)
    assert far.books.replies == []
    run(later(DUE, minutes=3))
    run(later(DUE, minutes=4))
    assert far.books.texts() == ["Good morning", "part two", "part three"] and state_of(post) == PostState.OUT


def test_hold_that_comes_too_late_says_so_and_changes_nothing(far, cast, post, now):
    publish_now(post, cast.camille, now=now)
    Effect.objects.update(state=EffectState.SENDING, try_count=1, next_try_at=None, leased_by="w", leased_until=DUE)
    with pytest.raises(TooLate):
        hold(post, cast.camille, now=now)
    assert state_of(post) == PostState.LEAVING
    run(later(DUE, seconds=1))
    run(later(DUE, hours=1))
    assert far.books.texts() == ["Good morning"]
    with pytest.raises(TooLate):
        hold(post, cast.camille, now=later(DUE, hours=2))
    with pytest.raises(NothingToDo):
        resume(post, cast.camille, now=later(DUE, hours=2))


def test_one_channel_is_held_while_the_others_leave(far, cast, channel, now):
    other = posting_channel(far, cast.news)
    post = written(cast.camille, cast.news, [channel, other], now=now)
    first, second = planned(post, cast.camille, at=DUE, now=now).publications
    hold(second, cast.camille, now=now)
    run(DUE)
    assert (state_of(first), state_of(second), state_of(post)) == ("done", "held", PostState.HELD)
    cancel(second, cast.camille, now=DUE)
    assert (state_of(second), state_of(post)) == ("cancelled", PostState.OUT)
    assert len(far.books.replies) == 1


def test_cancelled_post_never_leaves_and_a_half_sent_one_stays_as_it_is(far, cast, channel, now):
    quiet = ready(cast, channel, now, text="one")
    cancel(quiet, cast.camille, now=now)
    assert state_of(quiet) == PostState.CANCELLED
    half = ready(cast, channel, now, **THREAD)
    release_due(now=DUE)
    fail_after(far, 1, Fault.REFUSED)
    deliver(DUE)
    follow(now=DUE)
    cancel(half, cast.camille, now=DUE)
    run(later(DUE, hours=5))
    assert far.books.texts() == ["Good morning"] and state_of(half) == PostState.OUT
    assert half.publications.get().error["code"] == "not_whole"


def test_crisis_holds_back_what_comes_due_until_somebody_decides(far, cast, post, channel, now):
    planned(post, cast.camille, at=DUE, now=now)
    pause([cast.news], cast.maud, room_key=1, now=now)
    run(DUE)
    held = HeldBack.objects.get()
    publication = only_publication()
    assert (held.kind, held.key, held.title) == ("publication", str(publication.key), "Good morning")
    assert (publication.state, publication.held_by, state_of(post)) == ("held", HeldBy.CRISIS, PostState.HELD)
    with pytest.raises(BadInput, match="crisis"):
        resume(post, cast.camille, now=DUE)
    unpause(cast.maud, room_key=1, now=later(DUE, minutes=5))
    run(later(DUE, minutes=6))
    assert far.books.replies == [], "it does not leave by itself afterwards"
    decide_held(held, cast.maud, HeldDecision.RELEASE, now=later(DUE, minutes=7))
    run(later(DUE, minutes=8))
    assert far.books.texts() == ["Good morning"] and state_of(post) == PostState.OUT


def test_what_a_crisis_drops_is_cancelled(far, cast, post, now):
    planned(post, cast.camille, at=DUE, now=now)
    pause(None, cast.stella, room_key=1, now=now)
    run(DUE)
    decide_held(HeldBack.objects.get(), cast.stella, HeldDecision.DROP, now=DUE)
    unpause(cast.stella, room_key=1, now=DUE)
    run(later(DUE, minutes=1))
    assert far.books.replies == [] and state_of(post) == PostState.CANCELLED


def test_pause_of_the_channels_own_department_holds_back_too(far, cast, now):
    elsewhere = posting_channel(far, cast.sport)
    post = written(cast.olive, cast.news, [elsewhere], now=now)
    planned(post, cast.olive, at=DUE, now=now)
    pause([cast.sport], cast.olive, room_key=1, now=now)
    run(DUE)
    assert far.books.replies == [] and state_of(post) == PostState.HELD


def test_pause_does_not_hold_what_a_person_sends_now(far, cast, post, now):
    pause([cast.news], cast.maud, room_key=1, now=now)
    publish_now(post, cast.camille, now=now)
    run(now)
    assert far.books.texts() == ["Good morning"] and state_of(post) == PostState.OUT


@pytest.mark.parametrize(
    "change", [{"state": ChannelState.PAUSED}, {"can": []}, {"connector": "gone"}, {"removed_at": DUE}]
)
def test_channel_that_no_longer_fits_needs_a_person_and_holds_up_nobody(change, far, cast, channel, now):
    other = posting_channel(far, cast.news)
    post = written(cast.camille, cast.news, [channel, other], now=now)
    planned(post, cast.camille, at=DUE, now=now)
    Channel.objects.filter(pk=channel.pk).update(**change)
    run(DUE)
    first, second = Publication.objects.order_by("pk")
    assert (first.state, second.state, state_of(post)) == ("needs_person", "done", PostState.STUCK)
    assert first.error["en"] and first.error["fr"]
    Channel.objects.filter(pk=channel.pk).update(
        state="active", can=["publish"], connector="simulated", removed_at=None
    )
    retry(first, cast.camille, now=later(DUE, hours=1))
    run(later(DUE, hours=1))
    assert state_of(first) == "done" and state_of(post) == PostState.OUT and len(far.books.replies) == 2


def test_connector_that_breaks_on_one_publication_holds_up_nobody(far, cast, channel, now, monkeypatch):
    other = posting_channel(far, cast.news)
    post = written(cast.camille, cast.news, [channel, other], now=now)
    planned(post, cast.camille, at=DUE, now=now)
    Channel.objects.filter(pk=channel.pk).update(facts={"most": "no number"})
    run(DUE)
    assert [one.state for one in Publication.objects.order_by("pk")] == ["needs_person", "done"]


def test_stray_effects_are_followed_once_and_not_for_ever(far, cast, channel, now):
    part = Part(name="post", can=Can.PUBLISH, body={"text": "x", "after": "", "media": []}, step=0)
    order_parts(channel, [part], chain=uuid.uuid4(), member=None, now=now, due_at=now)
    deliver(now)
    assert (follow(now=now), follow(now=now)) == (1, 0)


def test_publications_and_their_parts_are_seen_only_where_the_department_is(far, cast, post, now):
    planned(post, cast.camille, at=DUE, now=now)
    run(DUE)
    (progress,) = publications_of(post)
    assert [part.name for part in progress.parts] == ["post"] and not progress.is_behind
    key = progress.publication.pk
    assert publication_for(cast.anna, key) and publication_for(cast.sam, key) is None


def test_effect_given_up_in_the_outbox_is_followed(far, cast, post, now):
    publish_now(post, cast.camille, now=now)
    give_up_effect(Effect.objects.get(), cast.camille, now=now)
    follow(now=now)
    assert (state_of(only_publication()), state_of(post)) == ("cancelled", PostState.CANCELLED)


def test_many_due_at_once_leave_each_once(far, cast, now):
    channels = [posting_channel(far, cast.news) for _ in range(5)]
    for number in range(20):
        post = written(cast.camille, cast.news, channels, now=now, text=f"Number {number} of the {uuid.uuid4()}")
        planned(post, cast.camille, at=DUE, now=now)
    assert [release_due(now=DUE, limit=60), release_due(now=DUE, limit=60), release_due(now=DUE)] == [60, 40, 0]
    assert Effect.objects.count() == 100 == Effect.objects.values("chain").distinct().count()
    assert set(Post.objects.values_list("state", flat=True)) == {PostState.LEAVING}


def test_due_ones_are_found_by_their_index(cast, post, now, django_assert_max_num_queries):
    planned(post, cast.camille, at=DUE, now=now)
    due = Publication.objects.filter(state=PublicationState.PLANNED, due_at__lte=now).order_by("due_at")
    if connection.vendor == "sqlite":
        assert "publication_due" in due.explain()
    with django_assert_max_num_queries(2):
        assert release_due(now=now) == 0


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time: nothing happens at once"
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(6))
def test_hold_against_a_release_at_the_same_moment_ends_held_and_unsent(attempt, far, cast, channel, now):
    posts = [ready(cast, channel, now, text=f"Number {number} {uuid.uuid4()}") for number in range(12)]
    faults = at_once(
        lambda: [hold(post, cast.camille, now=DUE) for post in Post.objects.order_by("pk")],
        lambda: [release_due(now=DUE, limit=3) for _ in range(8)],
    )
    assert faults == []
    assert set(Publication.objects.values_list("state", flat=True)) == {PublicationState.HELD}
    run(later(DUE, hours=1))
    assert far.books.replies == []
    for post in posts:
        resume(post, cast.camille, now=later(DUE, hours=2))
    run(later(DUE, hours=2))
    assert len(far.books.replies) == 12 == len(set(far.books.texts()))


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time: nothing happens at once"
)
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_release_at_the_same_moment_release_each_once(far, cast, channel, now):
    for number in range(30):
        ready(cast, channel, now, text=f"Number {number} {uuid.uuid4()}")
    work = [lambda: [release_due(now=DUE, limit=4) for _ in range(20)]] * 3
    assert at_once(*work) == []
    assert Effect.objects.count() == 30 == Effect.objects.values("chain").distinct().count()


def at_once(*works):
    """Runs each in a thread of its own, all from the same moment; what went wrong."""
    gate, faults = threading.Barrier(len(works)), []

    def run_one(work):
        try:
            gate.wait(10)
            work()
        except Exception as error:  # noqa: BLE001 - the test's own thread says what went wrong
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run_one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return faults
