"""The client against servers that answer oddly: in memory, as no real one can be made to."""

import asyncio
import re
import time
from datetime import UTC, datetime

import pytest

from parvis.connectors.mailbox import connector
from parvis.connectors.mailbox.fetch import STEP_MAILS
from parvis.connectors.mailbox.imap import number_set
from parvis.core.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    CredentialsRejected,
    RateLimited,
    Refused,
    RemoteBroken,
    RemoteError,
    RemoteGone,
    TimedOut,
    Unreachable,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Server:
    """A ByteStream whose other end is this object: it answers each command by what `replies` says of its name."""

    def __init__(self, mails=(), *, validity=7, capabilities=b"IMAP4rev1 AUTH=PLAIN SASL-IR IDLE", **replies):
        self.mails = dict(enumerate(mails, 1)) if not isinstance(mails, dict) else mails
        self.validity, self.capabilities, self.replies = validity, capabilities, replies
        self.out = bytearray(replies.get("greeting", b"* OK ready\r\n"))
        self.heard: list[bytes] = []
        self.is_closed = False

    async def read_line(self, *, wait_s=None):
        if not self.out:
            if wait_s:
                raise TimedOut(host="x", limit_s="1")
            raise Unreachable(host="x", detail="closed")
        end = self.out.find(b"\n") + 1 or len(self.out)
        line, self.out = bytes(self.out[:end]), self.out[end:]
        return line

    async def read_exactly(self, size_bytes):
        piece, self.out = bytes(self.out[:size_bytes]), self.out[size_bytes:]
        return piece

    async def write(self, data):
        for line in data.split(b"\r\n"):
            if line:
                self.heard.append(line)
                self.answer(line)

    async def aclose(self):
        self.is_closed = True

    def answer(self, line):
        if line == b"DONE":
            self.out += self.idle_tag + b" OK done\r\n"
            return
        tag, _, rest = line.partition(b" ")
        name = rest.split(b" ")[0].lower().decode()
        if name == "uid":
            name = "uid_" + rest.split(b" ")[1].lower().decode()
        reply = self.replies.get(name, getattr(self, f"on_{name}", lambda _: b""))
        said = reply(rest) if callable(reply) else reply
        self.out += said.replace(b"TAG", tag) if b"TAG" in said else said + tag + b" OK done\r\n"

    def on_capability(self, _):
        return b"* CAPABILITY " + self.capabilities + b"\r\n"

    def on_examine(self, _):
        uid_next = max(self.mails, default=0) + 1
        return b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %d] ok\r\n" % (
            len(self.mails), self.validity, uid_next)  # fmt: skip

    def on_uid_search(self, rest):
        found = re.search(rb"UID (\d+):\*", rest[4:])
        uids = [uid for uid in self.mails if not found or uid >= int(found[1])] or list(self.mails)[-1:]
        return b"* SEARCH " + b" ".join(b"%d" % uid for uid in uids) + b"\r\n"

    def on_uid_fetch(self, rest):
        said = b""
        for uid in self.wanted(re.search(rb"FETCH (\S+)", rest)[1]):
            mail = self.mails[uid]
            said += b"* 1 FETCH (UID %d RFC822.SIZE %d" % (uid, len(mail))
            if b"BODY" in rest:
                said += b' INTERNALDATE "20-Nov-2026 11:00:00 +0100" BODY[]<0> {%d}\r\n%s' % (len(mail), mail)
            said += b")\r\n"
        return said

    on_fetch = on_uid_fetch

    def wanted(self, numbers):
        for part in numbers.split(b","):
            first, _, last = part.partition(b":")
            yield from (uid for uid in range(int(first), int(last or first) + 1) if uid in self.mails)


class Session:
    address = "imaps://mail.example.org"
    credentials = {"username": "veille@example.org", "password": 's"e\\c'}
    facts = {"idle": "yes"}
    now = NOW

    def __init__(self, server):
        self.server = server

    async def open_stream(self, host, port, *, tls, line_limit_bytes=65536):
        assert (host, port, tls) == ("mail.example.org", 993, True)
        return self.server


def mail(number):
    return b"From: a@example.org\r\nMessage-ID: <m%d@example.org>\r\nSubject: %d\r\n\r\nHello" % (number, number)


async def read(server, cursor=None):
    return [step async for step in connector.fetch(Session(server), cursor or {})]


def subjects(steps):
    return [item.title for step in steps for payload in step.payloads for item in connector.parse(payload).items]


async def test_mails_are_read_once_and_on_from_the_cursor():
    server = Server([mail(1), mail(2)])
    steps = await read(server)
    assert subjects(steps) == ["1", "2"]
    assert steps[-1].cursor == {"uidvalidity": 7, "uid": 2, "read_at": NOW.isoformat()}
    again = Server([mail(1), mail(2)])
    (nothing,) = await read(again, steps[-1].cursor)
    assert (nothing.payloads, nothing.cursor["uid"]) == ((), 2)
    assert subjects(await read(Server([mail(1), mail(2), mail(3)]), steps[-1].cursor)) == ["3"]


async def test_nothing_that_is_sent_could_change_the_mailbox():
    server = Server([mail(1)])
    await read(server)
    said = b"\n".join(server.heard).upper()
    assert b"EXAMINE" in said and b"BODY.PEEK[]" in said
    assert not re.search(rb"\b(SELECT|STORE|EXPUNGE|APPEND|COPY|MOVE|CLOSE|DELETE|BODY\[)", said)
    assert server.is_closed


