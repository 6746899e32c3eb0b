"""The SMTP client against servers that answer as they like: over real connections, encrypted and not."""

import asyncio
import base64
from contextlib import asynccontextmanager

import pytest
from tests.net.certificates import serving
from tests.net.conftest import options
from tests.net.test_guard import Names

from parvis.core.errors import (
    AnswerNotUnderstood,
    BadInput,
    CredentialsRejected,
    NotEncrypted,
    RateLimited,
    Refused,
    RemoteError,
    TimedOut,
    TlsFailed,
    Unreachable,
    WayRefused,
)
from parvis.net import HttpClient, smtp
from parvis.net.smtp import Smtp

ALL = b"250-mail.example.org\r\n250-SIZE 50000\r\n250-AUTH PLAIN LOGIN\r\n250 SMTPUTF8\r\n"
MAIL = b"Subject: x\r\n\r\nText\r\n"


class Server:
    """Says what `replies` tells for a command, else OK; keeps what it heard. "cut" as a reply ends the connection."""

    def __init__(self, *, greeting=b"220 mail.example.org ESMTP\r\n", tls="", **replies):
        self.greeting, self.replies, self.tls = greeting, {"ehlo": ALL, "auth": b"235 2.7.0 in\r\n", **replies}, tls
        self.heard, self.mails, self.is_sealed = [], [], False

    async def talk(self, reader, writer):
        writer.write(self.greeting)
        while line := await reader.readline():
            self.heard.append(line.rstrip(b"\r\n"))
            name = line.split()[0].lower().decode() if line.split() else ""
            reply = self.replies.get(name, b"250 OK\r\n")
            if name == "data" and "data" not in self.replies:
                reply = await self.take(reader, writer)
            if reply == "cut":
                break
            if reply != "silence":
                writer.write(reply)
            if name == "starttls" and reply.startswith(b"220"):
                await self.seal(writer)
            if name == "quit":
                break
        writer.close()

    async def take(self, reader, writer):
        writer.write(b"354 Go on\r\n")
        mail = b""
        while not mail.endswith(b"\r\n.\r\n"):
            piece = await reader.read(65536)
            if not piece:
                return "cut"
            mail += piece
        self.mails.append(mail)
        return self.replies.get("dot", b"250 2.0.0 taken\r\n")

    async def seal(self, writer):
        await writer.drain()
        await writer.start_tls(serving(self.tls))
        self.is_sealed = True


@asynccontextmanager
async def connected(server, client, *, upgrades=False, host="127.0.0.1"):
    running = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    stream = await client.session(f"smtp://{host}:{port}", {}).open_stream(host, port, tls=False, upgrades=upgrades)
    try:
        yield Smtp(stream, host)
    finally:
        await stream.aclose()
        running.close()


async def hand_over(server, client, *, mail=MAIL, upgrades=False, sender="a@example.org", receiver="l@example.org"):
    async with connected(server, client, upgrades=upgrades) as session:
        await session.greet(upgrades=upgrades)
        await session.sign_in("user", "sécret")
        await session.send(mail, sender=sender, receiver=receiver)
        await session.leave()


async def test_mail_is_handed_over_whole_with_no_line_that_ends_it_early(client):
    server = Server()
    await hand_over(server, client, mail=b"Subject: x\n\n.\r\n.. two\r.\nend")
    assert server.mails == [b"Subject: x\r\n\r\n..\r\n... two\r\n..\r\nend\r\n.\r\n"]
    assert b"MAIL FROM:<a@example.org> SIZE=27" in server.heard and b"RCPT TO:<l@example.org>" in server.heard
    secret = base64.b64encode("\0user\0sécret".encode())
    assert b"AUTH PLAIN " + secret in server.heard


async def test_sign_in_goes_step_by_step_where_that_is_all_that_is_offered(client):
    replies = {"auth": b"334 VXNlcm5hbWU6\r\n", "dxnlcg==": b"334 UGFzc3dvcmQ6\r\n"}
    server = Server(ehlo=b"250-x\r\n250 AUTH LOGIN\r\n", **replies)
    server.replies[base64.b64encode("sécret".encode()).decode().lower()] = b"235 in\r\n"
    await hand_over(server, client)
    assert server.heard[2] == b"dXNlcg==" and len(server.mails) == 1


async def test_connection_is_encrypted_before_anything_is_said_of_us(client):
    server = Server(ehlo=b"250-x\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", starttls=b"220 go\r\n", tls="good")
    await hand_over(server, client, upgrades=True)
    assert server.is_sealed and [line.split()[0] for line in server.heard[:4]] == [
        b"EHLO",
        b"STARTTLS",
        b"EHLO",
        b"AUTH",
    ]


@pytest.mark.parametrize("kind", ["expired", "stranger", "wrong_name", "self_signed"])
async def test_certificate_is_checked_when_encryption_begins_later(client, kind):
    server = Server(ehlo=b"250-x\r\n250 STARTTLS\r\n", starttls=b"220 go\r\n", tls=kind)
    with pytest.raises(TlsFailed):
        await hand_over(server, client, upgrades=True)
    assert not any(line.startswith(b"AUTH") for line in server.heard)


async def test_words_that_somebody_slipped_in_before_the_seal_are_not_believed(client):
    server = Server(ehlo=b"250-x\r\n250 STARTTLS\r\n", starttls=b"220 go\r\n250-x\r\n250 AUTH PLAIN\r\n", tls="good")
    with pytest.raises(TlsFailed):
        await hand_over(server, client, upgrades=True)
    assert not any(line.startswith(b"AUTH") for line in server.heard)


