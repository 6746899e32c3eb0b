"""Sign-in through a real OpenID Connect provider: discovery, code with PKCE, userinfo."""

import html
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import pytest
from django.core.cache import cache

from parvis.orgs.links import invite
from parvis.orgs.models import Member
from parvis.orgs.rights import Role
from parvis.testing.factories import make_member
from parvis.web import clock

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

PROVIDER_PATH = "/accounts/oidc/house/login/"


@dataclass
class Browser:
    """An HTTP client with the cookies of both sides, that knows forms."""

    client: httpx2.Client
    desk: str
    """Where the desk answers in truth; its public address may be another."""
    public: str
    asked: dict[str, list[str]] | None = None

    def open(self, method: str, url: str, **fields) -> httpx2.Response:
        answer = self.client.request(method, self._real(url), **fields)
        for _ in range(20):
            if answer.status_code not in (301, 302, 303, 307, 308):
                return answer
            onward = urljoin(url, answer.headers["location"])
            if "code_challenge" in onward:
                self.asked = parse_qs(urlsplit(onward).query)
            url, answer = onward, self.client.get(self._real(onward))
        raise AssertionError("redirects without end")

    def _real(self, url: str) -> str:
        return url.replace(self.public, self.desk, 1) if url.startswith(self.public) else url

    def sign_in(self, name: str) -> httpx2.Response:
        page = self.client.get(self._real(f"{self.public}/accounts/login/")).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page).group(1)
        given = {"csrfmiddlewaretoken": token}
        headers = {"referer": f"{self.desk}/accounts/login/"}
        answer = self.open("POST", f"{self.public}{PROVIDER_PATH}", data=given, headers=headers)
        for fields in ({"prompt": "login", "login": name, "password": "any"}, {"prompt": "consent"}):
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            if form is None:
                break
            answer = self.open("POST", urljoin(str(answer.url), html.unescape(form.group(1))), data=fields)
        return answer


@pytest.fixture
def browser(live_server, oidc, settings):
    """The callback that the provider allows may name another port than the one of this test's own server."""
    callback = next((uri for uri in oidc.redirect_uris if uri.endswith(f"{PROVIDER_PATH}callback/")), None)
    if callback is None:
        pytest.fail(f"the provider allows no address that ends in {PROVIDER_PATH}callback/: {oidc.redirect_uris}")
    public = callback.removesuffix(f"{PROVIDER_PATH}callback/")
    cache.clear()
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "house",
                    "name": "the house’s sign-in",
                    "client_id": oidc.client_id,
                    "secret": oidc.client_secret,
                    "settings": {"server_url": oidc.issuer},
                }
            ],
        }
    }
    host = urlsplit(public).netloc
    with httpx2.Client(trust_env=False, timeout=20) as client:
        client.event_hooks["request"].append(lambda request: _name_public_host(request, live_server.url, host))
        yield Browser(client, live_server.url, public)


def _name_public_host(request: httpx2.Request, desk: str, host: str) -> None:
    """As a proxy in front of the desk would pass it on."""
    if str(request.url).startswith(desk):
        request.headers["host"] = host


def is_inside(browser: Browser) -> str:
    answer = browser.client.get(f"{browser.desk}/account/")
    return answer.text if answer.status_code == 200 else ""


def test_member_signs_in_with_code_and_pkce(browser, cast):
    make_member("Mona", email="mona@example.test", role=Role.ANALYST, department=cast.news)
    browser.sign_in("mona")
    assert "mona@example.test" in is_inside(browser)
    assert browser.asked["code_challenge_method"] == ["S256"]
    assert browser.asked["response_type"] == ["code"]
    assert Member.objects.filter(email="mona@example.test").count() == 1


def test_invited_person_becomes_the_member_that_was_meant(browser, cast):
    invite(cast.maud, email="noemi@example.test", role=Role.ANALYST, department=cast.news, now=clock.now())
    browser.sign_in("noemi")
    assert "noemi@example.test" in is_inside(browser)
    noemi = Member.objects.get(email="noemi@example.test")
    assert noemi.memberships.get().role == Role.ANALYST and not noemi.has_usable_password()


def test_stranger_is_refused_with_a_sentence(browser, cast):
    answer = browser.sign_in("stranger")
    assert answer.status_code == 403
    assert "Nobody has invited stranger@example.test" in html.unescape(answer.text)
    assert not is_inside(browser)
    assert not Member.objects.filter(email="stranger@example.test").exists()


def test_stranger_is_admitted_where_the_option_says_so(browser, cast, settings):
    settings.OPTIONS = {**settings.OPTIONS, "PARVIS_OIDC_ADMITS": "contributor"}
    browser.sign_in("guest")
    assert is_inside(browser)
    assert Member.objects.get(email="guest@example.test").memberships.get().role == Role.CONTRIBUTOR


def test_deactivated_member_stays_outside(browser, cast):
    make_member("Gone", email="gone@example.test", is_active=False)
    answer = browser.sign_in("gone")
    assert "deactivated" in answer.text
    assert not is_inside(browser)


def test_second_sign_in_finds_the_same_member_even_after_a_change_of_address(browser, cast):
    member = make_member("Mona", email="mona@example.test", role=Role.ANALYST, department=cast.news)
    browser.sign_in("mona")
    Member.objects.filter(pk=member.pk).update(email="mona.new@example.test")
    browser.client.cookies.clear()
    browser.sign_in("mona")
    assert "mona.new@example.test" in is_inside(browser)


def test_callback_that_nobody_asked_for_lets_nobody_in(browser, cast):
    answer = browser.open("GET", f"{browser.public}{PROVIDER_PATH}callback/?code=made-up&state=made-up")
    assert answer.status_code in (401, 403, 200)
    assert "did not succeed" in answer.text
    assert not is_inside(browser)
