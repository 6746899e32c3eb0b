"""A server of Mastodon's API that is slow by choice, keeps to its own limits and counts: `python -m … PORT-FILE`.

Each answer takes DELAY_S. Each token has LIMIT requests in WINDOW_S, as Mastodon's own API throttle has
(config/initializers/rack_attack.rb, read 2026-11), told in every answer; what comes beyond is a violation.
`GET /books` tells what came.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DELAY_S = 0.2
LIMIT, WINDOW_S = 1_500, 300.0
_WORDS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass
class Window:
    began_s: float = 0.0
    count: int = 0


@dataclass
class Books:
    """What came, by token."""

    arrivals: list[tuple[str, str, float]] = field(default_factory=list)
    """(token, text, seconds of the epoch at which the request was there), of posts that were made."""
    by_key: dict[str, dict[str, Any]] = field(default_factory=dict)
    repeated_keys: int = 0
    violations: int = 0
    most_at_once: int = 0
    windows: dict[str, Window] = field(default_factory=lambda: defaultdict(Window))
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))


class Server:
    def __init__(self) -> None:
        self.books = Books()
        self._under_way = 0

    async def serve(self, port_file: Path) -> None:
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, backlog=512)
        port_file.write_text(str(server.sockets[0].getsockname()[1]))  # noqa: ASYNC240 - before anything else runs
        async with server:
            await server.serve_forever()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, path, headers = _read(head)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                await self._answer(writer, method, path, headers, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> None:
        if path == "/books":
            writer.write(_written(200, self._told(), {}))
            return
        came_s = time.time()
        token = headers.get("authorization", "").removeprefix("Bearer ")
        limits, is_allowed = self._limits(token, came_s)
        self._under_way += 1
        self.books.most_at_once = max(self.books.most_at_once, self._under_way)
        await asyncio.sleep(DELAY_S)
        self._under_way -= 1
        status, said = self._handled(method, path, token, headers, body, came_s) if is_allowed else (429, {})
        writer.write(_written(status, said, limits))
        await writer.drain()

    def _limits(self, token: str, now_s: float) -> tuple[dict[str, str], bool]:
        window = self.books.windows[token]
        if now_s - window.began_s >= WINDOW_S:
            window.began_s, window.count = now_s, 0
        window.count += 1
        is_allowed = window.count <= LIMIT
        self.books.violations += not is_allowed
        reset_at = datetime.fromtimestamp(window.began_s + WINDOW_S, UTC).isoformat()
        left = str(max(LIMIT - window.count, 0))
        return {
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": left,
            "X-RateLimit-Reset": reset_at,
        }, is_allowed

    def _handled(
        self, method: str, path: str, token: str, headers: dict[str, str], body: bytes, came_s: float
    ) -> tuple[int, Any]:
        place = path.partition("?")[0]
        if method == "POST" and place == "/api/v1/statuses":
            return 200, self._posted(token, headers.get("idempotency-key", ""), json.loads(body), came_s)
        if place == "/api/v1/accounts/verify_credentials":
            return 200, _account(token)
        if place == f"/api/v1/accounts/{token}/statuses":
            return 200, self.books.statuses[token][:-41:-1]
        if place == "/api/v2/instance":
            return 200, {"title": "Bench", "configuration": {"statuses": {"max_characters": 500}}}
        return 404, {"error": "Record not found"}

    def _posted(self, token: str, key: str, asked: dict[str, Any], came_s: float) -> dict[str, Any]:
        """A key that is known is answered as it was the first time."""
        if key and key in self.books.by_key:
            self.books.repeated_keys += 1
            return self.books.by_key[key]
        number = str(1000 + len(self.books.arrivals))
        url = f"https://bench.example/@{token}/{number}"
        status = {
            "id": number, "created_at": datetime.now(UTC).isoformat(), "content": f"<p>{asked['status']}</p>",
            "account": _account(token), "url": url, "uri": url, "visibility": asked.get("visibility", "public"),
            "spoiler_text": "", "media_attachments": [], "in_reply_to_id": None, "reblog": None, "language": None,
        }  # fmt: skip
        self.books.by_key[key] = status
        self.books.statuses[token].append(status)
        self.books.arrivals.append((token, asked["status"], came_s))
        return status

    def _told(self) -> dict[str, Any]:
        books = self.books
        return {
            "arrivals": books.arrivals, "repeated_keys": books.repeated_keys, "violations": books.violations,
            "most_at_once": books.most_at_once,
        }  # fmt: skip


def _account(token: str) -> dict[str, Any]:
    return {
        "id": token, "username": token, "acct": token, "display_name": token, "avatar": "",
        "url": f"https://bench.example/@{token}",
    }  # fmt: skip


def _read(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in rest if line)
    return method, path, {name.lower(): value.strip() for name, _, value in pairs}


def _written(status: int, said: Any, headers: dict[str, str]) -> bytes:
    body = json.dumps(said).encode()
    lines = [f"HTTP/1.1 {status} {_WORDS[status]}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


if __name__ == "__main__":
    asyncio.run(Server().serve(Path(sys.argv[1])))
