"""Reputation files on the screen: filled with one button, printed whole, and shown to nobody of another department."""

import pytest
from django.urls import reverse
from tests.web.test_query_counts import MOST_QUERIES, count_queries

from parvis.core.query.document import Document
from parvis.inbox.models import Conversation
from parvis.listening.ears import Ears
from parvis.listening.files import services
from parvis.listening.files.evidence import add_item, add_quotation
from parvis.listening.files.services import FileWish, open_file
from parvis.listening.hearing import hear_new_items
from parvis.listening.models import Evidence, ReputationFile, Story
from parvis.listening.services import Wish, save_query
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item
from parvis.testing.heard import put_items

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday(monkeypatch, now):
    monkeypatch.setattr("parvis.web.clock.now", lambda: later(now, hours=1))


@pytest.fixture
def channel(cast):
    return make_channel(cast.news)


@pytest.fixture
def file(cast, now):
    return open_file(cast.camille, FileWish(claim="They <b>delete</b>", department=cast.news), now=now)


def _signed_in(client, member):
    client.force_login(member, backend="parvis.orgs.asking.Backend")
    return client


def _page(client, name, *args):
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_file_is_opened_from_a_match_with_it_as_its_first_evidence(client, cast, channel, now):
    query = save_query(cast.camille, Wish(name="Deletes", text="delete", department=cast.news), now=now)
    [item] = put_items(channel, [Document("They delete <everything>", author="Lea")], at=now, is_heard=False)
    hear_new_items(Ears(), now=now)
    _signed_in(client, cast.camille)
    assert reverse("item-keep", args=[item.pk]) in _page(client, "query", query.pk)
    assert f"{reverse('file-new')}?item={item.pk}" in _page(client, "item-keep", item.pk)
    form = client.get(reverse("file-new"), {"item": item.pk}).content.decode()
    assert "They delete &lt;everything&gt;" in form
    answer = client.post(
        reverse("file-new"), {"claim": "They delete", "department": str(cast.news.pk), "item": item.pk}
    )
    file = ReputationFile.objects.get()
    assert answer.headers["Location"] == reverse("file", args=[file.pk])
    assert Evidence.objects.get().text == "They delete <everything>"
    assert "They delete &lt;everything&gt;" in _page(client, "file", file.pk)


