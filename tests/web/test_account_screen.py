"""One's own account, and every page on the way in and out."""

import re
import time
from html import unescape

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client

from parvis.orgs.models import Member

PASSWORD = "tulipes en novembre"
FRENCH = {"accept-language": "fr"}


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests(tmp_path, settings):
    cache.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def sam(cast):
    cast.sam.set_password(PASSWORD)
    cast.sam.save()
    return cast.sam


def sign_in(client, member, password=PASSWORD):
    return client.post("/accounts/login/", {"login": member.email, "password": password})


@pytest.fixture
def inside(client, sam):
    assert sign_in(client, sam).url == "/"
    return client


def code_of(secret: str, ago: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 - ago))


def test_password_signs_in_and_a_wrong_one_does_not(client, sam):
    answer = sign_in(client, sam, "wrong")
    assert answer.status_code == 200 and "banner-error" in answer.content.decode()
    assert f'value="{sam.email}"' in answer.content.decode()
    assert sign_in(client, sam).status_code == 302
    assert client.get("/account/").status_code == 200


def test_everything_but_the_entrance_needs_a_sign_in(client, cast):
    for path in ("/", "/people/", "/audit/", "/account/", "/departments/", "/accounts/password/change/"):
        answer = client.get(path)
        assert answer.status_code == 302 and answer.url.startswith("/accounts/login/?next="), path


def test_sign_in_leads_back_to_where_one_wanted_to_go_and_nowhere_else(client, sam):
    given = {"login": sam.email, "password": PASSWORD}
    assert client.post("/accounts/login/", {**given, "next": "/account/"}).url == "/account/"
    client.post("/accounts/logout/")
    assert client.post("/accounts/login/", {**given, "next": "https://evil.example/"}).url == "/"


def test_attempts_are_limited(client, sam):
    for _ in range(5):
        sign_in(client, sam, "wrong")
    answer = sign_in(client, sam)
    assert answer.status_code in (200, 429) and "_auth_user_id" not in client.session


def test_deactivated_member_cannot_sign_in(client, sam):
    Member.objects.filter(pk=sam.pk).update(is_active=False)
    sign_in(client, sam)
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up_by_themselves(client, cast):
    assert "By invitation" in client.get("/accounts/signup/").content.decode()
    given = {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", given)
    assert not Member.objects.filter(email="x@example.org").exists()


def test_name_and_look_are_saved_and_shown_at_once(inside, sam):
    given = {"name": "Sam B.", "language": "fr", "zone": "Europe/Paris", "theme": "dark", "density": "compact"}
    answer = inside.post("/account/", given, follow=True)
    page = answer.content.decode()
    assert 'data-bs-theme="dark"' in page and 'data-density="compact"' in page and 'lang="fr"' in page
    wrong = inside.post("/account/", {**given, "name": "", "theme": "pink"})
    assert wrong.status_code == 422 and wrong.content.decode().count("field-error") == 2


def test_authenticator_app_is_set_up_and_asked_for_and_codes_help_out(inside, client, sam):
    reauthenticate(inside)
    page = inside.get("/accounts/2fa/totp/activate/").content.decode()
    assert 'src="data:image/svg+xml' in page
    secret = inside.session["mfa.totp.secret"]
    assert inside.post("/accounts/2fa/totp/activate/", {"code": code_of(secret, ago=1)}).status_code == 302
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True))), "kept encrypted"
    page = inside.get("/accounts/2fa/recovery-codes/").content.decode()
    codes = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL).group(1).split()
    assert len(codes) == 10
    assert "10 left" in inside.get("/account/").content.decode()
    for way in (code_of(secret), codes[0]):
        other = Client()
        assert sign_in(other, sam).url.startswith("/accounts/2fa/authenticate/")
        assert other.get("/account/").status_code == 302
        assert other.post("/accounts/2fa/authenticate/", {"code": way}).url == "/"
        assert other.get("/account/").status_code == 200
    again = Client()
    sign_in(again, sam)
    assert again.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 200, "each works once"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", ["totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "reauthenticate/"])
def test_page_of_second_factors_is_dressed_and_leads_nowhere_dead(inside, sam, path, language):
    Member.objects.filter(pk=sam.pk).update(language=language)
    reauthenticate(inside)
    inside.get("/accounts/2fa/totp/activate/")
    inside.post("/accounts/2fa/totp/activate/", {"code": code_of(inside.session["mfa.totp.secret"])})
    check_page(inside, f"/accounts/2fa/{path}", language)


def reauthenticate(client):
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302


