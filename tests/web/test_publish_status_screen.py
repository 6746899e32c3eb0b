"""What is out, on its page: taken down, changed, read back, with its figures; why not, where a platform does not allow it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from parvis.channels.models import Effect, EffectState
from parvis.core.post import Content
from parvis.publishing.models import Publication, PublicationEdit, PublicationState, ReadBack
from parvis.publishing.numbers import keep_numbers
from parvis.publishing.services import create_post, publish_now, set_rule
from parvis.testing.clock import MONDAY
from parvis.testing.factories import make_channel, make_conversation, make_item

pytestmark = pytest.mark.django_db
NOW = MONDAY


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)


@pytest.fixture
def toots(cast):
    return make_channel(cast.news, connector="mastodon", name="Our toots", can=["publish", "edit", "withdraw"])


@pytest.fixture
def sky(cast):
    return make_channel(cast.news, connector="bluesky", name="Our sky", can=["publish"])


@pytest.fixture
def camille(client, cast):
    client.force_login(cast.camille)
    return client


def out(cast, *channels) -> Publication:
    """As a worker would have left it."""
    content = Content(text="Hello <b>hills</b>", thread=("And more",))
    post = create_post(cast.camille, cast.news, now=NOW, title="Hills", content=content, channels=channels)
    publish_now(post, cast.camille, now=NOW)
    for number, one in enumerate(Publication.objects.filter(post=post).order_by("pk")):
        Effect.objects.filter(chain=one.key).update(
            state=EffectState.DONE, next_try_at=None, result_remote_id=f"status:{number}"
        )
        Publication.objects.filter(pk=one.pk).update(
            state=PublicationState.DONE,
            done_at=NOW,
            remote_id=f"status:{number}",
            url=f"https://social.example/{number}",
        )
        ReadBack.objects.create(publication=one)
    post.state = "out"
    post.save()
    return Publication.objects.filter(post=post).order_by("pk")[0]


def page(client, publication) -> str:
    return client.get(reverse("post", args=[publication.post_id])).content.decode()


def do(client, publication, verb, **fields) -> str:
    path = reverse("publication-do", args=[publication.pk])
    return client.post(path, {"verb": verb, **fields}, follow=True).content.decode()


def test_it_is_taken_down_with_a_reason_and_left_there_again(camille, cast, toots):
    publication = out(cast, toots)
    assert "Take it down there" in page(camille, publication)
    assert "is missing" in do(camille, publication, "take_down", reason=" ")
    html = do(camille, publication, "take_down", reason="Wrong day")
    assert "It is being taken down there." in html
    assert Effect.objects.filter(can="withdraw").count() == 2
    assert "It stays there." in do(camille, publication, "keep_up")
    assert not Effect.objects.filter(can="withdraw").exclude(state="cancelled").exists()


def test_where_it_cannot_be_the_page_says_why(camille, cast, sky):
    publication = out(cast, sky)
    html = page(camille, publication)
    assert "may not take posts down" in html
    assert "lets nobody change a post once it is out" in html
    assert 'value="take_down"' not in html
    assert camille.get(reverse("publication-edit", args=[publication.pk])).status_code == 404


def test_everywhere_says_where_it_stays(camille, cast, toots, sky):
    other = make_channel(cast.news, connector="mastodon", name="Second", can=["publish", "withdraw"])
    publication = out(cast, toots, other, sky)
    path = reverse("post-do", args=[publication.post_id])
    html = camille.post(path, {"verb": "take_down", "reason": "Wrong"}, follow=True).content.decode()
    assert "from 2 channels" in html and "Our sky" in html
    assert Effect.objects.filter(can="withdraw").values("chain").distinct().count() == 2


def test_change_is_written_looked_at_and_ordered(camille, cast, toots):
    publication = out(cast, toots)
    path = reverse("publication-edit", args=[publication.pk])
    html = camille.get(path).content.decode()
    assert "Hello &lt;b&gt;hills&lt;/b&gt;" in html and 'name="thread-0"' not in html
    typed = {"text": "Hello green hills", "title": "not ours to change"}
    html = camille.post(path, {**typed, "verb": "check"}).content.decode()
    assert "<ins>" in html and "<del>" in html
    assert not PublicationEdit.objects.exists()
    html = camille.post(path, {**typed, "verb": "save"}, follow=True).content.decode()
    assert "A change is on its way there." in html
    assert PublicationEdit.objects.get().content["title"] == ""
    assert "It stays there as it is." in do(camille, publication, "drop_edit")


def test_nothing_changed_is_said_and_line_ends_of_browsers_are_no_change(camille, cast, toots):
    publication = out(cast, toots)
    Publication.objects.update(content={**publication.content, "text": "One\ntwo"})
    path = reverse("publication-edit", args=[publication.pk])
    html = camille.post(path, {"text": "One\r\ntwo", "verb": "check"}).content.decode()
    assert "Nothing is changed yet." in html


def test_change_under_a_rule_waits_and_says_so(client, camille, cast, toots):
    set_rule(cast.news, cast.maud, "one", now=NOW)
    publication = _approved_and_out(cast, toots)
    path = reverse("publication-edit", args=[publication.pk])
    html = camille.post(path, {"text": "Other", "verb": "save", "note": "A typo"}, follow=True).content.decode()
    assert "A change waits for approval." in html
    client.force_login(cast.maud)
    html = client.get(reverse("post-approvals")).content.decode()
    assert "A change of what is out" in html and "A typo" in html


def _approved_and_out(cast, toots):
    set_rule(cast.news, cast.maud, "none", now=NOW)
    publication = out(cast, toots)
    set_rule(cast.news, cast.maud, "one", now=NOW)
    return publication


def test_confirmed_different_and_gone_are_told_apart(camille, cast, toots):
    publication = out(cast, toots)
    row = ReadBack.objects.filter(publication=publication)
    row.update(confirmed_at=NOW)
    assert "it stands there as it was meant" in page(camille, publication)
    row.update(differences=[{"code": "alt", "en": "the alt text is missing there", "fr": "x"}])
    assert "the alt text is missing there" in page(camille, publication)
    row.update(gone_at=NOW)
    html = page(camille, publication)
    assert "No longer there" in html and 'value="take_down"' not in html


def test_figures_stand_with_their_time_and_what_was_not_told_is_no_zero(camille, cast, toots):
    publication = out(cast, toots)
    keep_numbers(publication, {"likes": 12345}, now=NOW)
    keep_numbers(publication, {"likes": 20000, "replies": 3}, now=NOW + timedelta(hours=1))
    html = page(camille, publication)
    assert "As of" in html and "Likes" in html and "not told" in html


def test_replies_lead_to_their_conversation_and_others_are_not_told(client, cast, toots):
    publication = out(cast, toots)
    root = make_item(toots, "Hello hills", remote_id=publication.remote_id)
    talk = make_conversation(root)
    client.force_login(cast.camille)
    assert reverse("talk", args=[talk.pk]) in page(client, publication)
    type(talk).objects.filter(pk=talk.pk).update(department=cast.sport)
    assert reverse("talk", args=[talk.pk]) not in page(client, publication)


def test_who_may_not_publish_sees_it_and_no_button(client, cast, toots):
    publication = out(cast, toots)
    for member in (cast.anna, cast.conrad):
        client.force_login(member)
        html = page(client, publication)
        assert "Arrived" in html
        assert 'value="take_down"' not in html and "publication-edit" not in html
        assert client.get(reverse("publication-edit", args=[publication.pk])).status_code == 403
        path = reverse("publication-do", args=[publication.pk])
        assert client.post(path, {"verb": "take_down", "reason": "x"}).status_code == 403


def test_person_who_says_that_it_happened_gives_its_address(camille, cast, toots):
    publication = out(cast, toots)
    Effect.objects.filter(chain=publication.key, name="post").update(
        state=EffectState.NEEDS_PERSON, is_in_doubt=True, try_count=1, result_remote_id=""
    )
    Publication.objects.update(state=PublicationState.NEEDS_PERSON, done_at=None, remote_id="", url="")
    assert "Where it is, if it happened" in page(camille, publication)
    for wrong in ("nonsense", "https://elsewhere.example/1"):
        html = do(camille, publication, "happened", address=wrong)
        assert "address" in html
        publication.refresh_from_db()
        assert publication.state == PublicationState.NEEDS_PERSON
    make_item(toots, "Hello hills", remote_id="status:77", url="https://social.example/@us/77")
    do(camille, publication, "happened", address="https://social.example/@us/77")
    publication.refresh_from_db()
    assert (publication.remote_id, publication.state) == ("status:77", PublicationState.DONE)


def test_many_channels_ask_hardly_more_questions(camille, cast, toots):
    one = out(cast, toots)
    page(camille, one)
    with CaptureQueriesContext(connection) as few:
        page(camille, one)
    channels = [make_channel(cast.news, connector="mastodon", name=f"C{n}", can=["publish"]) for n in range(6)]
    many = out(cast, *channels)
    with CaptureQueriesContext(connection) as more:
        page(camille, many)
    assert len(more) <= len(few) + 8
