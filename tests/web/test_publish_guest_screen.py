"""The page behind a mail's link: one version, two answers, nothing else of the house; looking never changes anything."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from tests.apps.publishing import by_path
from tests.apps.test_publishing_approvals import change as rewrite

from parvis.core.post import Content, Medium
from parvis.orgs.models import Notice
from parvis.publishing.guests import withdraw_guest
from parvis.publishing.letters import claim_letters, make_link
from parvis.publishing.models import ApprovalVote, GuestLink, PostState
from parvis.publishing.rules import Step, set_rule
from parvis.publishing.services import ask_approval, create_post
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db
GUEST = "client@example.com"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    cache.clear()
    monkeypatch.setattr("parvis.web.clock.now", lambda: MONDAY)


@pytest.fixture
def request_(cast, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "hill.png").write_bytes(PNG)
    (tmp_path.parent / "secret.png").write_bytes(PNG)
    media = tuple(
        Medium(path=path, name=name, mime=mime, size_bytes=9, alt=alt)
        for path, name, mime, alt in (
            ("hill.png", "hill.png", "image/png", "A hill in the morning"),
            ("../secret.png", "secret.png", "image/png", ""),
            ("hill.png", "page.html", "text/html", ""),
        )
    )
    content = Content(text="Come <script>alert(1)</script>", thread=("And bring water",), language="en")
    channels = [make_channel(cast.news, connector="mastodon", name=name, can=["publish"]) for name in ("Toots", "More")]
    post = create_post(cast.camille, cast.news, now=MONDAY, title="Inner title", content=content, channels=channels)
    by_path(post, media)
    set_rule(cast.news, cast.maud, "one", steps=[Step(guests=(GUEST,))], now=MONDAY)
    return ask_approval(post, cast.camille, now=MONDAY, note="By noon, please")


@pytest.fixture
def token(request_):
    [letter] = claim_letters(worker="w", now=MONDAY)
    return letter.text.split("/approve/")[1].split("/")[0]


@pytest.fixture
def guest():
    return Client(enforce_csrf_checks=True)


def address(token) -> str:
    return reverse("approve", args=[token])


def answer(guest, token, verdict, *, name="Clara Client", note=""):
    guest.get(address(token))
    form = {"verdict": verdict, "name": name, "note": note, "csrfmiddlewaretoken": guest.cookies["csrftoken"].value}
    return guest.post(address(token), form)


def test_guest_reads_the_version_that_is_asked_for_and_nothing_else_of_the_house(guest, token, cast):
    answer = guest.get(address(token))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "&lt;script&gt;" in html and "And bring water" in html and "By noon, please" in html
    assert "A hill in the morning" in html and "Camille" in html
    assert html.count("And bring water") == 1
    assert "Toots" in html and "More" in html
    for secret in ("Inner title", "Maud", "News", "Sport", GUEST, "/publish/", "/inbox/"):
        assert secret not in html, secret


def test_nobody_keeps_finds_or_passes_on_the_address(guest, token):
    headers = guest.get(address(token)).headers
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "sessionid" not in guest.cookies


def test_looking_never_changes_anything(guest, token, request_):
    for _ in range(3):
        for ask in (guest.get, guest.head):
            assert ask(address(token), {"verdict": "approve", "name": "x"}).status_code == 200
    assert not ApprovalVote.objects.exists()
    assert GuestLink.objects.get().used_at is None
    assert guest.put(address(token)).status_code in (403, 405)


def test_guest_approves_once(guest, token, request_):
    html = answer(guest, token, "approve").content.decode()
    assert "is told that you have approved it" in html
    request_.post.refresh_from_db()
    assert request_.post.state == PostState.READY
    vote = ApprovalVote.objects.get()
    assert (vote.guest_name, vote.guest_email, vote.member) == ("Clara Client", GUEST, None)
    again = guest.get(address(token))
    assert again.status_code == 410 and "answered already" in again.content.decode()
    assert Notice.objects.filter(kind="approval.approved").exists()


def test_sending_back_needs_a_reason_and_a_name_and_keeps_what_was_typed(guest, token, request_):
    page = answer(guest, token, "refuse", note="")
    assert page.status_code == 422 and "Clara Client" in page.content.decode()
    page = answer(guest, token, "refuse", name=" ", note="Too long")
    assert page.status_code == 422 and "Too long" in page.content.decode()
    assert answer(guest, token, "perhaps").status_code == 422
    assert answer(guest, token, "refuse", note="Too long").status_code == 200
    request_.post.refresh_from_db()
    assert request_.post.state == PostState.DRAFT
    assert ApprovalVote.objects.get().note == "Too long"


def test_form_of_another_site_is_refused(guest, token):
    assert guest.post(address(token), {"verdict": "approve", "name": "x"}).status_code == 403
    assert not ApprovalVote.objects.exists()


def test_each_link_that_does_not_work_says_why(guest, token, request_, cast, monkeypatch):
    def said(at=MONDAY, which=token):
        cache.clear()
        monkeypatch.setattr("parvis.web.clock.now", lambda: at)
        page = guest.get(address(which))
        return page.status_code, page.content.decode()

    assert said(which="nonsense")[0] == 404 and "leads nowhere" in said(which="nonsense")[1]
    assert said(later(MONDAY, days=8))[0] == 410 and "time to answer is over" in said(later(MONDAY, days=8))[1]
    _, newer = make_link(request_, cast.camille, name="", email=GUEST, now=MONDAY)
    assert "taken it back" in said()[1]
    assert said(which=newer)[0] == 200
    rewrite(request_.post, cast.camille, "Other", MONDAY)
    assert "was changed after this link" in said(which=newer)[1]
    for status, html in (said(), said(which=newer)):
        assert status == 410 and "Other" not in html and "Come" not in html


def test_withdrawn_by_hand_it_says_so(guest, token, cast):
    withdraw_guest(GuestLink.objects.get(), cast.camille, now=MONDAY)
    assert "taken it back" in guest.get(address(token)).content.decode()


def test_writer_who_is_signed_in_cannot_approve_their_own(token, cast, request_):
    client = Client()
    client.force_login(cast.camille)
    page = client.post(address(token), {"verdict": "approve", "name": "Somebody"})
    assert page.status_code == 403 and "your own writing" in page.content.decode()
    assert not ApprovalVote.objects.exists()


def test_too_many_guesses_are_slowed_down(guest):
    codes = [guest.get(address(f"guess{number}")).status_code for number in range(25)]
    assert codes[0] == 404 and codes[-1] == 429


def test_picture_is_shown_and_no_other_file(guest, token):
    def medium(number, place=0, which=token):
        return guest.get(reverse("approve-medium", args=[which, place, number]))

    picture = medium(0)
    assert (picture.status_code, b"".join(picture.streaming_content)) == (200, PNG)
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert picture.headers["Cache-Control"] == "no-store"
    for number, place in ((1, 0), (2, 0), (9, 0), (0, 9)):
        assert medium(number, place).status_code == 404
    assert medium(0, which="nonsense").status_code == 404


def test_page_is_in_the_language_of_the_browser(guest, token):
    page = guest.get(address(token), headers={"Accept-Language": "fr"})
    assert page.headers["Content-Language"] == "fr"
    assert '<html lang="fr"' in page.content.decode()
