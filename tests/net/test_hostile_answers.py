"""Whatever a server does, the client ends in time, in bounds and with an error that names the cause."""

import asyncio
import time
import tracemalloc

import pytest
from tests.net.conftest import QUICK, options
from tests.net.hostile import MB, HostileServer, brotli_bomb, gzip_bomb

from parvis.core.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    CredentialsRejected,
    ParvisError,
    TimedOut,
    TooManyRedirects,
    Unreachable,
)
from parvis.net import HttpClient, Limits, decode_text


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/silent", TimedOut, "0.4 s"),
        ("/drip", TimedOut, "0.8 s"),
        ("/drip_headers", TimedOut, "0.8 s"),
        ("/endless_hints", AnswerNotUnderstood, "headers without end"),
        ("/endless", AnswerTooLarge, "more than 2 MB"),
        ("/announced_large", AnswerTooLarge, "more than 2 MB"),
        ("/hollow_gzip", AnswerTooLarge, "more than 2 MB"),
        ("/endless_headers", AnswerNotUnderstood, "headers without end"),
        ("/crumbs", AnswerNotUnderstood, "endless crumbs"),
        ("/huge_header", AnswerNotUnderstood, "headers without end"),
        ("/loop", TooManyRedirects, "without end"),
        ("/cut", Unreachable, "closed the connection without answering"),
        ("/reset", Unreachable, "closed the connection|broke the connection off"),
        ("/cut_in_body", Unreachable, "its answer broke off"),
        ("/cut_in_chunk", Unreachable, "its answer broke off"),
        ("/bad_chunks", AnswerNotUnderstood, "not valid HTTP"),
        ("/bad_header", AnswerNotUnderstood, "not valid HTTP"),
        ("/not_http", AnswerNotUnderstood, "not valid HTTP"),
        ("/two_lengths", AnswerNotUnderstood, "not valid HTTP"),
        ("/packed?how=short", AnswerNotUnderstood, "packed data is broken"),
        ("/packed?how=broken", AnswerNotUnderstood, "packed data is broken"),
        ("/packed?how=zstd", AnswerNotUnderstood, "packed data is broken"),
    ],
)
async def test_hostile_answer_ends_in_time_with_its_cause_in_words(server, client, path, error, words):
    started = time.monotonic()
    with pytest.raises(error, match=words) as caught:
        await client.request("GET", server.url(path))
    assert time.monotonic() - started < 1.5
    assert type(caught.value) is error
    assert "127.0.0.1" in caught.value.text.fr and "{" not in caught.value.text.fr
    assert caught.value.maybe_done is False


async def test_client_serves_others_while_and_after_many_are_hostile(server, client):
    gzip_bomb()
    paths = ["/drip", "/silent", "/endless", "/bomb", "/cut", "/loop", "/endless_hints", "/crumbs"] * 2
    hostile = [client.request("GET", server.url(path)) for path in paths]
    with HostileServer() as friend:
        fine = [client.request("GET", friend.url("/fine")) for _ in range(5)]
        outcomes = await asyncio.gather(*hostile, *fine, return_exceptions=True)
    assert [outcome for outcome in outcomes[-5:] if isinstance(outcome, Exception)] == []
    assert all(isinstance(outcome, ParvisError) for outcome in outcomes[:-5])
    assert not client._pool._requests
    assert all(connection.is_idle() for connection in client._pool.connections)


@pytest.mark.parametrize("path", ["/bomb", "/bomb_brotli", "/bomb_layered"])
async def test_bomb_of_ten_gigabytes_costs_a_few_megabytes(server, client, path):
    gzip_bomb(), brotli_bomb()
    await client.request("GET", server.url("/fine"))
    tracemalloc.start()
    try:
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", server.url(path))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    server_bytes = len(gzip_bomb()) * 2 if path == "/bomb" else MB  # it copies what it sends, in this process
    assert peak_bytes - server_bytes < 6 * MB


async def test_small_body_that_unpacks_a_thousandfold_is_refused_before_the_size_limit(server):
    limits = Limits(max_body_bytes=100 * MB, total_s=2.0)
    async with HttpClient(options(limits=limits)) as client:
        with pytest.raises(AnswerTooLarge, match=r"more than [1-9]\.\d+ MB"):
            await client.request("GET", server.url("/bomb_brotli"))


@pytest.mark.parametrize("how", ["gzip", "deflate", "bare", "br", "members", "twice", "plain"])
async def test_packed_answer_is_the_same_as_the_plain_one(server, client, how):
    answer = await client.request("GET", server.url(f"/packed?how={how}"))
    assert answer.body == b"Bonjour \xc3\xa0 tous. " * 5000


async def test_refusal_is_told_even_where_its_body_is_a_bomb(server, client):
    with pytest.raises(CredentialsRejected):
        await client.request("GET", server.url("/refused_by_bomb"))


async def test_read_survives_a_connection_that_the_last_answer_left_out_of_step(server, client):
    first = await client.request("GET", server.url("/says_less"))
    second = await client.request("GET", server.url("/fine"))
    assert (first.body, second.status) == (b"first", 200)


async def test_connection_is_kept_from_one_request_to_the_next(server, client):
    for _ in range(5):
        await client.request("GET", server.url("/fine"))
    assert server.connections == 1


async def test_header_bytes_of_any_charset_are_read_and_doubles_joined(server, client):
    answer = await client.request("GET", server.url("/odd_header"))
    assert answer.headers["x-name"] == "café, thé"


async def test_body_of_exactly_the_limit_passes(server):
    async def full(visit):
        await visit.answer(200, b"x" * QUICK.max_body_bytes)

    server.routes["/full"] = full
    async with HttpClient(options()) as client:
        assert len((await client.request("GET", server.url("/full"))).body) == QUICK.max_body_bytes


async def test_cancelled_request_gives_its_connection_back(server, client):
    task = asyncio.create_task(client.request("GET", server.url("/silent")))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not client._pool.connections
    assert decode_text(await client.request("GET", server.url("/fine"))) == '{"hello": "world"}'


async def test_full_house_is_not_blamed_on_the_other_side(server):
    limits = Limits(read_s=2.0, total_s=0.6)
    async with HttpClient(options(limits=limits, max_connections=1)) as client:
        hog = asyncio.create_task(client.request("GET", server.url("/silent")))
        await asyncio.sleep(0.1)
        with pytest.raises(Unreachable, match="every connection of this machine"):
            await client.request("POST", server.url("/fine"))
        with pytest.raises(TimedOut):
            await hog