async def test_nothing_is_said_in_the_open_to_a_server_that_cannot_encrypt():
    server = Server()
    running = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    allowed = options(allowed_private_hosts=frozenset({"127.0.0.1"}))
    async with running, HttpClient(allowed) as client:
        stream = await client.open_stream("127.0.0.1", port, tls=False, upgrades=True)
        stream.is_named = False  # as a host of the open internet is
        with pytest.raises(NotEncrypted):
            await Smtp(stream, "127.0.0.1").greet(upgrades=True)
        await stream.aclose()
    assert [line.split()[0] for line in server.heard] == [b"EHLO"]


async def test_connection_that_is_to_be_encrypted_later_is_guarded_as_any(client):
    async with HttpClient(options(allowed_private_hosts=frozenset(), resolve=Names(["10.0.0.1"]))) as strict:
        with pytest.raises(RemoteError) as caught:
            await strict.open_stream("mail.example.org", 587, tls=False, upgrades=True)
        assert caught.value.code == "address_refused"
    with pytest.raises(WayRefused):
        await client.open_stream("127.0.0.1", 25, tls=False, upgrades=True)


async def test_session_leads_to_the_hosts_that_were_typed_for_it_and_to_no_other(client):
    typed = {"smtp": "smtp://127.0.0.1:9", "password": "smtp://elsewhere.example@x", "note": "https://other.example"}
    session = client.session("imaps://mail.example.org", typed)
    with pytest.raises(Unreachable, match="127"):
        await session.open_stream("127.0.0.1", 9, tls=False, upgrades=True)
    for host in ("elsewhere.example", "other.example", "x"):
        with pytest.raises(WayRefused):
            await session.open_stream(host, 587, tls=True)


@pytest.mark.parametrize(
    ("replies", "error", "words"),
    [
        ({"greeting": b"554 5.3.2 go away\r\n"}, Refused, "554 5.3.2 go away"),
        ({"greeting": b"421 4.3.2 busy\r\n"}, RateLimited, ""),
        ({"greeting": b"* OK imap ready\r\n"}, AnswerNotUnderstood, ""),
        ({"greeting": b"250-x\r\n" * 300}, AnswerNotUnderstood, ""),
        ({"ehlo": b"502 5.5.1 what\r\n"}, Refused, "what"),
        ({"auth": b"535 5.7.8 no\r\n"}, CredentialsRejected, ""),
        ({"auth": b"454 4.7.0 later\r\n"}, RateLimited, ""),
        ({"ehlo": b"250-x\r\n250 AUTH XOAUTH2\r\n"}, Refused, "password"),
        ({"mail": b"530 5.7.0 sign in\r\n"}, CredentialsRejected, ""),
        ({"mail": b"553 5.7.1 sender not yours\r\n"}, Refused, "sender not yours"),
        ({"rcpt": b"450 4.2.0 greylisted\r\n"}, RateLimited, ""),
        (
            {"rcpt": b"550-5.1.1 no such\r\n550 5.1.1 list\x1b[0m <b>here</b>\r\n"},
            Refused,
            "550 5.1.1 no such 5.1.1 list",
        ),
        ({"data": b"451 4.3.0 disk\r\n"}, RateLimited, ""),
        ({"dot": b"552 5.3.4 too big\r\n"}, Refused, "552 5.3.4 too big"),
        ({"dot": b"451 4.3.0 scan failed\r\n"}, RateLimited, ""),
        ({"rcpt": "cut"}, Unreachable, ""),
        ({"mail": "silence"}, TimedOut, ""),
    ],
)
async def test_each_refusal_is_said_in_the_servers_words_and_nothing_is_left_open(client, replies, error, words):
    with pytest.raises(error) as caught:
        await hand_over(Server(**replies), client)
    assert words in caught.value.text.en and not caught.value.maybe_done
    assert (caught.value.retry_after_s == smtp.LATER_S) == (error is RateLimited)


@pytest.mark.parametrize("how", ["cut", "silence", b"what?\r\n"])
async def test_silence_after_the_last_dot_leaves_it_open_whether_it_was_sent(client, monkeypatch, how):
    monkeypatch.setattr(smtp, "LAST_ANSWER_S", 0.3)
    server = Server(dot=how)
    with pytest.raises(RemoteError) as caught:
        await hand_over(server, client)
    assert caught.value.maybe_done and len(server.mails) == 1


async def test_mail_that_is_cut_on_its_way_was_not_sent(client):
    class Leaving(Server):
        async def take(self, reader, writer):
            writer.write(b"354 Go on\r\n")
            await reader.read(1000)
            writer.transport.abort()
            return "cut"

    server = Leaving(ehlo=b"250 x\r\n")
    with pytest.raises(RemoteError) as caught:
        await hand_over(server, client, mail=b"x" * 30_000_000)
    assert not caught.value.maybe_done and server.mails == []


async def test_mail_that_is_too_large_is_not_begun(client):
    server = Server()
    with pytest.raises(Refused, match="at most"):
        await hand_over(server, client, mail=b"x" * 60_000)
    assert not any(line.startswith(b"MAIL") for line in server.heard)


@pytest.mark.parametrize("address", ["a@b\r\nDATA", "a b@c", "<a@b>", "nobody", "a@b\0"])
async def test_address_cannot_be_a_command(client, address):
    server = Server()
    with pytest.raises(BadInput):
        await hand_over(server, client, receiver=address)
    assert not any(line.startswith((b"MAIL", b"RCPT")) for line in server.heard)


async def test_letters_beyond_ascii_go_where_they_are_taken(client):
    server = Server()
    await hand_over(server, client, receiver="été@example.org")
    assert "RCPT TO:<été@example.org>".encode() in server.heard and b"SMTPUTF8" in server.heard[2]
    with pytest.raises(Refused, match="ASCII"):
        await hand_over(Server(ehlo=b"250 x\r\n"), client, receiver="été@example.org")
