"""The bridge between the web server and Django's pages."""

import asyncio
import threading

import pytest

from parvis.web.server import WsgiBridge


def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Length", environ["CONTENT_LENGTH"])])
    return [
        environ["REQUEST_METHOD"].encode(),
        b" ",
        environ["wsgi.input"].read(),
        environ.get("HTTP_X_A", "").encode(),
    ]


def scope(method="POST", headers=()):
    return {
        "type": "http",
        "method": method,
        "path": "/é",
        "query_string": b"a=1",
        "http_version": "1.1",
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }


async def call(bridge, scope, *messages):
    pending, sent = list(messages), []

    async def receive():
        return pending.pop(0)

    async def send(message):
        sent.append(message)

    await bridge(scope, receive, send)
    return sent


async def test_body_in_pieces_arrives_whole():
    sent = await call(
        WsgiBridge(echo),
        scope(),
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"cd", "more_body": False},
    )
    assert sent[0]["status"] == 200
    assert (b"x-length", b"4") in sent[0]["headers"]
    assert b"".join(m.get("body", b"") for m in sent) == b"POST abcd"


async def test_header_with_underscore_cannot_pass_for_another():
    headers = [(b"x_a", b"forged")]
    sent = await call(WsgiBridge(echo), scope(headers=headers), {"type": "http.request", "body": b""})
    assert b"forged" not in b"".join(m.get("body", b"") for m in sent)


async def test_slow_visitor_does_not_hold_the_pages():
    bridge = WsgiBridge(echo)
    never = asyncio.Event()

    async def drip():
        await never.wait()

    slow = asyncio.create_task(bridge(scope(), drip, drip))
    await asyncio.sleep(0)
    sent = await asyncio.wait_for(call(bridge, scope("GET"), {"type": "http.request", "body": b""}), 5)
    assert sent[0]["status"] == 200
    slow.cancel()


async def test_visitor_who_leaves_while_sending_leaves_no_trace():
    assert await call(WsgiBridge(echo), scope(), {"type": "http.disconnect"}) == []


async def test_upload_over_the_limit_is_refused_in_words(monkeypatch):
    monkeypatch.setattr("parvis.web.server.BODY_LIMIT_BYTES", 3)
    sent = await call(WsgiBridge(echo), scope(), {"type": "http.request", "body": b"abcd"})
    assert sent[0]["status"] == 413


@pytest.mark.parametrize("method", ["HEAD"])
async def test_head_has_no_body(method):
    sent = await call(WsgiBridge(echo), scope(method), {"type": "http.request", "body": b""})
    assert all(not message.get("body") for message in sent)


async def test_page_that_waits_for_a_slow_site_does_not_hold_the_others():
    begun, go_on = threading.Event(), threading.Event()

    def slow_on_channels(environ, start_response):
        if environ["PATH_INFO"].startswith("/channels/"):
            begun.set()
            assert go_on.wait(10)
        return echo(environ, start_response)

    bridge = WsgiBridge(slow_on_channels)
    waiting = asyncio.create_task(call(bridge, {**scope(), "path": "/channels/new/"}, {"type": "http.request"}))
    await asyncio.to_thread(begun.wait, 10)
    sent = await asyncio.wait_for(call(bridge, scope("GET"), {"type": "http.request", "body": b""}), 5)
    assert sent[0]["status"] == 200
    go_on.set()
    assert (await waiting)[0]["status"] == 200


async def test_a_file_is_read_while_it_is_sent_and_closed_by_the_thread_of_the_pages(tmp_path):
    path = tmp_path / "film"
    path.write_bytes(b"x" * 200_000)
    closed = []

    class Counted:
        def __init__(self):
            self.file, self.largest = path.open("rb"), 0

        def read(self, size):
            self.largest = max(self.largest, size)
            return self.file.read(size)

        def close(self):
            closed.append(threading.current_thread().name)
            self.file.close()

    sent_file = Counted()

    def app(environ, start_response):
        start_response("206 Partial Content", [("Content-Type", "video/mp4")])
        return environ["wsgi.file_wrapper"](sent_file)

    sent = await call(WsgiBridge(app), scope("GET"), {"type": "http.request", "body": b""})
    assert sent[0]["status"] == 206
    assert b"".join(one.get("body", b"") for one in sent) == b"x" * 200_000
    assert sent_file.largest < 100_000 and len(sent) > 3
    assert [name.startswith("pages") for name in closed] == [True]
