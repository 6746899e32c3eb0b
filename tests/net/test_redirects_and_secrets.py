"""What identifies us stays with the origin it was meant for, and a write goes nowhere by itself."""

import logging
from datetime import UTC, datetime

import pytest
from tests.net.certificates import serving
from tests.net.conftest import options
from tests.net.hostile import HostileServer

from parvis.core.connector import Session
from parvis.core.errors import AnswerUnusable, BadInput, NotEncrypted, RemoteError
from parvis.net import HttpClient, json_of

SIGN_IN = {"username": "Zoé", "password": "abcd efgh"}
SENT = "Basic Wm/DqTphYmNkIGVmZ2g="


def session(client, address, credentials=SIGN_IN, **more) -> Session:
    return client.session(address, credentials, facts={}, now=datetime(2026, 3, 2, tzinfo=UTC), **more)


@pytest.fixture
def other():
    with HostileServer() as running:
        yield running


async def test_session_signs_in_at_its_own_origin(server, client):
    said = json_of(await session(client, server.url("/blog/")).request("GET", server.url("/echo")))
    assert said["headers"]["authorization"] == SENT


async def test_session_takes_relative_addresses_from_its_own(server, client):
    said = json_of(await session(client, server.url("/blog/")).request("GET", "/echo", params={"page": 2}))
    assert (said["headers"]["authorization"], said["q"]) == (SENT, {"page": "2"})


async def test_session_never_signs_in_at_another_origin(server, other, client):
    mine = session(client, server.url("/"))
    for headers in ({}, {"Authorization": "Bearer secret"}):
        said = json_of(await mine.request("GET", other.url("/echo"), headers=headers))
        assert "authorization" not in said["headers"]


async def test_connector_may_make_its_own_authorisation(server, client):
    own = session(client, server.url("/"), {"token": "t"}, auth=lambda credentials: f"Bearer {credentials['token']}")
    assert json_of(await own.request("GET", "/echo"))["headers"]["authorization"] == "Bearer t"
    said = json_of(await own.request("GET", "/echo", headers={"Authorization": "Bearer u"}))
    assert said["headers"]["authorization"] == "Bearer u"


async def test_session_without_password_signs_in_nowhere(server, client):
    said = json_of(await session(client, server.url("/"), {"username": "zoe"}).request("GET", "/echo"))
    assert "authorization" not in said["headers"]


def test_session_shows_no_secret_where_it_is_printed(client):
    assert "abcd" not in repr(session(client, "https://example.org"))


async def test_redirect_to_another_origin_leaves_every_secret_behind(server, other, client):
    secrets = {"Authorization": "Basic x", "Cookie": "a=b", "X-Api-Key": "k", "Accept-Language": "fr"}
    url = server.url(f"/redirect?to={other.url('/echo')}")
    kept = json_of(await client.request("GET", url, headers=secrets))["headers"]
    assert not {"authorization", "cookie", "x-api-key"} & set(kept)
    assert kept["accept-language"] == "fr" and kept["host"] == f"127.0.0.1:{other.port}"


async def test_redirect_within_the_origin_stays_signed_in(server, client):
    said = json_of(await client.request("GET", server.url("/redirect?to=/echo"), auth=("zoe", "pw")))
    assert said["headers"]["authorization"].startswith("Basic ")


async def test_redirect_from_https_to_http_is_refused_to_the_signed_in_and_followed_by_others(server, client):
    with HostileServer(tls=serving("good")) as secure:
        url = secure.url(f"/redirect?to={server.url('/echo')}")
        with pytest.raises(NotEncrypted):
            await client.request("GET", url, auth=("zoe", "pw"))
        assert server.visits == []
        assert (await client.request("GET", url)).status == 200


async def test_answer_tells_where_it_came_from_in_the_end(server, client):
    answer = await client.request("GET", server.url("/redirect?to=/fine"))
    assert answer.url == server.url("/fine")


async def test_caller_may_look_at_a_redirect_itself(server, client):
    answer = await client.request("POST", server.url("/redirect?to=/fine"), accept_statuses=frozenset({302}))
    assert (answer.status, answer.headers["location"]) == (302, "/fine")


@pytest.mark.parametrize(("code", "maybe_done"), [(301, False), (302, True), (303, True)])
async def test_write_is_never_turned_into_a_read(server, client, code, maybe_done):
    with pytest.raises(AnswerUnusable, match="sends this request on") as caught:
        await client.request("POST", server.url(f"/redirect?to=/fine&code={code}"), json={})
    assert server.hits("/fine") == 0 and caught.value.maybe_done is maybe_done


@pytest.mark.parametrize("code", [307, 308])
async def test_write_is_sent_on_within_its_origin_only(server, other, client, code):
    said = json_of(await client.request("POST", server.url(f"/redirect?to=/echo&code={code}"), json={"a": 1}))
    assert (said["method"], said["body"]) == ("POST", '{"a":1}')
    with pytest.raises(AnswerUnusable):
        await client.request("POST", server.url(f"/redirect?to={other.url('/echo')}&code={code}"), json={"a": 1})
    assert other.visits == []


async def test_redirect_without_a_place_is_unusable(server, client):
    async def nowhere(visit):
        await visit.answer(302)

    server.routes["/nowhere"] = nowhere
    with pytest.raises(AnswerUnusable, match="HTTP 302"):
        await client.request("GET", server.url("/nowhere"))


async def test_cookies_are_not_kept(server, client):
    async def set_cookie(visit):
        await visit.answer(200, set_cookie="session=1; Path=/")

    server.routes["/set"] = set_cookie
    await client.request("GET", server.url("/set"))
    assert "cookie" not in json_of(await client.request("GET", server.url("/echo")))["headers"]


async def test_header_cannot_be_smuggled_in(server, client):
    with pytest.raises(BadInput):
        await client.request("GET", server.url("/echo"), headers={"X-A": "1\r\nX-B: 2"})
    said = json_of(await client.request("GET", server.url("/echo"), headers={"Host": "evil", "Content-Length": "9"}))
    assert said["headers"]["host"] == f"127.0.0.1:{server.port}" and "content-length" not in said["headers"]


async def test_no_secret_reaches_a_log_or_an_error(server, caplog):
    with caplog.at_level(logging.DEBUG), HostileServer(tls=serving("good")) as secure:
        async with HttpClient(options(http2=True)) as client:
            await client.request("POST", secure.url("/echo"), auth=("zoe", "s3cret-word"), json={"a": "s3cret-word"})
            with pytest.raises(RemoteError) as caught:
                await client.request("GET", secure.url("/status?code=403&key=s3cret-word"), auth=("zoe", "s3cret-word"))
    texts = [caplog.text, str(caught.value), repr(caught.value), caught.value.text.fr]
    assert not [text for text in texts if "s3cret" in text or "em9lO" in text]
