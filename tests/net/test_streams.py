"""Answers without an end: under the same guard as any request, bounded, and in batches."""

import asyncio
import gzip
import logging
from contextlib import asynccontextmanager

import pytest
from tests.net.certificates import serving
from tests.net.conftest import options
from tests.net.hostile import head
from tests.net.test_guard import Names
from websockets.asyncio.server import serve

from parvis.core.errors import (
    AddressRefused,
    AnswerNotUnderstood,
    AnswerTooLarge,
    AnswerUnusable,
    CredentialsRejected,
    RateLimited,
    TimedOut,
    TlsFailed,
    TooManyRedirects,
    Unreachable,
    WayRefused,
)
from parvis.net import HttpClient
from parvis.net.events import EventReader
from parvis.net.gathering import gathered
from parvis.net.hops import is_of_the_same_house, url_of

STREAM = head(content_type="text/event-stream", transfer_encoding="chunked")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def lines_of(client, url, **more):
    async with client.stream_lines(url, **more) as batches:
        return [line for batch in [batch async for batch in batches] for line in batch]


def streaming(*chunks, pause_s=0.0, ends=True):
    async def route(visit):
        await visit.send(STREAM)
        for one in chunks:
            await visit.send(chunk(one))
            await asyncio.sleep(pause_s)
        if ends:
            await visit.send(b"0\r\n\r\n")
        else:
            await asyncio.sleep(30)

    return route


async def test_lines_come_whole_however_they_are_cut(server, client):
    server.routes["/stream"] = streaming(b"data: \xc3", b"\xa9t\xc3\xa9\r\n", b"\nsecond", b" half\nrest")
    assert await lines_of(client, server.url("/stream")) == ["data: été", "", "second half"]


async def test_what_comes_together_is_given_on_together(server, client):
    server.routes["/stream"] = streaming(*(b"%d\n" % number for number in range(200)), pause_s=0.001)
    async with client.stream_lines(server.url("/stream")) as batches:
        sizes = [len(batch) async for batch in batches]
    assert sum(sizes) == 200 and len(sizes) <= 5


async def test_first_line_is_not_held_back_for_long(server, client):
    server.routes["/stream"] = streaming(b"now\n", ends=False)
    async with client.stream_lines(server.url("/stream")) as batches, asyncio.timeout(5):
        began_s = asyncio.get_running_loop().time()
        assert await anext(batches) == ("now",)
        assert asyncio.get_running_loop().time() - began_s < 2


async def pieces_of(*sent):
    """(the piece, seconds to wait after it)"""
    for piece, pause_s in sent:
        yield piece
        await asyncio.sleep(pause_s)


async def test_what_comes_alone_is_given_on_at_once_and_what_follows_it_closely_waits():
    source = pieces_of(("first", 0.1), ("second", 0.0), ("third", 0.0))
    async with gathered(source, size_of=len, gather_s=60) as batches, asyncio.timeout(20):
        assert [await anext(batches), await anext(batches)] == [("first",), ("second", "third")]


async def test_what_was_sent_in_pieces_at_once_is_one_batch():
    async with gathered(pieces_of(("event:", 0.0), ("data:", 0.0), ("", 30)), size_of=len) as batches:
        async with asyncio.timeout(20):
            assert await anext(batches) == ("event:", "data:", "")


async def test_stream_outlives_the_time_that_a_request_may_take(server, client):
    server.routes["/stream"] = streaming(*[b"tick\n"] * 6, pause_s=0.25)  # total_s is 0.8 here
    assert len(await lines_of(client, server.url("/stream"))) == 6


async def test_silence_ends_a_stream(server, client):
    server.routes["/stream"] = streaming(b"one\n", ends=False)
    with pytest.raises(TimedOut):
        await lines_of(client, server.url("/stream"), silence_s=0.3)


