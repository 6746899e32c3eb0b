"""A reputation file: what was said stays proven, what we answer is approved to the letter, and no department leaks."""

import pytest

from parvis.core.errors import BadInput, Conflict, FieldMissing, NotAllowed, TextTooLong
from parvis.core.types import Status
from parvis.listening.copying import copy_of
from parvis.listening.files import services
from parvis.listening.files.evidence import add_address, add_item, add_quotation
from parvis.listening.files.queries import file_for, file_history, file_page, file_view, open_files
from parvis.listening.files.services import FileWish, change_file, open_file, set_file_state
from parvis.listening.models import Evidence, FileState, ReputationFile
from parvis.listening.services import Wish, save_query
from parvis.orgs.audit import verify
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_item, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(cast, now):
    return open_file(cast.camille, FileWish(claim="The house deletes comments", department=cast.news), now=now)


@pytest.fixture
def item(cast):
    channel = make_channel(cast.news, name="The site")
    return make_item(
        channel, "They delete everything", title="Scandal", url="https://example.org/1", profile=make_profile(channel, "Lea")
    )  # fmt: skip


def _row(file, member):
    return file_view(file, member).evidence[0]


def test_evidence_says_what_the_item_said_after_it_was_edited_and_after_it_was_deleted(cast, now, file, item):
    found = add_item(file, cast.camille, item, now=now)
    assert (found.title, found.text, found.author) == ("Scandal", "They delete everything", "Lea")
    assert (found.place, found.url, found.said_at) == ("The site", "https://example.org/1", item.published_at)
    assert _row(file, cast.camille).became == ""
    item.text = "Never mind"
    item.save()
    assert _row(file, cast.camille).became == "edited"
    item.status = Status.DELETED
    item.save()
    assert _row(file, cast.camille).became == "gone"
    item.delete()
    row = _row(file, cast.camille)
    assert row.became == "gone"
    assert row.evidence.text == "They delete everything"
    assert row.is_as_written


def test_evidence_that_was_changed_behind_the_desks_back_no_longer_fits_its_hash(cast, now, file, item):
    found = add_item(file, cast.camille, item, now=now)
    Evidence.objects.filter(pk=found.pk).update(text="They are lovely")
    assert not _row(file, cast.camille).is_as_written


def test_the_same_text_is_evidence_once_and_an_edited_one_again(cast, now, file, item):
    first = add_item(file, cast.camille, item, now=now)
    assert add_item(file, cast.anna, item, now=later(now, hours=1)) == first
    item.text = "They delete all of it"
    item.save()
    assert add_item(file, cast.anna, item, now=later(now, hours=2)) != first
    assert Evidence.objects.count() == 2


def test_a_copy_hashes_alike_wherever_its_time_was_read(cast, item):
    from zoneinfo import ZoneInfo

    before = copy_of(item).hash
    item.published_at = item.published_at.astimezone(ZoneInfo("Europe/Zurich"))
    assert copy_of(item).hash == before


def test_addresses_and_quotations_say_who_added_them_and_when(cast, now, file):
    add_address(file, cast.anna, "https://example.org/a", title="A page", why="Began here", now=now)
    add_quotation(file, cast.camille, "  “They lie”, he said.\n", author="A guest", place="On air", now=now)
    first, second = (row.evidence for row in file_view(file, cast.maud).evidence)
    assert (first.url, first.added_by, first.added_at, first.note) == (
        "https://example.org/a",
        cast.anna,
        now,
        "Began here",
    )
    assert (second.text, second.author, second.said_at) == ("“They lie”, he said.", "A guest", None)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "example.org", "https://a b", "", "ftp://x.example"])
def test_an_address_that_a_browser_should_not_open_is_refused(cast, now, file, address):
    with pytest.raises(BadInput):
        add_address(file, cast.camille, address, now=now)
    assert not Evidence.objects.exists()


def test_another_department_sees_nothing_of_it_and_adds_nothing(cast, now, file, item):
    assert file_for(cast.sam, file.pk) is None
    assert file_page(cast.sam)[0] == []
    with pytest.raises(NotAllowed):
        add_quotation(file, cast.sam, "x", now=now)
    other = open_file(cast.sam, FileWish(claim="Of Sport", department=cast.sport), now=now)
    with pytest.raises(NotAllowed):
        add_item(other, cast.sam, item, now=now)


def test_evidence_of_a_department_that_the_reader_does_not_see_is_counted_and_not_shown(cast, now, item):
    shared = open_file(cast.stella, FileWish(claim="Of Sport", department=cast.sport), now=now)
    add_item(shared, cast.stella, item, now=now)
    assert _row(shared, cast.sam).is_hidden
    assert not _row(shared, cast.stella).is_hidden


