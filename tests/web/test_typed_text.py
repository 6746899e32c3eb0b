"""What somebody has written comes back to them where it could not be stored, scripts or no scripts."""

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from parvis.testing.factories import make_channel, make_conversation, make_item
from parvis.web.typed import typed_in

LONG = "An answer that took\na quarter of an hour, with “quotes” & <b>signs</b>."
SHOWN = "a quarter of an hour, with “quotes” &amp; &lt;b&gt;signs&lt;/b&gt;."
FULL = OperationalError("database or disk is full")


@pytest.fixture
def talk(cast, now):
    return make_conversation(make_item(make_channel(cast.news), text="Why?"))


@pytest.fixture
def camille(cast):
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    client.force_login(cast.camille)
    return client


@pytest.fixture
def full(monkeypatch):
    def refuse(*_args, **_named):
        raise FULL

    monkeypatch.setattr("parvis.inbox.services.write_note", refuse)
    return monkeypatch


def test_note_that_the_disk_did_not_take_is_shown_to_be_sent_again(camille, talk, full):
    answer = camille.post(f"/inbox/{talk.pk}/note/", {"text": LONG, "then": "done"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "The disk of this installation is full." in page
    assert f'action="/inbox/{talk.pk}/note/"' in page
    assert '<textarea class="form-control" id="typed-1" name="text"' in page and SHOWN in page
    assert '<input type="hidden" name="then" value="done">' in page
    assert "csrfmiddlewaretoken" in page


def test_sending_it_again_stores_it_once(camille, talk, full):
    camille.post(f"/inbox/{talk.pk}/note/", {"text": LONG})
    full.undo()
    assert camille.post(f"/inbox/{talk.pk}/note/", {"text": LONG}).status_code < 400
    assert talk.notes.count() == 1


def test_page_with_scripts_gets_a_message_beside_the_form_that_is_still_there(camille, talk, full):
    answer = camille.post(f"/inbox/{talk.pk}/note/", {"text": LONG}, headers={"HX-Request": "true"})
    assert answer.status_code == 503
    assert answer.headers["HX-Reswap"] == "none"
    assert "took" not in answer.content.decode()


def test_password_is_never_shown_again(camille, monkeypatch):
    def refuse(*_args, **_named):
        raise FULL

    monkeypatch.setattr("parvis.web.account_adapters.HouseAccountAdapter.authenticate", refuse)
    secret = "correct horse battery staple with many words"
    answer = Client(raise_request_exception=False).post(
        "/accounts/login/", {"login": "a@b.example", "password": secret}
    )
    assert answer.status_code == 503
    assert secret not in answer.content.decode()


def posted(**more):
    return RequestFactory().post("/x/?a=1", {"text": LONG}, **more)


def test_what_another_site_wrote_is_not_offered():
    assert typed_in(posted()) is None
    assert typed_in(posted(headers={"Sec-Fetch-Site": "cross-site"})) is None
    assert typed_in(posted(headers={"Sec-Fetch-Site": "same-origin"})).address == "/x/?a=1"


def test_short_words_and_forms_with_a_password_are_left_alone():
    ours = {"headers": {"Sec-Fetch-Site": "same-origin"}}
    assert typed_in(RequestFactory().post("/x/", {"name": "News"}, **ours)) is None
    assert typed_in(RequestFactory().post("/x/", {"text": LONG, "credential_password": "x"}, **ours)) is None
    assert typed_in(RequestFactory().get("/x/", {"text": LONG}, **ours)) is None
    cut_off = RequestFactory().post("/x/", b"--nothing", content_type="multipart/form-data", **ours)
    assert typed_in(cut_off) is None