async def test_line_without_an_end_is_given_up(server, client):
    server.routes["/stream"] = streaming(*[b"x" * 100_000] * 30, ends=False)
    with pytest.raises(AnswerTooLarge):
        await lines_of(client, server.url("/stream"))


async def test_stream_nobody_takes_from_makes_the_server_wait(server, client):
    sent = []

    async def route(visit):
        await visit.send(STREAM)
        for _ in range(1000):
            await visit.send(chunk(b"x" * 99_999 + b"\n"))
            sent.append(1)

    server.routes["/stream"] = route
    async with client.stream_lines(server.url("/stream")) as batches:
        await anext(batches)
        await asyncio.sleep(1.0)
        assert len(sent) < 700  # of 1,000: what waits is bounded, here and in the two sockets


async def test_stream_that_breaks_off_says_so(server, client):
    async def route(visit):
        await visit.send(STREAM + chunk(b"one\n"))
        visit.reset()

    server.routes["/stream"] = route
    with pytest.raises(Unreachable):
        await lines_of(client, server.url("/stream"))


async def test_packed_stream_is_unpacked_within_bounds(server, client):
    async def route(visit):
        packed = gzip.compress(b"x" * 50_000_000)
        fields = {"content_type": "text/event-stream", "content_encoding": "gzip"}
        await visit.send(head(transfer_encoding="chunked", **fields) + chunk(packed) + b"0\r\n\r\n")

    server.routes["/stream"] = route
    with pytest.raises(AnswerTooLarge):
        await lines_of(client, server.url("/stream"))
    assert server.visits[-1].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("path", "error"),
    [("/status?code=401", CredentialsRejected), ("/limited", RateLimited), ("/loop", TooManyRedirects)],
)
async def test_refusal_is_what_it_would_be_for_a_request(server, client, path, error):
    with pytest.raises(error):
        await lines_of(client, server.url(path))


async def test_private_address_is_refused_before_any_connection(server):
    names = Names(["10.0.0.1"])
    async with HttpClient(options(allowed_private_hosts=frozenset(), resolve=names)) as client:
        with pytest.raises(AddressRefused):
            await lines_of(client, "http://example.org/stream")
        with pytest.raises(AddressRefused):
            async with client.websocket("ws://example.org/stream"):
                pass
    assert server.connections == 0 and names.asked == ["example.org", "example.org"]


async def test_redirect_to_a_private_address_is_not_followed(server):
    async def route(visit):
        await visit.answer(302, location="http://inside.example/")

    server.routes["/away"] = route

    async def resolve(host, port):
        return ["127.0.0.1"] if host == "localhost" else ["10.0.0.1"]

    async with HttpClient(options(allowed_private_hosts=frozenset({"localhost"}), resolve=resolve)) as client:
        with pytest.raises(AddressRefused):
            await lines_of(client, server.url("/away", host="localhost"))


async def test_sign_in_does_not_follow_a_redirect_elsewhere(server):
    async def away(visit):
        await visit.answer(302, location=server.url("/stream", host="localhost"))

    server.routes["/away"] = away
    server.routes["/stream"] = streaming(b"one\n")
    async with HttpClient(options(allowed_private_hosts=frozenset({"127.0.0.1", "localhost"}))) as both:
        await lines_of(both, server.url("/away"), headers={"Authorization": "Bearer secret"})
    assert "authorization" not in server.visits[-1].headers


@pytest.mark.parametrize(
    ("target", "is_told"),
    [
        ("https://example.org/stream", True),
        ("wss://example.org/stream", True),
        ("wss://streaming.example.org/", True),
        ("ws://streaming.example.org/", False),
        ("https://streaming.example.org:8443/", True),
        ("https://example.org.evil.example/", False),
        ("https://evilexample.org/", False),
        ("https://org/", False),
        ("ws://example.org/", False),
    ],
)
def test_stream_is_told_who_we_are_at_home_and_encrypted_below_it(target, is_told):
    assert is_of_the_same_house(url_of(target), url_of("https://example.org/@house")) is is_told


