"""Each refusal becomes the error that helps, and a write's unknown outcome is called unknown."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.net.certificates import serving
from tests.net.conftest import options
from tests.net.hostile import HostileServer

from parvis.core.errors import (
    CredentialsRejected,
    RateLimited,
    Refused,
    RemoteBroken,
    RemoteError,
    RemoteGone,
    RightMissing,
    TlsFailed,
    Unreachable,
)
from parvis.net import HttpClient, complaint_of, pause_asked_s

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "error"),
    [(400, Refused), (401, CredentialsRejected), (403, RightMissing), (404, RemoteGone), (409, Refused),
     (410, RemoteGone), (422, Refused), (429, RateLimited), (500, RemoteBroken), (502, RemoteBroken),
     (503, RemoteBroken), (504, RemoteBroken)],
)  # fmt: skip
async def test_status_becomes_its_error_and_only_a_fault_leaves_a_write_open(server, client, code, error):
    for method in ("GET", "POST", "DELETE"):
        with pytest.raises(RemoteError) as caught:
            await client.request(method, server.url(f"/status?code={code}"))
        assert type(caught.value) is error
        assert caught.value.maybe_done is (code >= 500 and method != "GET")
        assert complaint_of(caught.value.answer).code == "rest_forbidden"


async def test_refusal_repeats_the_other_sides_words_as_plain_text(server, client):
    with pytest.raises(RightMissing) as caught:
        await client.request("GET", server.url("/status?code=403"))
    assert caught.value.places["detail"] == "Error: you may not & never will"


async def test_accepted_status_is_an_answer(server, client):
    answer = await client.request("GET", server.url("/status?code=404"), accept_statuses=frozenset({404}))
    assert answer.status == 404 and b"rest_forbidden" in answer.body


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/silent", "/cut", "/reset", "/cut_in_body", "/work_then_broken", "/work_then_cut", "/endless_headers"]
)
async def test_write_that_left_and_was_not_answered_may_be_done(server, client, method, path):
    if method == "HEAD" and path == "/cut_in_body":
        return  # a complete answer to HEAD
    with pytest.raises(RemoteError) as caught:
        await client.request(method, server.url(path))
    assert caught.value.maybe_done is (method not in {"GET", "HEAD"})


async def test_write_is_sent_once_whatever_happens(server, client):
    with pytest.raises(RemoteError):
        await client.request("POST", server.url("/work_then_cut"))
    assert server.done == 1


async def test_write_on_a_kept_connection_that_dies_is_not_sent_again(server, client):
    await client.request("GET", server.url("/fine"))
    with pytest.raises(Unreachable) as caught:
        await client.request("POST", server.url("/reset"))
    assert server.hits("/reset") == 1 and caught.value.maybe_done is True


async def test_read_on_a_kept_connection_that_dies_is_sent_again_once(server, client):
    await client.request("GET", server.url("/fine"))
    with pytest.raises(Unreachable):
        await client.request("GET", server.url("/cut"))
    assert server.hits("/cut") == 2


async def test_write_whose_answer_is_too_large_may_be_done(server, client):
    with pytest.raises(RemoteError) as caught:
        await client.request("POST", server.url("/endless"))
    assert caught.value.maybe_done is True


async def test_refused_connection_leaves_nothing_open(client):
    closed = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = closed.sockets[0].getsockname()[1]
    closed.close()
    await closed.wait_closed()
    with pytest.raises(Unreachable, match="it refuses the connection") as caught:
        await client.request("POST", f"http://127.0.0.1:{port}/")
    assert caught.value.maybe_done is False
    assert "il refuse la connexion" in caught.value.text.fr


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("expired", "it has expired"),
        ("future", "not valid yet"),
        ("stranger", "authority is not a known one"),
        ("self_signed", "signed by nobody but itself|authority is not a known one"),
        ("wrong_name", "belongs to another"),
    ],
)
async def test_bad_certificate_is_refused_with_its_cause_and_nothing_is_sent(client, kind, words):
    with HostileServer(tls=serving(kind)) as secure:
        with pytest.raises(TlsFailed, match=words) as caught:
            await client.request("POST", secure.url("/fine"), auth=("zoe", "secret"))
        assert secure.visits == [] and caught.value.maybe_done is False


async def test_good_certificate_is_accepted(client):
    with HostileServer(tls=serving("good")) as secure:
        assert (await client.request("GET", secure.url("/fine"))).status == 200


async def test_https_at_a_port_that_speaks_http_is_a_tls_failure(server, client):
    with pytest.raises(TlsFailed):
        await client.request("GET", server.url("/fine").replace("http:", "https:"))


async def test_machines_own_authorities_do_not_trust_ours():
    with HostileServer(tls=serving("good")) as secure:
        async with HttpClient(options(ssl_context=None)) as client:
            with pytest.raises(TlsFailed):
                await client.request("GET", secure.url("/fine"))


@pytest.mark.parametrize(
    ("query", "wait_s"), [("retry=120", 120), ("", 120), ("retry=9999999", 86400), ("retry=x", 60)]
)
async def test_too_many_requests_says_how_long_to_wait(server, client, query, wait_s):
    with pytest.raises(RateLimited) as caught:
        await client.request("POST", server.url(f"/limited?{query}"))
    assert caught.value.retry_after_s == wait_s and caught.value.maybe_done is False


async def test_busy_gateway_says_how_long_to_wait_and_leaves_a_write_open(server, client):
    for method, maybe_done in (("GET", False), ("POST", True)):
        with pytest.raises(RateLimited) as caught:
            await client.request(method, server.url("/busy"))
        assert (caught.value.retry_after_s, caught.value.maybe_done) == (7, maybe_done)


async def test_forbidden_because_the_hour_is_used_up_is_a_rate_limit(server):
    async def used_up(visit):
        reset = int(NOW.timestamp()) + 90
        await visit.answer(403, {}, x_ratelimit_remaining=0, x_ratelimit_reset=reset)

    server.routes["/used-up"] = used_up
    async with HttpClient(options(), clock=lambda: NOW) as client:
        with pytest.raises(RateLimited) as caught:
            await client.request("GET", server.url("/used-up"))
    assert caught.value.retry_after_s == 90


EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("headers", "pause_s"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "Mon, 02 Mar 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "Mon, 02 Mar 2020 12:01:00 GMT"}, 0),
        ({"retry-after": "Mon, 02 Mar 2026 12:01:00 GMT", "date": "Mon, 02 Mar 2026 12:00:50 GMT"}, 10),
        ({"retry-after": "Mon, 02 Mar 2026 12:01:00 GMT", "date": "Mon, 02 Mar 2026 11:00:00 GMT", "age": "3600"}, 60),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "soon"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "17"}, 17),
        ({"ratelimit-remaining": "3", "ratelimit-reset": "17"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH + 40)}, 40),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str((EPOCH + 40) * 1000)}, 40),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-03-02T12:00:20.5Z"}, 20.5),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(EPOCH + 5)}, 5),
        ({"x-ratelimit-remaining": "0"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}, 86400),
        ({"ratelimit": '"default";r=0;t=12'}, 12),
        ({"ratelimit": '"burst";r=5;t=1, "day";r=0;t=99999999'}, 86400),
        ({"ratelimit": '"default";r=50;t=12'}, None),
    ],
)
def test_pause_is_read_from_every_dialect(headers, pause_s):
    assert pause_asked_s(headers, NOW) == pause_s


@pytest.mark.parametrize("text", ["٣٠", "1e9", "0x10", "NaN", "inf", "\x00", "1" * 16, "Mon, 99 Foo 2026", ", , ,"])
def test_pause_that_makes_no_sense_is_none(text):
    for name in ("retry-after", "ratelimit", "date"):
        assert pause_asked_s({name: text}, NOW) is None


def test_pause_is_told_before_the_refusal_comes():
    soon = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int((NOW + timedelta(seconds=9)).timestamp()))}
    assert pause_asked_s(soon, NOW) == 9