@pytest.mark.parametrize("who", ["conrad", "sam"])
def test_who_may_not_listen_there_opens_and_changes_no_file(cast, now, file, who):
    person = getattr(cast, who)
    with pytest.raises(NotAllowed):
        open_file(person, FileWish(claim="X", department=cast.news), now=now)
    with pytest.raises(NotAllowed):
        services.write_answer(file, person, "No", now=now)
    with pytest.raises(NotAllowed):
        set_file_state(file, person, FileState.CLOSED, outcome="x", now=now)


def test_a_file_of_the_whole_house_takes_the_whole_house(cast, now):
    with pytest.raises(NotAllowed):
        open_file(cast.maud, FileWish(claim="X", department=None), now=now)
    file = open_file(cast.stella, FileWish(claim="X", department=None), now=now)
    assert file_for(cast.maud, file.pk) is None
    assert file_for(cast.olive, file.pk) == file


def test_an_approval_is_of_one_version_and_of_nobody_without_the_right(cast, now, file):
    first = services.write_answer(file, cast.anna, "We delete what breaks the law.", now=now)
    with pytest.raises(NotAllowed):
        services.approve_answer(first, cast.anna, now=now)
    assert services.approve_answer(first, cast.camille, now=now)
    assert not services.approve_answer(first, cast.maud, now=now)
    services.write_answer(file, cast.anna, "We delete nothing.", now=now)
    view = file_view(file, cast.maud)
    assert [one.number for one in view.answers] == [2, 1]
    assert view.answer.text == "We delete what breaks the law."
    assert view.answer.approved_by == cast.camille


def test_a_file_is_answered_by_an_approved_answer_and_closed_with_an_outcome(cast, now, file):
    with pytest.raises(BadInput):
        set_file_state(file, cast.camille, FileState.ANSWERED, now=now)
    answer = services.write_answer(file, cast.camille, "We do not.", now=now)
    services.approve_answer(answer, cast.maud, now=now)
    assert set_file_state(file, cast.camille, FileState.ANSWERED, now=now)
    assert not set_file_state(file, cast.camille, FileState.ANSWERED, now=now)
    with pytest.raises(FieldMissing):
        set_file_state(file, cast.camille, FileState.CLOSED, now=now)
    assert set_file_state(file, cast.camille, FileState.CLOSED, outcome="Corrected by the paper", now=now)
    with pytest.raises(Conflict):
        set_file_state(file, cast.camille, FileState.ANSWERED, now=now)
    assert set_file_state(file, cast.camille, FileState.OPEN, now=now)
    file.refresh_from_db()
    assert file.outcome == "Corrected by the paper"


def test_nobody_overwrites_anybody(cast, now, file):
    seen = file.revision
    wish = FileWish(claim="The house deletes comments", department=cast.news, position="It does not.")
    assert change_file(file, cast.camille, wish, now=now, revision=seen)
    with pytest.raises(Conflict):
        change_file(file, cast.anna, FileWish(claim="Other", department=cast.news), now=now, revision=seen)
    assert not change_file(file, cast.camille, wish, now=now)
    with pytest.raises(TextTooLong):
        change_file(file, cast.camille, FileWish(claim="x" * 301, department=cast.news), now=now)


def test_a_file_is_given_to_somebody_who_sees_it(cast, now, file):
    services.give_file(file, cast.camille, cast.maud, now=now)
    assert ReputationFile.objects.get().owner == cast.maud
    with pytest.raises(NotAllowed):
        services.give_file(file, cast.camille, cast.sam, now=now)


def test_linked_queries_are_shown_to_who_sees_them_and_counted_for_the_rest(cast, now):
    file = open_file(cast.stella, FileWish(claim="Of Sport", department=cast.sport), now=now)
    query = save_query(cast.stella, Wish(name="Of News", text="radio", department=cast.news), now=now)
    assert services.link(file, cast.stella, query, now=now)
    assert not services.link(file, cast.stella, query, now=now)
    assert file_view(file, cast.stella).queries == [query]
    view = file_view(file, cast.sam)
    assert (view.queries, view.unseen_count) == ([], 1)
    assert services.unlink(file, cast.stella, query, now=now)


def test_its_history_tells_every_step_and_the_trail_holds(cast, now, file, item):
    add_item(file, cast.camille, item, now=now)
    answer = services.write_answer(file, cast.anna, "No.", now=now)
    services.approve_answer(answer, cast.camille, now=now)
    set_file_state(file, cast.camille, FileState.ANSWERED, now=now)
    told = [entry.action for entry in file_history(file)]
    assert told == ["file.state", "file.approve", "file.answer", "file.evidence", "file.open"]
    assert "They delete" not in str([entry.facts for entry in file_history(file)])
    assert list(verify()) == []


def test_closed_files_stand_apart_and_take_nothing_by_one_button(cast, now, file):
    set_file_state(file, cast.camille, FileState.CLOSED, outcome="Over", now=now)
    assert file_page(cast.camille)[0] == []
    assert [one.pk for one in file_page(cast.camille, state="closed")[0]] == [file.pk]
    assert open_files(cast.camille, department_id=cast.news.pk) == []
