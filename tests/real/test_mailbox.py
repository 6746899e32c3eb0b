"""The mailbox connector against a real Dovecot: reading on, IDLE, and nothing marked as read."""

import asyncio
import imaplib
import smtplib
import time
import uuid
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from parvis.connectors.mailbox import connector
from parvis.core.errors import AddressRefused, CredentialsRejected, NotEncrypted, RemoteGone
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.net.session import ChannelSession

pytestmark = pytest.mark.real


@pytest.fixture
def person(mail):
    """Somebody who sends mails, and looks into the box beside the connector."""
    return Person(mail)


class Person:
    def __init__(self, mail):
        self.mail = mail
        self.mark = uuid.uuid4().hex[:8]

    def send(self, subject, text="Hello", **headers):
        message = EmailMessage()
        message["From"], message["To"] = "Anna Müller <anna@example.org>", self.mail.user
        message["Subject"] = f"{subject} {self.mark}"
        message["Message-ID"] = f"<{uuid.uuid4()}@example.org>"
        message["Date"] = datetime.now(UTC)
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        self.hand_in(message.as_bytes())
        return message["Message-ID"].strip("<>")

    def hand_in(self, raw):
        with smtplib.SMTP(*_host_and_port(self.mail.smtp)) as smtp:
            smtp.sendmail("anna@example.org", [self.mail.user], raw)

    def file(self, raw):
        """Past the SMTP entrance, which has rules of its own."""
        box = self.box()
        box.append("INBOX", None, None, raw)
        box.logout()

    def box(self):
        box = imaplib.IMAP4(*_host_and_port(self.mail.imap))
        box.login(self.mail.user, self.mail.password)
        return box

    def unseen(self):
        box = self.box()
        box.select("INBOX", readonly=True)
        found = box.search(None, "UNSEEN", "SUBJECT", self.mark)[1][0].split()
        box.logout()
        return len(found)


def _host_and_port(place):
    host, _, port = place.partition(":")
    return host, int(port)


def session_with(client, mail, *, password=None, folder=""):
    return ChannelSession(
        client=client,
        address=f"imap://{mail.imap}{folder}",
        credentials={"username": mail.user, "password": password or mail.password},
        facts={"idle": "yes"},
        now=datetime.now(UTC),
    )


async def read(session, cursor=None):
    steps = [step async for step in connector.fetch(session, cursor or {})]
    return items_of(steps), steps[-1].cursor


def items_of(steps):
    return {item.remote_id: item for step in steps for one in step.payloads for item in connector.parse(one).items}


async def test_check_says_who_we_are_and_that_the_server_pushes(client, mail):
    account = await connector.check(session_with(client, mail))
    assert (account.name, account.facts) == (mail.user, {"idle": "yes"})


async def test_wrong_password_and_missing_folder_are_told_apart(client, mail):
    with pytest.raises(CredentialsRejected):
        await connector.check(session_with(client, mail, password="wrong"))
    with pytest.raises(RemoteGone):
        await connector.check(session_with(client, mail, folder="/Nowhere"))


async def test_mail_is_read_with_its_thread_and_stays_unread(client, mail, person):
    first = person.send("L’émission d’hier")
    answer = person.send("Re: L’émission d’hier", "Moi aussi\nÀ bientôt", In_Reply_To=f"<{first}>")
    assert person.unseen() == 2
    items, cursor = await read(session_with(client, mail))
    assert items[first].title == f"L’émission d’hier {person.mark}"
    assert (items[first].author.name, items[first].author.handle) == ("Anna Müller", "anna@example.org")
    assert (items[answer].parent_id, items[answer].body.strip()) == (first, "Moi aussi\nÀ bientôt")
    assert person.unseen() == 2
    later = person.send("Later")
    items, _ = await read(session_with(client, mail), cursor)
    assert list(items) == [later]


async def test_folder_with_accents_is_read_by_its_own_name(client, mail, person):
    box = person.box()
    box.create("&AMk-t&AOk- & co".replace("& co", "&- co").replace(" ", "_"))
    box.append("&AMk-t&AOk-_&-_co", None, None, f"From: a@b.example\r\nSubject: {person.mark}\r\n\r\nx".encode())
    box.logout()
    items, _ = await read(session_with(client, mail, folder="/%C3%89t%C3%A9_&_co"))
    assert person.mark in [item.title for item in items.values()]


async def test_rebuilt_box_is_read_again_and_nothing_is_missed(client, mail, person):
    known = person.send("Before")
    _, cursor = await read(session_with(client, mail))
    items, _ = await read(session_with(client, mail), {**cursor, "uidvalidity": cursor["uidvalidity"] + 1, "uid": 9999})
    assert known in items


async def test_large_attachment_is_listed_and_not_kept(client, mail, person):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", mail.user, person.mark
    message.set_content("See the film.")
    message.add_attachment(b"\0" * 3_000_000, maintype="video", subtype="mp4", filename="film é.mp4")
    person.file(message.as_bytes())
    steps = [step async for step in connector.fetch(session_with(client, mail), {})]
    payload = next(one for step in steps for one in step.payloads if person.mark.encode() in one.body)
    (item,) = connector.parse(payload).items
    assert len(payload.body) < 5000
    assert [(one.alt, one.kind, one.size_bytes) for one in item.media] == [("film é.mp4", "video/mp4", 3_000_000)]


async def test_broken_mails_come_through_as_what_can_be_had_of_them(client, mail, person):
    person.hand_in(f"Subject: {person.mark} one\r\nContent-Type: multipart/mixed\r\n\r\nno boundary".encode())
    person.hand_in(b"Subject: " + person.mark.encode() + b" two \xe9\xff\r\n\r\n\xe9\xff")
    person.file(f"From: a@b.example\r\nSubject: {person.mark} three {'s' * 900_000}\r\n\r\nx".encode())
    items, _ = await read(session_with(client, mail))
    mine = sorted(item.title[:40] for item in items.values() if person.mark in item.title)
    assert [title.split()[1] for title in mine] == ["one", "three", "two"]


async def test_new_mail_arrives_over_the_open_stream_within_two_seconds(client, mail, person):
    _, cursor = await read(session_with(client, mail))
    steps = connector.stream(session_with(client, mail), cursor)
    stands = await asyncio.wait_for(anext(steps), 10)
    assert stands.payloads == ()
    waiting = asyncio.ensure_future(anext(steps))
    await asyncio.sleep(0.3)
    sent_at = time.monotonic()
    sent = await asyncio.to_thread(person.send, "Breaking")
    step = await asyncio.wait_for(waiting, 10)
    assert time.monotonic() - sent_at < 2
    assert list(items_of([step])) == [sent]
    again = asyncio.ensure_future(anext(steps))
    second = await asyncio.to_thread(person.send, "And more")
    assert list(items_of([await asyncio.wait_for(again, 10)])) == [second]
    await steps.aclose()


async def test_a_mailbox_in_the_open_is_refused_where_the_house_did_not_name_it(mail):
    async with HttpClient(ClientOptions()) as stranger:
        with pytest.raises((AddressRefused, NotEncrypted)):
            await connector.check(session_with(stranger, mail))