@asynccontextmanager
async def peer(handler, **more):
    async with serve(handler, "127.0.0.1", 0, **more) as running:
        yield next(iter(running.sockets)).getsockname()[1]


async def messages_of(client, url, **more):
    async with client.websocket(url, **more) as batches:
        return [message for batch in [batch async for batch in batches] for message in batch]


async def test_messages_come_in_order_and_the_end_ends_them(client):
    async def handler(connection):
        assert connection.request.path == "/?cursor=7"
        for number in range(50):
            await connection.send(b"%d" % number)
        await connection.send("text")

    async with peer(handler) as port:
        found = await messages_of(client, f"ws://127.0.0.1:{port}/", params={"cursor": 7})
    assert found == [*(b"%d" % number for number in range(50)), "text"]


async def test_message_that_is_too_large_is_not_taken_in(client):
    async def handler(connection):
        await connection.send(b"x" * 6_000_000)

    async with peer(handler) as port:
        with pytest.raises(AnswerTooLarge):
            await messages_of(client, f"ws://127.0.0.1:{port}/")


async def test_peer_that_vanishes_is_an_error(client):
    async def handler(connection):
        await connection.send("one")
        connection.transport.abort()

    async with peer(handler) as port:
        with pytest.raises(Unreachable):
            await messages_of(client, f"ws://127.0.0.1:{port}/")


async def test_websocket_follows_no_redirect(server, client):
    async def away(visit):
        await visit.answer(302, location=f"ws://127.0.0.1:{server.port}/fine")

    server.routes["/away"] = away
    with pytest.raises(AnswerUnusable):
        await messages_of(client, f"ws://127.0.0.1:{server.port}/away")
    assert server.hits("/fine") == 0


async def test_page_that_speaks_no_websocket_is_told_in_words(server, client):
    with pytest.raises((AnswerNotUnderstood, AnswerUnusable)):
        await messages_of(client, f"ws://127.0.0.1:{server.port}/fine")
    with pytest.raises(CredentialsRejected):
        await messages_of(client, f"ws://127.0.0.1:{server.port}/status?code=401")


async def test_silent_server_is_not_waited_for(server, client):
    with pytest.raises(TimedOut):
        await messages_of(client, f"ws://127.0.0.1:{server.port}/silent")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ws://user:secret@127.0.0.1/", "ws://127.0.0.1:22/", "ws:///x"])
async def test_odd_addresses_are_not_opened(client, url):
    with pytest.raises((WayRefused, AnswerUnusable)):
        await messages_of(client, url)


async def test_certificate_of_a_websocket_is_checked(client):
    async def handler(connection):
        await connection.send("one")

    async with peer(handler, ssl=serving("good")) as port:
        assert await messages_of(client, f"wss://127.0.0.1:{port}/") == ["one"]
    async with peer(handler, ssl=serving("wrong_name")) as port:
        with pytest.raises(TlsFailed):
            await messages_of(client, f"wss://127.0.0.1:{port}/")


async def test_secret_is_not_in_the_log(client, caplog):
    caplog.set_level(logging.DEBUG)

    async def handler(connection):
        await connection.send("one")

    logging.getLogger("websockets.server").setLevel(logging.INFO)
    async with peer(handler) as port:
        await messages_of(client, f"ws://127.0.0.1:{port}/", headers={"Authorization": "Bearer s3cret"})
    assert "s3cret" not in caplog.text


def test_events_are_read_across_batches_and_comments_stepped_over():
    reader = EventReader()
    first = list(reader.take([":thump", "event: update", "data: a"]))
    rest = list(reader.take(["data: b", "id: 7", "", "data:c", "", "event: nothing", ""]))
    assert first == []
    assert [(event.name, event.data, event.id) for event in rest] == [("update", "a\nb", "7"), ("message", "c", "7")]
