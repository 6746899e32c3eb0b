"""What the web processes run: pages by WSGI on one thread, the live stream beside it on the event loop.

The thread never waits for the network: a request's body is read whole before it, and the answer is
sent after it, so that a slow visitor holds up nobody.
"""

import asyncio
import io
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, cast

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

BODY_IN_MEMORY_BYTES = 1_000_000
BODY_LIMIT_BYTES = 512_000_000
CHUNK_BYTES = 65_536
WAITING_PATHS = ("/channels/", "/assets/arrive/")
"""Pages that may ask a platform something, or look into a file, while somebody waits: they hold up these alone."""


class BodyTooLarge(Exception):
    pass


class VisitorGone(Exception):
    pass


class SentFile:
    """A file as the answer: read while it is sent, and never whole in memory. WSGI's `file_wrapper`."""

    def __init__(self, file: BinaryIO, block_size: int = CHUNK_BYTES) -> None:
        self.file, self.block_size = file, block_size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(self.block_size):
            yield piece

    def close(self) -> None:
        self.file.close()


class WsgiBridge:
    """A WSGI application as an ASGI one."""

    def __init__(self, app: WsgiApp) -> None:
        self.app = app
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pages")
        self.waiting_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="waiting-pages")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read_body(receive)
        except VisitorGone:
            return
        except BodyTooLarge:
            await _send_all(send, 413, [(b"content-type", b"text/plain")], b"This upload is larger than 512 MB.")
            return
        loop = asyncio.get_running_loop()
        thread = self.waiting_thread if scope["path"].startswith(WAITING_PATHS) else self.thread
        status, headers, content = await loop.run_in_executor(thread, self._answer, scope, body)
        if isinstance(content, SentFile):
            try:
                await _send_file(send, status, headers, content, is_shown=scope["method"] != "HEAD")
            finally:
                await loop.run_in_executor(thread, content.close)  # it lets go of what that thread holds
            return
        await _send_all(send, status, headers, b"" if scope["method"] == "HEAD" else content)

    def _answer(self, scope: Scope, body: BinaryIO) -> tuple[int, list[tuple[bytes, bytes]], bytes | SentFile]:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            started[:] = [int(status[:3]), [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]]

        with body:
            chunks = self.app(_environ(scope, body), start_response)
            if isinstance(chunks, SentFile):
                return started[0], started[1], chunks
            try:
                content = b"".join(chunks)
            finally:
                if close := getattr(chunks, "close", None):
                    close()
        return started[0], started[1], content


async def _read_body(receive: Receive) -> BinaryIO:
    body = tempfile.SpooledTemporaryFile(max_size=BODY_IN_MEMORY_BYTES)  # noqa: SIM115
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            body.close()
            raise VisitorGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_LIMIT_BYTES:
            body.close()
            raise BodyTooLarge
        body.write(chunk)
        if not message.get("more_body"):
            body.seek(0)
            return cast(BinaryIO, body)


async def _send_all(send: Send, status: int, headers: list[tuple[bytes, bytes]], content: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for start in range(0, len(content), CHUNK_BYTES):
        chunk = content[start : start + CHUNK_BYTES]
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_file(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], file: SentFile, *, is_shown: bool
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    while is_shown and (piece := await asyncio.to_thread(file.file.read, CHUNK_BYTES)):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _environ(scope: Scope, body: BinaryIO) -> dict[str, Any]:
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("", 0))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": SentFile,
    }
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1")
        if "_" in name:  # X_Forwarded_Proto must not pass for X-Forwarded-Proto
            continue
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{key}"
        value = raw_value.decode("latin-1")
        environ[key] = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(_length(body))
    return environ


def _length(body: BinaryIO) -> int:
    length = body.seek(0, io.SEEK_END)
    body.seek(0)
    return length


class Application:
    """/stream on the event loop, everything else on the pages' thread."""

    def __init__(self) -> None:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parvis.conf.settings")
        from django.core.wsgi import get_wsgi_application

        pages = get_wsgi_application()
        from parvis.web.stream import stream_app

        self.pages = WsgiBridge(pages)
        self.stream = stream_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        part = self.stream if scope["path"] == "/stream" else self.pages
        await part(scope, receive, send)


def application() -> Application:
    """The factory that the server calls in each web process."""
    return Application()
