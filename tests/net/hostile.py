"""A real server on loopback that does what no server should, in a thread of its own.

    with HostileServer() as server:
        await client.request("GET", server.url("/drip"))
        assert server.hits("/drip") == 1

A route is `async def route(visit)`; it writes raw bytes, so that it can break every rule. The table at
the end, ROUTES, says what there is; `server.routes[path] = route` adds one's own.
"""

import asyncio
import gzip
import json
import ssl
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from socket import SO_LINGER, SOL_SOCKET
from typing import Self
from urllib.parse import parse_qs, urlsplit

import brotli

MB = 1_000_000


@dataclass
class Visit:
    """One request that arrived, and the way to answer it."""

    server: "HostileServer"
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: int
    writer: asyncio.StreamWriter = field(repr=False)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0)  # drain alone does not let others in

    async def answer(self, status=200, body=b"", content_type="text/plain", **headers) -> None:
        if not isinstance(body, bytes):
            body, content_type = json.dumps(body).encode(), "application/json"
        await self.send(head(status, content_type=content_type, content_length=len(body), **headers) + body)

    def reset(self) -> None:
        """Closes with RST: what a crashing server looks like."""
        self.writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Route = Callable[[Visit], Awaitable[None]]


def head(status=200, **headers) -> bytes:
    """A head of an answer; content_type=… becomes Content-Type, None leaves a header out."""
    lines = [f"HTTP/1.1 {status} Said"]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class HostileServer:
    """`tls` serves https with that context; `visits` is what came in, oldest first."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = dict(ROUTES)
        self.visits: list[Visit] = []
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(5)
        return self

    def __exit__(self, *_) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def hits(self, path: str) -> int:
        return sum(visit.path == path for visit in self.visits)

    async def _start(self) -> None:
        self._loop.set_exception_handler(lambda loop, context: None)  # broken TLS handshakes are the point
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while visit := await self._read(reader, writer, number):
                self.visits.append(visit)
                await self.routes.get(visit.path, not_found)(visit)
                if writer.transport.is_closing():
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _read(self, reader, writer, number: int) -> Visit | None:
        first = await reader.readexactly(1)
        if first == b"\x16":  # somebody speaks TLS to a port that does not
            writer.write(head(400, content_length=0))
            return None
        lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return Visit(self, method, parts.path, query, headers, body, number, writer)


# --- well-behaved ones, to compare with


async def fine(visit: Visit) -> None:
    await visit.answer(200, {"hello": "world"})


async def echo(visit: Visit) -> None:
    said = {"method": visit.method, "headers": visit.headers, "body": visit.body.decode("latin-1"), "q": visit.query}
    await visit.answer(200, said)


async def not_found(visit: Visit) -> None:
    await visit.answer(404, {"code": "rest_no_route", "message": "No route was found."})


async def status(visit: Visit) -> None:
    """?code=422"""
    message = "<strong>Error:</strong> you\tmay not\x07 &amp; never will"
    await visit.answer(int(visit.query["code"]), {"code": "rest_forbidden", "message": message})


# --- time and size


async def silent(visit: Visit) -> None:
    await asyncio.sleep(60)


async def drip(visit: Visit) -> None:
    """A byte now and then, forever."""
    await visit.send(head(content_type="text/plain", content_length=MB))
    while True:
        await visit.send(b".")
        await asyncio.sleep(0.05)


async def drip_headers(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await visit.send(b"X")
        await asyncio.sleep(0.05)


async def endless(visit: Visit) -> None:
    await visit.send(head(content_type="text/plain", transfer_encoding="chunked"))
    while True:
        await visit.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")


async def crumbs(visit: Visit) -> None:
    """One byte in a chunk, forever, as fast as they go."""
    await visit.send(head(content_type="text/plain", transfer_encoding="chunked"))
    while True:
        await visit.send(b"1\r\nx\r\n" * 10_000)


async def announced_large(visit: Visit) -> None:
    await visit.send(head(content_length=10**12))
    await asyncio.sleep(60)


async def endless_headers(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await visit.send((b"X-More: " + b"x" * 1000 + b"\r\n") * 50)


async def endless_hints(visit: Visit) -> None:
    while True:
        await visit.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1000)


async def huge_header(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\nX-Huge: " + b"x" * 2 * MB + b"\r\nContent-Length: 0\r\n\r\n")


# --- packed


@cache
def gzip_bomb() -> bytes:
    """10 GB of zeros in 10 MB: one flushed block of 10 MB, a thousand times over."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = engine.compress(bytes(10 * MB)) + engine.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + block * 1000


@cache
def brotli_bomb() -> bytes:
    """10 GB of zeros in 17 kB: from the second on, each 16 MB pack into the same 26 bytes."""
    engine = brotli.Compressor(quality=5)
    zeros = bytes(16 << 20)
    first, second = (engine.process(zeros) + engine.flush() for _ in range(2))
    return first + second * 640


async def bomb(visit: Visit) -> None:
    await visit.answer(200, gzip_bomb(), content_encoding="gzip")


async def bomb_brotli(visit: Visit) -> None:
    await visit.answer(200, brotli_bomb(), content_encoding="br")


async def bomb_layered(visit: Visit) -> None:
    await visit.answer(200, gzip.compress(gzip_bomb()), content_encoding="gzip, gzip")


