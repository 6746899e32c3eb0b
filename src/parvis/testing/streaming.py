"""A platform with notes and a stream of them, on loopback, and its connector: added to the registry by tests alone.

`NoteStream` keeps books of how it was asked. What is posted while nobody is connected is in the list
alone, as on a real platform.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from parvis.core.connector import Account, Connector, Fetched, Session
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer, ItemRecord, Kind, Parsed, Payload, Recognition, Status
from parvis.core.wording import Text
from parvis.net.events import EventReader

PAGE = 50


class NoteStream:
    """A context manager; `address` is where it listens. Every method may be called from any thread."""

    def __init__(self) -> None:
        self.address = ""
        self.notes: list[dict[str, Any]] = []
        self.refuses_streams = False
        self.connected_count = 0
        """Streams that are open now."""
        self.most_at_once = 0
        self.opened_count = 0
        self.read_count = 0
        """Readings of the list."""
        self._listeners: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="notes")
        self._ready = threading.Event()
        self._held_after = 0
        self._may_leave: asyncio.Event | None = None
        self._waits = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def post(self, text: str) -> int:
        """A new note, told to everybody who listens; its number."""
        return asyncio.run_coroutine_threadsafe(self._post(text), self._loop).result(10)

    def delete(self, number: int) -> None:
        asyncio.run_coroutine_threadsafe(self._tell({"deleted": number}), self._loop).result(10)

    def post_unheard(self, text: str) -> int:
        """The same, lost on its way to those who listen."""
        self.notes.append({"id": len(self.notes) + 1, "text": text, "at": datetime.now(UTC).isoformat()})
        return len(self.notes)

    @contextmanager
    def holding_readings(self, *, after: int = 0) -> Iterator[threading.Event]:
        """Answers leave only when the block ends, with what there was when they were asked for, but for the first few.

        The event says that one waits.
        """
        self._held_after, self._may_leave, self._waits = after, asyncio.Event(), threading.Event()
        try:
            yield self._waits
        finally:
            self._loop.call_soon_threadsafe(self._may_leave.set)

    def cut(self) -> None:
        """Every stream breaks off."""
        self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for writer in self._listeners:
            writer.transport.abort()

    async def _post(self, text: str) -> int:
        number = self.post_unheard(text)
        await self._tell(self.notes[-1])
        return number

    async def _tell(self, said: Mapping[str, Any]) -> None:
        chunk = f"event: note\ndata: {json.dumps(said)}\n\n".encode()
        for writer in list(self._listeners):
            with suppress(ConnectionError):
                writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                await writer.drain()

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
        with suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                asked = urlsplit(line.decode("ascii").split(" ")[1])
                if asked.path == "/stream":
                    await self._stream(reader, writer)
                    break
                answer = self._answer(asked.path, parse_qs(asked.query))
                is_held = asked.path == "/notes" and self.read_count > self._held_after
                if is_held and self._may_leave is not None:
                    self._waits.set()
                    await self._may_leave.wait()
                writer.write(answer)
        with suppress(ConnectionError, RuntimeError):
            writer.close()

    def _answer(self, path: str, query: Mapping[str, list[str]]) -> bytes:
        said: Any = {"name": "Notes"}
        if path == "/notes":
            self.read_count += 1
            after = int(query.get("after", ["0"])[0])
            said = self.notes[after : after + PAGE]
        body = json.dumps(said).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses_streams:
            writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        self._listeners.add(writer)
        self.opened_count += 1
        self.connected_count += 1
        self.most_at_once = max(self.most_at_once, self.connected_count)
        try:
            await reader.read()
        finally:
            self._listeners.discard(writer)
            self.connected_count -= 1


async def _fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    after = int(cursor.get("after", 0))
    while True:
        answer = await session.request("GET", "notes", params={"after": after})
        found = json.loads(answer.body)
        after = found[-1]["id"] if found else after
        payloads = (Payload(endpoint="notes", url=answer.url, body=answer.body),) if found else ()
        yield Fetched(payloads=payloads, cursor={"after": after})
        if len(found) < PAGE:
            return


async def _stream(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    reader, after = EventReader(), int(cursor.get("after", 0))
    async with session.stream_lines("stream") as batches:
        yield Fetched(payloads=(), cursor={})
        async for lines in batches:
            said = [json.loads(event.data) for event in reader.take(lines)]
            after = max([after, *(one["id"] for one in said if "id" in one)])
            body = json.dumps(said).encode()
            yield Fetched(
                payloads=(Payload(endpoint="notes", url=session.address, body=body),), cursor={"after": after}
            )


def _parse(payload: Payload) -> Parsed:
    try:
        said = json.loads(payload.body)
    except ValueError as error:
        raise AnswerNotUnderstood(host=payload.url, detail=str(error)) from error
    return Parsed(items=tuple(_item(one) for one in said))


def _item(one: Mapping[str, Any]) -> ItemRecord:
    if "deleted" in one:
        facts = {"status_only": True}
        return ItemRecord(remote_id=f"note:{one['deleted']}", kind=Kind.COMMENT, status=Status.DELETED, facts=facts)
    at = datetime.fromisoformat(one["at"])
    return ItemRecord(remote_id=f"note:{one['id']}", kind=Kind.COMMENT, body=one["text"], published_at=at)


def _recognise(_answer: Answer) -> list[Recognition]:
    return []


async def _check(session: Session) -> Account:
    await session.request("GET", "me")
    return Account(name="Notes", can=frozenset(), facts={})


def streaming(*, slug: str = "streaming", carries_everything: bool = False, interval_s: float = 1.0) -> Connector:
    """`carries_everything`: a stream of which the sieve says what is kept."""
    return Connector(
        slug=slug,
        name=Text("Notes", "Notes"),
        version=1,
        recognise=_recognise,
        fetch=_fetch,
        stream=_stream,
        parse=_parse,
        check=_check,
        carries_everything=carries_everything,
        interval_s=interval_s,
    )
