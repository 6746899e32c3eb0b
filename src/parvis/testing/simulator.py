"""A platform with comments, on loopback: it can be told to misbehave, and keeps books of what really happened.

`Simulator` serves from a thread of its own. The connector for it is `simulated` in
parvis.testing.simulated, added to the registry by tests alone.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from parvis.core.types import Status


class Fault(StrEnum):
    """What goes wrong with one write."""

    CUT_BEFORE = "cut_before"
    """The connection closes; nothing was done."""
    CUT_AFTER = "cut_after"
    """Done, and then the connection closes without an answer."""
    BROKEN_BEFORE = "broken_before"
    """A 500; nothing was done."""
    BROKEN_AFTER = "broken_after"
    """Done, and then a 500."""
    SILENT_AFTER = "silent_after"
    """Done, and then no answer for as long as anybody waits."""
    RATE_LIMITED = "rate_limited"
    """A 429 with Retry-After: 1."""
    REFUSED = "refused"
    """A 422 with words."""
    SIGNED_OUT = "signed_out"
    """A 401."""


_UNDONE: dict[Fault | None, tuple[int, Any]] = {
    Fault.CUT_BEFORE: (0, None),
    Fault.BROKEN_BEFORE: (500, {"message": "out of order"}),
    Fault.RATE_LIMITED: (429, {"message": "slower"}),
    Fault.REFUSED: (422, {"message": "this comment is closed"}),
    Fault.SIGNED_OUT: (401, {"message": "who are you"}),
}
_DONE_AND_SILENT: dict[Fault | None, tuple[int, Any]] = {
    Fault.CUT_AFTER: (0, None),
    Fault.BROKEN_AFTER: (500, {"message": "out of order"}),
}


@dataclass
class Reply:
    number: int
    parent: int
    text: str
    key: str


@dataclass
class Books:
    """What really happened, counted on the other side."""

    statuses: dict[int, str] = field(default_factory=dict)
    """By comment; one that was never touched is held."""
    replies: list[Reply] = field(default_factory=list)
    writes: Counter[str] = field(default_factory=Counter)
    """Changes carried out, by what they were: "approve 12"."""
    alts: dict[int, list[str]] = field(default_factory=dict)
    """By number of a post, what its media are described as there."""
    last_number: int = 9_999
    calls: int = 0
    most_at_once: int = 0

    def texts(self) -> list[str]:
        return [reply.text for reply in self.replies]


class Simulator:
    """A context manager; `address` is where it listens. `delay_s` is how long every answer takes."""

    def __init__(self, *, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.books = Books()
        self.address = ""
        self.remembers_keys = False
        """True: a reply with a known key is the same reply again."""
        self._faults: list[Fault] = []
        self._reading_faults: list[Fault] = []
        self._under_way = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="simulator")
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def fail_next(self, *faults: Fault) -> None:
        """The next writes go wrong in these ways, one each."""
        self._faults.extend(faults)

    def fail_reading(self, *faults: Fault) -> None:
        """The same for the next readings."""
        self._reading_faults.extend(faults)

    @contextmanager
    def always(self, fault: Fault) -> Iterator[None]:
        """Every write goes wrong while the block runs."""
        before, self._faults = self._faults, _Endless([fault])
        try:
            yield
        finally:
            self._faults = before

    def status_of(self, number: int) -> str:
        return self.books.statuses.get(number, Status.HELD)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while request := await _read(reader):
                if not await self._answer(writer, *request):
                    break
        with suppress(ConnectionError, RuntimeError):
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, method: str, path: str, body: bytes) -> bool:
        """False where the connection is to be closed."""
        self.books.calls += 1
        self._under_way += 1
        self.books.most_at_once = max(self.books.most_at_once, self._under_way)
        try:
            await asyncio.sleep(self.delay_s)
            status, said = await self._handle(method, path, json.loads(body or b"null"))
        finally:
            self._under_way -= 1
        if status == 0:
            return False
        _write(writer, status, said)
        await writer.drain()
        return True

    async def _handle(self, method: str, path: str, asked: Any) -> tuple[int, Any]:
        """The status (0: hang up) and what is said."""
        faults = self._reading_faults if method == "GET" else self._faults
        fault = faults.pop(0) if faults else None
        if fault in _UNDONE:
            return _UNDONE[fault]
        answer = self._read(path) if method == "GET" else self._change(path, asked)
        if fault == Fault.SILENT_AFTER:
            await asyncio.sleep(3600)
        return _DONE_AND_SILENT.get(fault, answer)

    def _read(self, path: str) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        if parts[0] == "me":
            return 200, {"name": "The house"}
        number = int(parts[1])
        if parts[2:] == ["post"]:
            return self._post(number)
        if parts[2:] == ["replies"]:
            return 200, [vars(reply) for reply in self.books.replies if reply.parent == number]
        return 200, {"number": number, "status": self.status_of(number)}

    def _change(self, path: str, asked: Any) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        number = int(parts[1])
        if parts[2:] in (["text"], ["gone"]):
            return self._rewrite(number, None if parts[2] == "gone" else asked["text"])
        if parts[2:] == ["status"]:
            self.books.statuses[number] = asked["status"]
            self.books.writes[f"{asked['status']} {number}"] += 1
            return 200, {"number": number, "status": asked["status"]}
        return 201, vars(self._reply(number, asked))

    def _post(self, number: int) -> tuple[int, Any]:
        """One answer by its own number, with its figures."""
        found = next((reply for reply in self.books.replies if reply.number == number), None)
        if found is None:
            return 404, {"message": "there is no such thing"}
        return 200, {**vars(found), "likes": 3, "boosts": 0, "alts": self.books.alts.get(number, [])}

    def _rewrite(self, number: int, text: str | None) -> tuple[int, Any]:
        """Changed, or (None) taken away."""
        found = next((reply for reply in self.books.replies if reply.number == number), None)
        if found is None:
            return 404, {"message": "there is no such thing"}
        self.books.writes[f"{'gone' if text is None else 'edit'} {number}"] += 1
        if text is None:
            self.books.replies.remove(found)
        else:
            found.text = text
        return 200, {"number": number}

    def _reply(self, number: int, asked: Any) -> Reply:
        for known in self.books.replies if self.remembers_keys else ():
            if known.key == asked["key"]:
                return known
        self.books.last_number += 1
        reply = Reply(self.books.last_number, number, asked["text"], asked["key"])
        self.books.replies.append(reply)
        self.books.writes[f"reply {number}"] += 1
        return reply


class _Endless(list[Fault]):
    def pop(self, _index: Any = 0) -> Fault:
        return self[0]


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, bytes] | None:
    line = await reader.readline()
    if not line:
        return None
    method, path, _ = line.decode("ascii").split(" ", 2)
    length = 0
    while (header := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = header.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
    return method, path, await reader.readexactly(length)


_WORDS = {
    200: "OK",
    201: "Created",
    401: "Unauthorized",
    404: "Not Found",
    422: "Unprocessable",
    429: "Too Many",
    500: "Broken",
}


def _write(writer: asyncio.StreamWriter, status: int, said: Any) -> None:
    body = json.dumps(said).encode()
    extra = "Retry-After: 1\r\n" if status == 429 else ""
    head = (
        f"HTTP/1.1 {status} {_WORDS[status]}\r\nContent-Type: application/json\r\n"
        f"{extra}Content-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode("ascii") + body)