def test_lost_password_comes_by_mail_and_says_nothing_of_who_is_here(client, sam):
    for email in (sam.email, "stranger@example.org"):
        answer = client.post("/accounts/password/reset/", {"email": email}, follow=True)
        assert answer.status_code == 200
    assert [message.to for message in mail.outbox] == [[sam.email]]
    path = re.search(r"http://testserver(/\S+)", mail.outbox[0].body).group(1)
    form = client.get(path, follow=True)
    new = "jacinthes en mars"
    done = client.post(form.request["PATH_INFO"], {"password1": new, "password2": new}, follow=True)
    assert done.status_code == 200
    sam.refresh_from_db()
    assert sam.check_password(new)


def test_sessions_are_listed_and_ended(inside, sam):
    other = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"})
    sign_in(other, sam)
    page = inside.get("/account/").content.decode()
    assert "Firefox, Linux" in page and "this one" in page
    ending = re.search(r'action="(/account/sessions/\d+/end)"', page).group(1)
    assert inside.post(ending).status_code == 302
    assert other.get("/account/").status_code == 302
    assert inside.get("/account/").status_code == 200
    sign_in(other, sam)
    inside.post("/account/sessions/end")
    assert other.get("/account/").status_code == 302 and inside.get("/account/").status_code == 200


def test_session_of_somebody_else_cannot_be_ended(inside, cast):
    from allauth.usersessions.models import UserSession

    mine = UserSession.objects.get()
    other = Client()
    other.force_login(cast.olive)
    other.post(f"/account/sessions/{mine.pk}/end")
    assert inside.get("/account/").status_code == 200


def test_new_password_ends_the_other_sessions(inside, sam):
    other = Client()
    sign_in(other, sam)
    new = "jacinthes en mars"
    given = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert inside.post("/accounts/password/change/", given).status_code == 302
    assert other.get("/account/").status_code == 302
    assert inside.get("/account/").status_code == 200


OUTSIDE = (
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-wrong/",
    "/accounts/password/reset/key/done/",
    "/accounts/3rdparty/login/cancelled/",
    "/accounts/3rdparty/login/error/",
    "/welcome/",
    "/enter/spent",
)
INSIDE = (
    "/account/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
    "/accounts/password/change/",
    "/accounts/password/set/",
    "/accounts/email/",
    "/accounts/sessions/",
    "/accounts/3rdparty/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/reauthenticate/",
)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", OUTSIDE)
def test_page_before_the_sign_in_is_dressed_and_leads_nowhere_dead(client, cast, path, language):
    check_page(client, path, language)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", INSIDE)
def test_page_of_the_account_is_dressed_and_leads_nowhere_dead(inside, sam, path, language):
    Member.objects.filter(pk=sam.pk).update(language=language)
    reauthenticate(inside)
    check_page(inside, path, language)


def check_page(client, path, language):
    answer = client.get(path, follow=True, headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code in (200, 401, 410), path
    assert "parvis" in page and 'rel="stylesheet"' in page and f'<html lang="{language}"' in page
    assert page.count("<h1") == 1 and "Menu:" not in page
    assert " style=" not in page and "<script>" not in page
    for link in set(re.findall(r'(?:href|action)="(/[^"#]*)"', page)):
        if not link.startswith("/static/"):
            assert client.get(link.replace("&amp;", "&")).status_code != 404, link


@pytest.mark.parametrize(
    ("host", "offered"), [("127.0.0.1:8000", False), ("[::1]:8000", False), ("localhost:8000", True)]
)
def test_passkeys_are_offered_only_where_the_browser_takes_them(inside, host, offered):
    headers = {"host": host}
    assert ("Add a passkey" in inside.get("/account/", headers=headers).content.decode()) is offered
    login = Client().get("/accounts/login/", headers=headers).content.decode()
    assert ("Sign in with a passkey" in login) is offered


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/logout/",
        "/accounts/password/change/", "/accounts/reauthenticate/", "/accounts/2fa/", "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/",
    ],
)  # fmt: skip
def test_pages_of_the_sign_in_library_keep_the_typography_of_the_desk_in_french(client, sam, path):
    sam.language = "fr"
    sam.save()
    if not path.startswith(("/accounts/login", "/accounts/password/reset")):
        sign_in(client, sam)
    page = client.get(path, headers=FRENCH, follow=True).content.decode()
    shown = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.split("<main")[1].split("</main")[0], flags=re.DOTALL)
    shown = unescape(shown).replace(sam.email, "")
    assert len(shown.split()) > 3
    assert not re.search(r"\w'\w|[Aa]dresses? (e-?mail|de courriel)|[ \xa0][:;?!]", shown), shown


def test_field_of_the_sign_in_page_is_called_adresse_electronique(client, cast):
    assert "Adresse électronique</label>" in client.get("/accounts/login/", headers=FRENCH).content.decode()
