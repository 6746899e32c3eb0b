"""What stands around every page: who gets in, what is offered, headers, errors in words."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from parvis.core.errors import Conflict
from parvis.web import errors

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "src" / "parvis" / "web"


@pytest.fixture
def camille(client, cast):
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    return client


def test_a_stranger_is_sent_to_the_entrance_and_back_afterwards(client, cast):
    answer = client.get("/inbox/?q=is:held")
    assert answer.status_code == 302
    assert answer["Location"].endswith("?next=%2Finbox%2F%3Fq%3Dis%3Aheld")


def test_a_fragment_sends_the_whole_page_to_the_entrance(client, cast):
    answer = client.get("/inbox/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/inbox/?q=a"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].endswith("?next=%2Finbox%2F%3Fq%3Da")


def test_pages_forbid_inline_scripts_and_hold_none(camille):
    for path in ("/", "/inbox/", "/moderation/"):
        answer = camille.get(path)
        assert "script-src 'self';" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        html = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\b(src=|type=\"application/json\"))", html)
        assert not re.search(r"\s(on[a-z]+|style)=\"", html)


def test_only_what_the_member_may_use_is_shown(client, cast):
    client.force_login(cast.conrad, backend="parvis.orgs.asking.Backend")
    html = client.get("/").content.decode()
    assert f'href="{reverse("inbox")}"' in html
    assert f'href="{reverse("moderation")}"' not in html
    assert f'href="{reverse("people")}"' not in html


def test_the_department_in_view_is_remembered_and_cannot_be_a_foreign_one(client, cast):
    client.force_login(cast.stella, backend="parvis.orgs.asking.Backend")
    client.post("/preferences/", {"department": cast.sport.pk})
    assert client.get("/").context["department"] == cast.sport
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    client.post("/preferences/", {"department": cast.sport.pk})
    assert client.get("/").context["department"] is None


def test_a_choice_leads_back_and_never_outside(camille):
    def led_back(referer):
        return camille.post("/preferences/", {"theme": "dark"}, headers={"referer": referer})["Location"]

    assert led_back("http://testserver/inbox/?q=is:held") == "/inbox/?q=is:held"
    assert led_back("https://evil.example/") == "/"
    assert led_back("http://testserver//evil.example/") == "/"
    assert 'data-bs-theme="dark"' in camille.get("/").content.decode()


def test_pages_speak_the_language_of_the_member(camille, cast):
    cast.camille.language = "fr"
    cast.camille.save()
    answer = camille.get("/")
    assert answer["Content-Language"] == "fr"
    assert '<html lang="fr"' in answer.content.decode()


def test_a_demonstration_house_says_so_on_every_page(camille, cast):
    cast.house.is_demo = True
    cast.house.save()
    assert "banner-demo" in camille.get("/").content.decode()
    assert "banner-demo" in camille.get("/inbox/").content.decode()


def test_an_error_is_a_page_in_words_and_for_a_fragment_a_message(camille, rf, monkeypatch):
    def quicker(*args, **kwargs):
        raise Conflict(who="Maud", detail="it was approved")

    monkeypatch.setattr("parvis.web.screens.inbox.views.read_listing", quicker)
    page = camille.get("/inbox/")
    assert page.status_code == 409
    assert "Maud was quicker: it was approved. Nothing was changed." in page.content.decode()
    fragment = camille.get("/inbox/", headers={"HX-Request": "true"})
    assert fragment.status_code == 409
    assert fragment["HX-Reswap"] == "none"
    assert 'hx-target="#toasts"' in fragment.content.decode()
    assert "<html" not in fragment.content.decode()


def test_a_missing_page_and_a_fault_of_ours_are_pages_in_words(camille, client, rf):
    assert "There is nothing at this address" in camille.get("/nowhere/").content.decode()
    assert "Parvis made a mistake" in errors.broken(rf.get("/")).content.decode()


def test_a_form_from_another_site_is_refused_in_words(cast):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    answer = strict.post("/preferences/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


def test_every_icon_that_is_used_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (WEB / "static" / "icons.svg").read_text(encoding="utf-8")))
    used = set()
    for path in WEB.rglob("*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text(encoding="utf-8")))
    assert used - sprite == set()


def test_the_trimmed_css_is_current():
    done = subprocess.run([sys.executable, ROOT / "script" / "trim-css", "--check"], check=False)
    assert done.returncode == 0, "run script/trim-css"
