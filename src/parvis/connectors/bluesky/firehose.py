"""Everything that is posted on a network, as it is posted; the sieve of the desk says what of it is kept.

The cursor is the sequence number of the last frame. A server that is asked for a cursor first sends what
came after it, as far back as it keeps frames (three days is usual), and then what happens.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from parvis.connectors.bluesky.addresses import SUBSCRIBE
from parvis.connectors.bluesky.frames import Frame, FrameFault, frame_of
from parvis.core.connector import Fetched, Session
from parvis.core.errors import AnswerUnusable, Unreachable
from parvis.core.types import Payload
from parvis.core.wording import Text

QUIET_S = 1.5
"""A network that says nothing for so long has no more to say for now."""
LONGEST_READING_S = 30.0
_TOO_SLOW = Text("Parvis did not take in what it sends fast enough", "Parvis n’a pas suivi le rythme de ses envois")
_WS = {"http": "ws", "https": "wss"}


def is_firehose(facts: Mapping[str, str]) -> bool:
    return facts.get("source") == "firehose"


async def stream(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    async with _opened(session, cursor) as batches:
        yield Fetched(payloads=(), cursor={})
        async for messages in batches:
            yield step_of(messages, session.address)


async def read_on(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """What came since the cursor, until there is no more or half a minute is over."""
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + LONGEST_READING_S
    async with _opened(session, cursor) as batches:
        while (left_s := ends_s - loop.time()) > 0:
            try:
                async with asyncio.timeout(min(QUIET_S, left_s)):
                    messages = await anext(batches)
            except (TimeoutError, StopAsyncIteration):
                return
            yield step_of(messages, session.address)
            if _is_up_to_date(messages[-1], session.now):
                return


def _opened(
    session: Session, cursor: Mapping[str, Any]
) -> AbstractAsyncContextManager[AsyncIterator[tuple[str | bytes, ...]]]:
    parts = urlsplit(session.address)
    url = f"{_WS.get(parts.scheme, parts.scheme)}://{parts.netloc}/xrpc/{SUBSCRIBE}"
    seq = cursor.get("seq")
    return session.websocket(url, params={"cursor": seq} if isinstance(seq, int) else None)


def step_of(messages: Sequence[str | bytes], url: str) -> Fetched:
    """The frames that concern posts, as they came, and the last number. Raises RemoteError on an error frame."""
    payloads: list[Payload] = []
    cursor: dict[str, Any] = {}
    for message in messages:
        if not isinstance(message, bytes):
            continue
        try:
            frame = frame_of(message)
        except FrameFault:
            payloads.append(_payload(message, url))  # kept for a mend, as far as there are few of them
            continue
        if not frame.kind:
            if payloads or cursor:
                break  # what came before is stored; the next opening says the same
            return _after_error(frame, url)
        cursor = {"seq": frame.seq} if frame.seq is not None else cursor
        if frame.concerns_posts:
            payloads.append(_payload(message, url))
    return Fetched(payloads=tuple(payloads), cursor=cursor)


def _payload(message: bytes, url: str) -> Payload:
    return Payload(endpoint="commit", url=url, body=message, content_type="application/cbor")


def _after_error(frame: Frame, url: str) -> Fetched:
    """A cursor that the server has yet to reach belongs to a network that was set up anew: it is forgotten."""
    code, host = str(frame.body.get("error") or ""), urlsplit(url).hostname or ""
    if code == "FutureCursor":
        return Fetched(payloads=(), cursor={"seq": None})
    if code == "ConsumerTooSlow":
        raise Unreachable(host=host, detail=_TOO_SLOW, retry_after_s=1.0)
    raise AnswerUnusable(host=host, detail=str(frame.body.get("message") or code)[:200])


def _is_up_to_date(message: str | bytes, now: datetime) -> bool:
    """Whether a frame is younger than the reading itself."""
    try:
        told = frame_of(message).body.get("time") if isinstance(message, bytes) else None
        return isinstance(told, str) and datetime.fromisoformat(told) >= now
    except (FrameFault, ValueError, TypeError):
        return False
