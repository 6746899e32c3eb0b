"""Notices through a real mail server: they arrive whole, in the reader's language, and what is refused is told."""

import asyncio
import imaplib
import time
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

import pytest

from parvis.core.errors import ParvisError
from parvis.orgs.models import Notice, NoticeState
from parvis.orgs.notices.delivery import claim_due, record_failure, record_sent
from parvis.orgs.notices.routes import add_route
from parvis.orgs.notices.writing import Message, readers_of, write_notices
from parvis.testing.factories import make_member
from parvis.worker.notices import send

pytestmark = [pytest.mark.real, pytest.mark.django_db]
NOW = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _through_it(mail, settings):
    host, _, port = mail.smtp.partition(":")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = host, int(port)
    settings.SITE_ADDRESS = "https://desk.example.org"


def _deliver():
    for parcel in claim_due(worker="test", now=NOW):
        try:
            asyncio.run(send(parcel))
        except ParvisError as error:
            record_failure(parcel, error, now=NOW)
        else:
            record_sent(parcel, now=NOW)


def _write(member, title):
    words = Message(title=title, text="Il pleut à Genève – « beaucoup ».", path="/listen/alerts/7/")
    return write_notices(
        readers_of([member]), lambda: words, kind="alert.opened", subject="alert", subject_key=7, now=NOW
    )[0]


def _arrived(mail, title):
    host, _, port = mail.imap.partition(":")
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        box = imaplib.IMAP4(host, int(port))
        box.login(mail.user, mail.password)
        box.select("INBOX", readonly=True)
        for number in box.search(None, "ALL")[1][0].split():
            found = BytesParser(policy=policy.default).parsebytes(box.fetch(number, "(RFC822)")[1][0][1])
            if found["Subject"] == title:
                return found
        box.logout()
        time.sleep(0.1)
    raise AssertionError(f"{title} did not arrive")


def test_a_notice_arrives_with_its_letters_its_link_and_a_lasting_id(mail, db):
    notice = _write(make_member("Inbox", email=mail.user, language="fr"), "Météo : plus que d’habitude é à ü")
    _deliver()
    found = _arrived(mail, notice.title)
    text = found.get_content()
    assert "Il pleut à Genève – « beaucoup »." in text
    assert "https://desk.example.org/listen/alerts/7/" in text
    assert found["Message-ID"] == f"<notice.{notice.pk}@desk.example.org>"
    assert found["Auto-Submitted"] == "auto-generated"
    notice.refresh_from_db()
    assert notice.state == NoticeState.SENT


def test_an_address_that_the_server_does_not_know_is_given_up_with_its_reason(mail, db):
    member = make_member("Nobody", email=mail.user)
    route = add_route(member, kind="mail", address="nobody-at-all@example.test", name="", now=NOW)
    Notice.objects.all().delete()
    notice = _write(member, "To nobody")
    _deliver()
    notice.refresh_from_db()
    route.refresh_from_db()
    assert (notice.state, notice.error["code"]) == (NoticeState.FAILED, "refused")
    assert route.failure_count == 1
