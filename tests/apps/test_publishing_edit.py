"""What is out is changed there: only what may be, after its approval, and the words here are new once they are there."""

import msgspec
import pytest
from tests.apps.delivering import platform
from tests.apps.publishing import fail_after, planned, posting_channel, run, state_of, written

from parvis.core.errors import BadInput, Conflict, NotAllowed, NothingToDo, NotOffered, PostNotFit
from parvis.core.post import Content
from parvis.publishing.approving import vote
from parvis.publishing.editing import drop_edit, edit_out, edits_of, open_edit_of, release_edits
from parvis.publishing.models import EditState, PostVersion, Publication, PublicationEdit, PublicationState
from parvis.publishing.queries import request_of
from parvis.publishing.services import give_up, set_rule
from parvis.publishing.withdrawing import withdraw
from parvis.publishing.written import as_content
from parvis.testing.clock import later
from parvis.testing.simulator import Fault

CAN = ["upload", "publish", "edit", "withdraw"]


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def publication(far, cast, now):
    channel = posting_channel(far, cast.news, can=CAN)
    post = written(cast.camille, cast.news, [channel], now=now, thread=("two",))
    planned(post, cast.camille, at=later(now, minutes=5), now=now)
    run(later(now, minutes=5))
    run(later(now, minutes=5, seconds=1))
    return Publication.objects.get()


def changed(publication, **fields) -> Content:
    return msgspec.structs.replace(as_content(publication.content), **fields)


def text_of(publication) -> str:
    publication.refresh_from_db()
    return publication.content["text"]


def test_changed_words_are_there_and_then_here(far, cast, publication, now):
    at = later(now, hours=1)
    edit = edit_out(publication, cast.camille, changed(publication, text="Good evening"), now=at)
    assert (edit.state, text_of(publication)) == (EditState.ORDERED, "Good morning")
    run(later(at, seconds=60))
    assert far.books.texts() == ["Good evening", "two"]
    assert text_of(publication) == "Good evening"
    assert state_of(publication) == PublicationState.DONE
    assert (state_of(edit), publication.version) == (EditState.DONE, edit.version)
    version = PostVersion.objects.get(post=publication.post, number=edit.version)
    assert version.variants[str(publication.channel_id)]["changes"] == {"text": "Good evening"}
    assert version.is_pinned


def test_only_the_part_that_reads_otherwise_is_sent(far, cast, publication, now):
    at = later(now, hours=1)
    edit_out(publication, cast.camille, changed(publication, thread=("two and a half",)), now=at)
    run(later(at, seconds=60))
    assert far.books.texts() == ["Good morning", "two and a half"]
    assert sum(far.books.writes[one] for one in far.books.writes if one.startswith("edit")) == 1


def test_what_the_platform_keeps_as_it_is_cannot_be_changed(cast, publication, now):
    with pytest.raises(BadInput, match="comment"):
        edit_out(publication, cast.camille, changed(publication, comment="more"), now=now)
    with pytest.raises(NothingToDo):
        edit_out(publication, cast.camille, changed(publication), now=now)
    with pytest.raises(PostNotFit):
        edit_out(publication, cast.camille, changed(publication, text="x" * 501), now=now)
    for member in (cast.conrad, cast.sam):
        with pytest.raises(NotAllowed):
            edit_out(publication, member, changed(publication, text="x"), now=now)
    publication.channel.can = ["publish"]
    publication.channel.save()
    with pytest.raises(NotOffered):
        edit_out(publication, cast.camille, changed(publication, text="x"), now=now)
    assert "account" in edits_of(publication.channel).why_not.en
    assert not PublicationEdit.objects.exists()