async def test_rebuilt_mailbox_is_read_again_from_before_the_last_reading():
    server = Server([mail(1), mail(2)], validity=8)
    old = {"uidvalidity": 7, "uid": 900, "read_at": "2026-09-01T00:00:00+00:00"}
    assert subjects(await read(server, old)) == ["1", "2"]
    assert any(b"SINCE 30-Aug-2026" in line for line in server.heard)


async def test_many_mails_come_in_steps_each_with_its_own_cursor():
    steps = await read(Server([mail(number) for number in range(1, 46)]))
    assert [len(step.payloads) for step in steps] == [STEP_MAILS, STEP_MAILS, 5]
    assert [step.cursor["uid"] for step in steps] == [20, 40, 45]


async def test_mail_that_the_server_will_not_give_holds_up_no_other():
    class Refusing(Server):
        def on_uid_fetch(self, rest):
            if b"BODY" in rest and 2 in self.wanted(rest.split(b" ")[2]):
                return b"TAG NO cannot read it\r\n"
            return super().on_uid_fetch(rest)

    (step,) = await read(Refusing([mail(1), mail(2), mail(3)]))
    assert [bool(payload.body) for payload in step.payloads] == [True, False, True]
    with pytest.raises(AnswerNotUnderstood):
        connector.parse(step.payloads[1])


async def test_mail_deleted_between_two_questions_is_passed_over():
    server = Server([mail(1), mail(2)], uid_fetch=b"")
    assert subjects(await read(server)) == []


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ({"authenticate": b"TAG NO [AUTHENTICATIONFAILED] no\r\n"}, CredentialsRejected),
        ({"authenticate": b"TAG NO [UNAVAILABLE] later\r\n"}, RemoteBroken),
        ({"authenticate": b"TAG NO [LIMIT] too many connections\r\n"}, RateLimited),
        ({"authenticate": b"TAG BAD what\r\n"}, Refused),
        ({"examine": b"TAG NO no such mailbox\r\n"}, RemoteGone),
        ({"greeting": b"* BYE we are full\r\n"}, Unreachable),
        ({"greeting": b"HTTP/1.1 200 OK\r\n"}, AnswerNotUnderstood),
        ({"greeting": b"220 smtp ready\r\n"}, AnswerNotUnderstood),
        ({"uid_search": b"* BYE shutting down\r\n"}, Unreachable),
        ({"uid_search": b"* SEARCH {99999999999}\r\n"}, AnswerTooLarge),
        ({"uid_search": b"* 1 EXISTS\r\n" * 30_000}, AnswerTooLarge),
    ],
)
async def test_each_refusal_is_said_in_words(replies, error):
    with pytest.raises(error) as caught:
        await read(Server([mail(1)], **replies))
    assert "mail.example.org" in caught.value.text.fr


async def test_password_never_stands_in_an_error():
    with pytest.raises(RemoteError) as caught:
        await read(Server(capabilities=b"IMAP4rev1", login=b"TAG NO [AUTHENTICATIONFAILED] no\r\n"))
    assert 's"e' not in repr(caught.value) + caught.value.text.en


async def test_login_is_quoted_where_there_is_no_authenticate():
    server = Server([mail(1)], capabilities=b"IMAP4rev1")
    await read(server)
    assert any(line.endswith(b'LOGIN "veille@example.org" "s\\"e\\\\c"') for line in server.heard)


async def test_newest_are_enough_for_a_first_look():
    steps = [step async for step in connector.newest(Session(Server([mail(number) for number in range(1, 30)])))]
    assert subjects(steps) == [str(number) for number in range(20, 30)]


async def test_stream_says_that_it_stands_and_brings_what_arrives():
    server = Server([mail(1)])
    server.answer = _idling(server)
    steps = connector.stream(Session(server), {"uidvalidity": 7, "uid": 1, "read_at": NOW.isoformat()})
    first = await asyncio.wait_for(anext(steps), 5)
    second = await asyncio.wait_for(anext(steps), 5)
    await steps.aclose()
    assert (first.payloads, subjects([second])) == ((), ["2"])


def _idling(server):
    """IDLE has no tagged answer before DONE."""
    plain = type(server).answer

    def answer(line):
        if line.endswith(b" IDLE"):
            server.idle_tag = line.split(b" ")[0]
            server.mails[2] = mail(2)
            server.out += b"+ idling\r\n* 2 EXISTS\r\n"
        else:
            plain(server, line)

    return answer


async def test_huge_search_answer_costs_little():
    uids = b" ".join(b"%d" % number for number in range(1, 200_000))
    began_s = time.process_time()
    server = Server({1: mail(1)}, uid_search=b"* SEARCH " + uids + b"\r\n")
    await read(server)
    assert time.process_time() - began_s < 5


def test_numbers_are_written_as_runs():
    assert number_set([1, 2, 3, 7, 9, 10]) == "1:3,7,9:10"


async def test_mail_that_is_told_of_beside_another_answer_is_read_before_waiting():
    """A server says once that there is more: in the middle of the answer about the mail before."""
    server = Server([mail(1)])

    def fetch(rest):
        said = server.on_uid_fetch(rest)
        if b"BODY" in rest and len(server.mails) == 1:
            server.mails[2] = mail(2)
            said += b"* 2 EXISTS\r\n"
        return said

    server.replies["uid_fetch"] = fetch
    server.replies["idle"] = b"+ idling\r\n"
    found = []
    async with asyncio.timeout(20):
        async for step in connector.stream(Session(server), {}):
            found += subjects([step])
            if len(found) == 2:
                break
    assert found == ["1", "2"]
    assert not any(b"IDLE" in line for line in server.heard)
