"""Passkeys in a real browser with a virtual authenticator: added on the account page, then used to sign in."""

import os
import shutil

import pytest
from django.core.cache import cache

from parvis.testing.cast import make_cast

PASSWORD = "tulipes en novembre"
CHROMIUM = os.environ.get("PARVIS_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(monkeypatch):
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed here")
    cache.clear()  # others' attempts to sign in count against this address too
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's own loop runs in this thread
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_context(locale="en").new_page()
        page.set_default_timeout(45_000)  # two halves of the tests share two cores
        with_authenticator(page)
        yield page
        browser.close()


def with_authenticator(page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_passkey_is_added_and_signs_in_without_the_password(page, live_server, settings):
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    cast = make_cast()
    cast.sam.set_password(PASSWORD)
    cast.sam.save()
    desk = live_server.url.replace("127.0.0.1", "localhost")  # passkeys belong to a name, not to an address

    page.goto(f"{desk}/account/")
    page.fill("input[name=login]", cast.sam.email)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{desk}/account/")

    page.get_by_role("link", name="Add a passkey").click()
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.fill("input[name=name]", "Sam’s telephone")
    page.check("input[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/**")
    page.goto(f"{desk}/account/")
    assert page.get_by_text("Sam’s telephone").first.is_visible()

    page.context.clear_cookies()
    page.goto(f"{desk}/accounts/login/?next=/account/")
    page.click("#passkey_login")
    page.wait_for_url(f"{desk}/account/")
    assert cast.sam.email in page.content()
    assert "not used yet" not in page.content()

    page.get_by_role("link", name="Remove Sam’s telephone").click()
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url(f"{desk}/account/")
    assert page.get_by_text("No passkey yet").is_visible()
    assert not faults