def test_one_button_adds_what_was_found_from_a_match_and_from_a_conversation(client, cast, channel, file):
    item = make_item(channel, "They delete all of it")
    conversation = make_conversation(item)
    _signed_in(client, cast.camille)
    assert reverse("item-keep", args=[item.pk]) in _page(client, "talk", conversation.pk)
    choices = client.get(reverse("item-keep", args=[item.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in choices
    assert reverse("file-evidence", args=[file.pk]) in choices
    for _ in range(2):
        client.post(reverse("file-evidence", args=[file.pk]), {"kind": "item", "item": item.pk})
    assert Evidence.objects.count() == 1


def test_who_assigns_nothing_still_keeps_what_they_see(client, cast, channel, file):
    conversation = make_conversation(make_item(channel, "They delete"))
    _signed_in(client, cast.anna)
    assert reverse("item-keep", args=[conversation.root_id]) in _page(client, "talk", conversation.pk)
    offered = _page(client, "item-keep", conversation.root_id)
    assert reverse("file-evidence", args=[file.pk]) in offered
    assert reverse("item-assign", args=[conversation.root_id]) not in offered
    assert client.post(
        reverse("item-assign", args=[conversation.root_id]), {"assignee": cast.camille.pk}
    ).status_code == 403  # fmt: skip


def test_a_match_is_assigned_with_one_button_and_its_conversation_is_opened_for_it(client, cast, channel):
    item = make_item(channel, "They delete")
    _signed_in(client, cast.camille)
    for _ in range(2):
        client.post(reverse("item-assign", args=[item.pk]), {"assignee": cast.maud.pk})
    assert Conversation.objects.get().assignee == cast.maud
    assert client.post(reverse("item-assign", args=[item.pk]), {"assignee": cast.sam.pk}).status_code == 404


def test_an_edited_and_a_deleted_original_are_told_apart(client, cast, channel, file, now):
    edited, gone = make_item(channel, "First words"), make_item(channel, "Last words")
    for item in (edited, gone):
        add_item(file, cast.camille, item, now=now)
    edited.text, gone.status = "Other words", "deleted"
    edited.save()
    gone.save()
    page = _page(_signed_in(client, cast.conrad), "file", file.pk)
    assert all(word in page for word in ("First words", "Last words", "edited since", "gone since"))
    assert "Other words" not in page


def test_another_department_meets_no_trace_of_it(client, cast, channel, file, now):
    item = make_item(channel, "secret of News")
    add_item(file, cast.camille, item, now=now)
    services.write_answer(file, cast.camille, "No.", now=now)
    _signed_in(client, cast.sam)
    assert "delete" not in _page(client, "files")
    for name in ("file", "file-print", "file-history", "file-change", "file-links"):
        assert client.get(reverse(name, args=[file.pk])).status_code == 404
    for name in ("file-state", "file-evidence", "file-answer", "file-links"):
        answer = client.post(reverse(name, args=[file.pk]), {"state": "closed", "outcome": "x", "text": "x"})
        assert answer.status_code == 404
    assert client.post(reverse("file-approve", args=[file.pk, 1])).status_code == 404
    assert client.get(reverse("item-keep", args=[item.pk])).status_code == 404
    assert "secret" not in client.get(reverse("file-new"), {"item": item.pk}).content.decode()
    own = open_file(cast.sam, FileWish(claim="Own", department=cast.sport), now=now)
    answer = client.post(reverse("file-evidence", args=[own.pk]), {"kind": "item", "item": item.pk})
    assert answer.status_code == 404


def test_addresses_and_quotations_are_typed_and_a_wrong_one_is_given_back(client, cast, file):
    _signed_in(client, cast.camille)
    add = reverse("file-evidence", args=[file.pk])
    client.post(add, {"kind": "address", "address": "https://example.org/a", "why": "It began here"})
    client.post(
        add, {"kind": "quotation", "text": "“They lie”", "author": "A guest", "said_at": "2026-11-16T07:30"}
    )  # fmt: skip
    page = _page(client, "file", file.pk)
    assert all(word in page for word in ("https://example.org/a", "It began here", "“They lie”", "A guest"))
    long = "javascript:alert(1)//" + "x" * 60
    answer = client.post(add, {"kind": "address", "address": long})
    assert answer.status_code == 422
    assert long in answer.content.decode()
    assert client.post(add, {"kind": "quotation", "text": "x", "said_at": "yesterday"}).status_code == 422


def test_an_answer_is_versioned_approved_and_closes_the_file(client, cast, file):
    _signed_in(client, cast.anna)
    client.post(reverse("file-answer", args=[file.pk]), {"text": "We do not."})
    assert client.post(reverse("file-approve", args=[file.pk, 1])).status_code == 403
    _signed_in(client, cast.camille)
    assert client.post(reverse("file-state", args=[file.pk]), {"state": "answered"}).status_code == 422
    client.post(reverse("file-approve", args=[file.pk, 1]))
    client.post(reverse("file-state", args=[file.pk]), {"state": "answered"})
    page = _page(client, "file", file.pk)
    assert "approved by Camille" in page
    assert "written by Anna" in page
    assert client.post(reverse("file-state", args=[file.pk]), {"state": "closed"}).status_code == 422
    client.post(reverse("file-state", args=[file.pk]), {"state": "closed", "outcome": "The paper corrected it."})
    assert "The paper corrected it." in _page(client, "file", file.pk)
    assert "They &lt;b&gt;" not in _page(client, "files")
    assert "They &lt;b&gt;" in client.get(reverse("files"), {"state": "closed"}).content.decode()
    assert "marked" not in _page(client, "file-history", file.pk)
    assert "approved an answer" in _page(client, "file-history", file.pk)


def test_it_is_changed_given_on_and_a_later_change_is_not_overwritten(client, cast, file):
    _signed_in(client, cast.camille)
    given = {
        "claim": "They delete", "department": str(cast.news.pk), "position": "No", "revision": file.revision,
        "owner": cast.maud.pk,
    }  # fmt: skip
    client.post(reverse("file-change", args=[file.pk]), given)
    file.refresh_from_db()
    assert (file.claim, file.owner) == ("They delete", cast.maud)
    answer = client.post(reverse("file-change", args=[file.pk]), {**given, "claim": "Mine"})
    assert answer.status_code == 422
    assert "Mine" in answer.content.decode()


def test_the_printed_page_has_everything_on_it(client, cast, channel, file, now):
    item = make_item(channel, "They delete", url="https://example.org/c1")
    proof = add_item(file, cast.camille, item, now=now)
    answer = services.write_answer(file, cast.anna, "We do not.", now=now)
    services.approve_answer(answer, cast.camille, now=now)
    page = _page(_signed_in(client, cast.conrad), "file-print", file.pk)
    told = ("They delete", "https://example.org/c1", proof.hash, "We do not.", "Anna", "approved by", "News")
    assert all(word in page for word in told)
    assert 'class="rail"' not in page
    Evidence.objects.update(text="They do not")
    assert "no longer fits its seal" in _page(client, "file-print", file.pk)


def test_queries_and_stories_are_linked_among_what_one_sees(client, cast, channel, file, now):
    query = save_query(cast.camille, Wish(name="Deletes", text="delete", department=cast.news), now=now)
    other = save_query(cast.sam, Wish(name="Goals", text="goal", department=cast.sport), now=now)
    _signed_in(client, cast.camille)
    offered = _page(client, "file-links", file.pk)
    assert "Deletes" in offered
    assert "Goals" not in offered
    links = reverse("file-links", args=[file.pk])
    assert client.post(links, {"query": other.pk}).status_code == 404
    client.post(links, {"query": query.pk})
    assert "Deletes" in _page(client, "file", file.pk)
    client.post(links, {"query": query.pk, "drop": "1"})
    assert not file.queries.exists()


def test_empty_states_say_what_will_be_here(client, cast, file):
    _signed_in(client, cast.sam)
    assert "No claim is on file" in _page(client, "files")
    assert reverse("file-new") in _page(client, "files")
    _signed_in(client, cast.conrad)
    assert reverse("file-new") not in _page(client, "files")
    assert "None yet" in _page(client, "file", file.pk)


@pytest.mark.parametrize("who", ["olive", "camille"])
def test_pages_of_a_full_file_take_few_queries(client, cast, channel, file, now, who):
    for number in range(20):
        item = make_item(channel, f"They delete {number}")
        add_item(file, cast.camille, item, now=now)
        add_quotation(file, cast.anna, f"Quotation {number}", now=now)
        services.write_answer(file, cast.anna, f"No {number}", now=now)
        query = save_query(cast.camille, Wish(name=f"Q{number}", text=f"q{number}", department=cast.news), now=now)
        story = Story.objects.create(department=cast.news, founder=item, signature=b"", first_at=now, last_at=now)
        services.link(file, cast.camille, query, now=now)
        services.link(file, cast.camille, story, now=now)
    _signed_in(client, getattr(cast, who))
    for name in ("file", "file-print", "file-history", "file-change", "file-links"):
        found = count_queries(client, reverse(name, args=[file.pk]))
        assert len(found) <= MOST_QUERIES, "\n".join([name, *(query["sql"][:200] for query in found)])
    assert len(count_queries(client, reverse("item-keep", args=[item.pk]))) <= MOST_QUERIES