def test_change_waits_for_approval_by_the_departments_rule_and_not_by_its_writer(far, cast, publication, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    at = later(now, hours=1)
    edit = edit_out(publication, cast.camille, changed(publication, text="Good evening"), now=at)
    assert edit.state == EditState.WAITING
    run(later(at, seconds=60))
    assert release_edits(now=later(at, minutes=1)) == 0
    assert far.books.texts() == ["Good morning", "two"]
    request = request_of(publication.post)
    with pytest.raises(NotAllowed):
        vote(request, cast.camille, "approve", now=later(at, minutes=2))
    vote(request, cast.maud, "approve", now=later(at, minutes=2))
    assert release_edits(now=later(at, minutes=3)) == 1
    run(later(at, minutes=3))
    assert far.books.texts() == ["Good evening", "two"]
    assert state_of(edit) == EditState.DONE


def test_writer_who_may_approve_does_not_approve_their_own_change(cast, publication, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    edit_out(publication, cast.maud, changed(publication, text="Good evening"), now=now)
    with pytest.raises(NotAllowed):
        vote(request_of(publication.post), cast.maud, "approve", now=now)


def test_refused_change_leaves_everything_as_it_was(far, cast, publication, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    edit = edit_out(publication, cast.camille, changed(publication, text="Good evening"), now=now)
    vote(request_of(publication.post), cast.maud, "refuse", now=now, note="No")
    assert release_edits(now=now) == 1
    assert state_of(edit) == EditState.REFUSED
    assert publication.post.variants.get().changes == {}
    assert text_of(publication) == "Good morning"
    assert release_edits(now=now) == 0


def test_change_is_taken_back_before_it_leaves(far, cast, publication, now):
    at = later(now, hours=1)
    edit = edit_out(publication, cast.camille, changed(publication, text="Good evening"), now=at)
    drop_edit(publication, cast.camille, now=at)
    run(later(at, minutes=2))
    assert (state_of(edit), far.books.texts()) == (EditState.CANCELLED, ["Good morning", "two"])
    assert publication.post.variants.get().changes == {}
    with pytest.raises(NothingToDo):
        drop_edit(publication, cast.camille, now=at)
    assert state_of(publication) == PublicationState.DONE


def test_change_that_waits_for_approval_is_taken_back_with_its_request(cast, publication, now):
    set_rule(cast.news, cast.maud, "one", now=now)
    edit = edit_out(publication, cast.camille, changed(publication, text="Good evening"), now=now)
    with pytest.raises(Conflict):
        edit_out(publication, cast.camille, changed(publication, text="Good night"), now=now)
    drop_edit(publication, cast.camille, now=now)
    assert state_of(edit) == EditState.CANCELLED
    assert request_of(publication.post).state == "withdrawn"
    assert open_edit_of(publication) is None


def test_refused_by_the_platform_it_needs_a_person_and_given_up_the_old_words_stand(far, cast, publication, now):
    at = later(now, hours=1)
    edit = edit_out(publication, cast.camille, changed(publication, text="Good evening"), now=at)
    fail_after(far, 0, Fault.REFUSED)
    run(later(at, seconds=60))
    assert state_of(publication) == PublicationState.NEEDS_PERSON
    give_up(publication, cast.camille, now=later(at, minutes=2))
    assert state_of(publication) == PublicationState.DONE
    assert (state_of(edit), text_of(publication)) == (EditState.CANCELLED, "Good morning")
    assert publication.post.variants.get().changes == {}


def test_taking_down_wins_against_a_change_that_has_not_left(far, cast, publication, now):
    at = later(now, hours=1)
    edit = edit_out(publication, cast.camille, changed(publication, text="Good evening"), now=at)
    withdraw(publication, cast.camille, now=at, reason="Wrong")
    run(later(at, seconds=60))
    run(later(at, seconds=61))
    assert state_of(publication) == PublicationState.WITHDRAWN
    assert state_of(edit) == EditState.CANCELLED
    with pytest.raises(NothingToDo):
        edit_out(publication, cast.camille, changed(publication, text="x"), now=later(at, hours=1))


def test_answer_that_is_lost_changes_nothing_twice(far, cast, publication, now):
    at = later(now, hours=1)
    edit_out(publication, cast.camille, changed(publication, text="Good evening"), now=at)
    fail_after(far, 0, Fault.CUT_AFTER)
    for minutes in (1, 10, 60):
        run(later(at, minutes=minutes))
    assert (far.books.texts(), text_of(publication)) == (["Good evening", "two"], "Good evening")
