"""Listening on the screen: a query is tried while it is typed, saved, looked at, changed and put away."""

from datetime import timedelta

import pytest
from django.urls import reverse

from parvis.core.query.document import Document
from parvis.flows.looking_back import look_back_step
from parvis.inbox.models import Conversation
from parvis.jobs.work import run_jobs
from parvis.listening.ears import Ears
from parvis.listening.hearing import hear_new_items
from parvis.listening.models import QueryState, SavedQuery, Story
from parvis.listening.services import Wish, save_query
from parvis.testing.factories import make_channel
from parvis.testing.heard import put_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(cast):
    return make_channel(cast.news)


@pytest.fixture
def query(cast, now):
    return save_query(cast.camille, Wish(name="Climate", text="climat", department=cast.news), now=now)


def _signed_in(client, member):
    client.force_login(member)
    return client


def _form(cast, **fields):
    return {"name": "Climate", "text": "climat", "department": str(cast.news.pk), "colour": "blue", **fields}


def test_a_query_is_saved_and_looks_through_what_is_there(client, cast, channel, now):
    assert look_back_step
    put_items(channel, [Document("Le climat change <b>vite</b>"), Document("autre")], at=now)
    answer = _signed_in(client, cast.camille).post(reverse("query-new"), _form(cast))
    query = SavedQuery.objects.get()
    assert answer.headers["Location"] == reverse("query", args=[query.pk])
    while run_jobs("test", now):
        pass
    page = client.get(reverse("query", args=[query.pk])).content.decode()
    assert "Le <mark>climat</mark> change &lt;b&gt;vite&lt;/b&gt;" in page
    assert "autre" not in page


def test_a_preview_finds_and_estimates_while_one_types(client, cast, channel, now):
    old = now - timedelta(days=10)
    put_items(channel, [Document("climat", published_at=old), *[Document("climat suisse")] * 9], at=now)
    answer = _signed_in(client, cast.camille).get(
        reverse("query-preview"), {"text": "climat", "department": cast.news.pk}
    )
    assert "<mark>climat</mark>" in answer.content.decode()
    assert "10 found since" in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [("climat NEAR sport", "NEAR/"), ("label:x", "conversations"), ('"open', "never closed")],
)
def test_a_wrong_query_is_explained_before_it_is_saved(client, cast, text, said):
    _signed_in(client, cast.camille)
    assert said in client.get(reverse("query-preview"), {"text": text}).content.decode()
    answer = client.post(reverse("query-new"), _form(cast, text=text))
    assert answer.status_code == 422
    assert text.replace('"', "&quot;") in answer.content.decode()
    assert not SavedQuery.objects.exists()


def test_another_department_meets_no_trace_of_it(client, cast, query, channel, now):
    put_items(channel, [Document("climat secret")], at=now, is_heard=False)
    hear_new_items(Ears(), now=now)
    _signed_in(client, cast.sam)
    assert "Climate" not in client.get(reverse("listen")).content.decode()
    for name in ("query", "query-change", "query-versions"):
        assert client.get(reverse(name, args=[query.pk])).status_code == 404
    assert client.post(reverse("query-state", args=[query.pk]), {"state": "archived"}).status_code == 404
    preview = client.get(reverse("query-preview"), {"text": "climat", "department": "house", "hears_house": "on"})
    assert "secret" not in preview.content.decode()


def test_a_reader_of_one_department_sees_its_items_alone_in_a_query_of_the_house(client, cast, channel, now):
    query = save_query(cast.olive, Wish(name="Wide", text="climat", department=cast.news, hears_house=True), now=now)
    put_items(channel, [Document("climat de la rédaction")], at=now, is_heard=False)
    put_items(make_channel(cast.sport), [Document("climat du stade")], at=now, is_heard=False)
    hear_new_items(Ears(), now=now)
    page = _signed_in(client, cast.camille).get(reverse("query", args=[query.pk])).content.decode()
    assert "de la rédaction" in page
    assert "du stade" not in page


def test_what_was_found_goes_to_the_inbox_and_opens_there_once(client, cast, query, channel, now):
    [item] = put_items(channel, [Document("climat")], at=now, is_heard=False)
    hear_new_items(Ears(), now=now)
    _signed_in(client, cast.camille)
    for _ in range(2):
        answer = client.post(reverse("match-open", args=[query.pk, item.pk]))
        assert answer.headers["Location"] == reverse("talk", args=[Conversation.objects.get().pk])
    assert client.get(answer.headers["Location"]).status_code == 200


def test_it_is_paused_put_away_and_taken_out_again(client, cast, query):
    _signed_in(client, cast.camille)
    for state in (QueryState.PAUSED, QueryState.ARCHIVED, QueryState.ON):
        client.post(reverse("query-state", args=[query.pk]), {"state": state})
        query.refresh_from_db()
        assert query.state == state
    assert client.post(reverse("query-state", args=[query.pk]), {"state": "nonsense"}).status_code == 404
    assert "Climate" in client.get(reverse("listen")).content.decode()


def test_who_changes_an_older_version_is_told_and_loses_nothing(client, cast, query):
    _signed_in(client, cast.camille)
    seen = query.revision
    client.post(reverse("query-change", args=[query.pk]), _form(cast, text="meteo", revision=seen))
    answer = client.post(reverse("query-change", args=[query.pk]), _form(cast, text="mine", revision=seen))
    assert answer.status_code == 422
    assert "mine" in answer.content.decode()
    query.refresh_from_db()
    assert query.text == "meteo"


def test_a_contributor_reads_and_changes_nothing(client, cast, query):
    _signed_in(client, cast.conrad)
    assert client.get(reverse("query", args=[query.pk])).status_code == 200
    assert client.get(reverse("query-new")).status_code == 403
    assert client.post(reverse("query-state", args=[query.pk]), {"state": "paused"}).status_code == 403


def test_a_story_shows_who_told_it_and_stays_in_its_department(client, cast, channel, now):
    told = "Le Conseil fédéral veut baisser la redevance de radio et télévision à 300 francs dès 2029."
    put_items(channel, [Document(told, author="ATS"), Document("seul")], at=now, is_heard=False)
    put_items(make_channel(cast.news), [Document(f"RT @ats: {told}", author="Lea")], at=now, is_heard=False)
    hear_new_items(Ears(), now=now)
    story = Story.objects.get(item_count=2)
    _signed_in(client, cast.camille)
    listed = client.get(reverse("stories")).content.decode()
    assert "Conseil fédéral" in listed
    assert "seul" not in listed
    page = client.get(reverse("story", args=[story.pk])).content.decode()
    assert all(name in page for name in ("ATS", "Lea", "2 items"))
    _signed_in(client, cast.sam)
    assert "Conseil" not in client.get(reverse("stories")).content.decode()
    assert client.get(reverse("story", args=[story.pk])).status_code == 404
    assert client.get(reverse("stories"), {"after": "nonsense_5"}).status_code == 200