async def hollow_gzip(visit: Visit) -> None:
    """Empty members without end: much to read, nothing to show for it."""
    await visit.send(head(content_encoding="gzip", transfer_encoding="chunked"))
    member = gzip.compress(b"") * 1000
    while True:
        await visit.send(b"%x\r\n%b\r\n" % (len(member), member))


async def packed(visit: Visit) -> None:
    """?how=gzip|deflate|bare|br|members|short|broken|zstd|plain"""
    text = b"Bonjour \xc3\xa0 tous. " * 5000
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body, encoding = {
        "gzip": (gzip.compress(text), "gzip"),
        "deflate": (zlib.compress(text), "deflate"),
        "bare": (bare.compress(text) + bare.flush(), "deflate"),
        "br": (brotli.compress(text), "br"),
        "members": (gzip.compress(text[:999]) + gzip.compress(text[999:]) + b"\0\0", "GZip"),
        "twice": (brotli.compress(gzip.compress(text)), "gzip, br"),
        "short": (gzip.compress(text)[:-20], "gzip"),
        "broken": (b"\x1f\x8b\x08\x00" + b"\x99" * 500, "gzip"),
        "zstd": (b"\x28\xb5\x2f\xfd", "zstd"),
        "plain": (text, "identity"),
    }[visit.query["how"]]
    await visit.answer(200, body, content_encoding=encoding)


# --- redirects


async def loop(visit: Visit) -> None:
    await visit.answer(302, location=f"/loop?n={int(visit.query.get('n', 0)) + 1}")


async def redirect(visit: Visit) -> None:
    """?to=https://…&code=302"""
    await visit.answer(int(visit.query.get("code", 302)), location=visit.query["to"])


# --- refusals


async def limited(visit: Visit) -> None:
    """?retry=120, or a date that is two minutes ahead of the server's own clock, which is years behind"""
    theirs = datetime(2019, 5, 1, 12, tzinfo=UTC)
    retry = visit.query.get("retry") or format_datetime(theirs + timedelta(minutes=2), usegmt=True)
    await visit.answer(429, {"message": "slow"}, retry_after=retry, date=format_datetime(theirs, usegmt=True))


async def busy(visit: Visit) -> None:
    await visit.answer(503, b"later", retry_after="7")


async def broken(visit: Visit) -> None:
    await visit.answer(500, b"<h1>There has been a critical error</h1>", "text/html")


async def work_then_broken(visit: Visit) -> None:
    """Carries the work out and fails while it says so."""
    visit.server.done = getattr(visit.server, "done", 0) + 1
    await broken(visit)


async def work_then_cut(visit: Visit) -> None:
    visit.server.done = getattr(visit.server, "done", 0) + 1
    visit.reset()


async def refused_by_bomb(visit: Visit) -> None:
    await visit.answer(401, gzip_bomb(), content_encoding="gzip")


# --- broken HTTP


async def cut(visit: Visit) -> None:
    visit.writer.close()


async def reset(visit: Visit) -> None:
    visit.reset()


async def cut_in_body(visit: Visit) -> None:
    await visit.send(head(content_length=1000) + b"half")
    visit.writer.close()


async def cut_in_chunk(visit: Visit) -> None:
    await visit.send(head(transfer_encoding="chunked") + b"64\r\nhalf")
    visit.writer.close()


async def says_less(visit: Visit) -> None:
    """Announces 5 bytes and sends more; the rest lies in the way of the next answer."""
    await visit.send(head(content_type="text/plain", content_length=5) + b"first and too much")


async def bad_chunks(visit: Visit) -> None:
    await visit.send(head(transfer_encoding="chunked") + b"XYZ\r\nhello\r\n0\r\n\r\n")


async def bad_header(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\nBad\x00Name\xff: 1\r\nno colon here\r\n\r\n")


async def odd_header(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nX-Name: th\xc3\xa9\r\nContent-Length: 2\r\n\r\nok")


async def not_http(visit: Visit) -> None:
    await visit.send(b"220 mail.example.org ESMTP\r\n\r\n")


async def two_lengths(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello")


# --- wrong content


async def html_for_json(visit: Visit) -> None:
    await visit.answer(200, b"<!DOCTYPE html><title>Sign in &amp; wait</title>", "application/json")


async def wrong_charset(visit: Visit) -> None:
    """?sent=cp1252&said=utf-8"""
    text = "<p>Forêt à l’œil</p>"
    await visit.answer(200, text.encode(visit.query["sent"]), f"text/html; charset={visit.query['said']}")


_ALL = [
    *(fine, echo, status),
    *(silent, drip, drip_headers, endless, crumbs, announced_large, endless_headers, endless_hints, huge_header),
    *(bomb, bomb_brotli, bomb_layered, hollow_gzip, packed),
    *(loop, redirect),
    *(limited, busy, broken, work_then_broken, work_then_cut, refused_by_bomb),
    *(cut, reset, cut_in_body, cut_in_chunk, says_less, bad_chunks, bad_header, odd_header, not_http, two_lengths),
    *(html_for_json, wrong_charset),
]
ROUTES: dict[str, Route] = {f"/{route.__name__}": route for route in _ALL}
