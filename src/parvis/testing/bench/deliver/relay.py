"""Between the desk and a real server: passes everything on, and goes wrong by chance: `python -m … TARGET PORT-FILE SEED MOST`.

No more than MOST requests are passed on at once: what a small server of a test can bear.

`GET /_relay` tells how often each fault was done; `POST /_relay` with {"rates": {…}} sets how often from now on.
"""

import asyncio
import json
import random
import socket
import struct
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HOLD_S = 7.0
"""Longer than a call may take of a lease of 8 s."""
FAULTS = (
    "cut_before", "cut_after", "cut_within", "broken_before", "broken_after", "silent_after", "late", "limited",
)  # fmt: skip
"""Cut, broken (500) or limited (429) before anything was passed on; after, within: the server has done the work.

silent_after: it has, and nobody is told for longer than the desk waits; late: it will, once the desk has given up.
"""
_READING = frozenset({"cut_before", "cut_after", "cut_within", "broken_before"})
_KEPT = frozenset(
    {
        "content-type",
        "retry-after",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "location",
        "link",
    }
)


class Relay:
    def __init__(self, target: str, seed: int, most: int) -> None:
        self.room = asyncio.Semaphore(most)
        parts = urlsplit(target)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.chance = random.Random(seed)
        self.rates: dict[str, float] = {}
        self.done: Counter[str] = Counter()

    async def serve(self, port_file: Path) -> None:
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, backlog=256)
        port_file.write_text(str(server.sockets[0].getsockname()[1]))  # noqa: ASYNC240 - before anything else runs
        async with server:
            await server.serve_forever()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, path, headers = _read(head)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if path == "/_relay":
                    self.rates = json.loads(body)["rates"] if body else self.rates
                    answer = Answer(_written(200, {"content-type": "application/json"}, json.dumps(self.done).encode()))
                else:
                    answer = await self._answer(method, path, headers, body)
                writer.write(answer.raw)
                await writer.drain()
                if answer.is_cut:
                    _reset(writer)
                    return
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    async def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> "Answer":
        fault = self._drawn(method)
        self.done[fault or f"passed {method}"] += 1
        if (refusal := _REFUSALS.get(fault)) is not None:
            return refusal
        if fault == "late":
            await asyncio.sleep(HOLD_S)
        async with self.room:
            status, told, answer = await self._passed_on(method, path, headers, body)
        if fault == "cut_after":
            return CUT
        if fault == "broken_after":
            return BROKEN
        if fault == "silent_after":
            await asyncio.sleep(HOLD_S)
        whole = _written(status, told, answer)
        if fault == "cut_within":
            return Answer(whole[: len(whole) - max(len(answer) // 2, 1)], is_cut=True)
        return Answer(whole)

    def _drawn(self, method: str) -> str:
        drawn = self.chance.random()
        for fault, rate in self.rates.items():
            own = rate if method not in {"GET", "HEAD"} else rate / 2 if fault in _READING else 0.0
            if drawn < own:
                return fault
            drawn -= own
        return ""

    async def _passed_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """On a connection of its own, read to its end."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        dropped = {"host", "connection", "content-length", "accept-encoding", "keep-alive"}
        lines = [f"{method} {path} HTTP/1.1", f"host: {self.host}:{self.port}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name not in dropped]
        if body or method not in {"GET", "HEAD"}:
            lines.append(f"content-length: {len(body)}")
        try:
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
            await writer.drain()
            whole = await asyncio.wait_for(reader.read(-1), 60)
        finally:
            writer.close()
        head, _, answer = whole.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        told = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        if told.get("transfer-encoding", "").lower() == "chunked":
            answer = _joined(answer)
        kept = {name: value for name, value in told.items() if name in _KEPT}
        return int(first.split(" ", 2)[1]), kept, answer


def _read(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in rest if line)
    return method, path, {name.lower(): value.strip() for name, _, value in pairs}


def _joined(chunks: bytes) -> bytes:
    found = []
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size.split(b";")[0] or b"0", 16)
        if not length:
            break
        found.append(rest[:length])
        chunks = rest[length + 2 :]
    return b"".join(found)


def _written(status: int, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} Passed on", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, f"content-length: {len(body)}"]) + "\r\n\r\n").encode("latin-1") + body


@dataclass(frozen=True, slots=True)
class Answer:
    raw: bytes
    is_cut: bool = False
    """The connection is torn after it."""


CUT = Answer(b"", is_cut=True)
BROKEN = Answer(_written(500, {"content-type": "application/json"}, b'{"error": "out of order"}'))


def _reset(writer: asyncio.StreamWriter) -> None:
    """As a cable that is pulled: no orderly end."""
    found = writer.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


_REFUSALS = {
    "cut_before": CUT,
    "broken_before": BROKEN,
    "limited": Answer(
        _written(429, {"retry-after": "1", "content-type": "application/json"}, b'{"error": "too many"}')
    ),
}


if __name__ == "__main__":
    asyncio.run(Relay(sys.argv[1], int(sys.argv[3]), int(sys.argv[4])).serve(Path(sys.argv[2])))
