"""Reading a mailbox on: by UID where the box is still the same one, else by date, overlapping.

The cursor holds the folder's UIDVALIDITY, the highest UID that was read, and the day of that reading.
The folder is only examined, and mails are peeked at: nothing is ever marked as read.
"""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from parvis.connectors.mailbox.address import Place, folder_name, place_of, sender_in
from parvis.connectors.mailbox.imap import LINE_LIMIT_BYTES, Box, Imap, Line, number_set
from parvis.connectors.mailbox.light import without_attachments
from parvis.connectors.mailbox.mail import moment_of
from parvis.core.connector import Fetched, Session
from parvis.core.errors import Refused, RemoteError
from parvis.core.types import Payload

FIRST_READING = timedelta(days=30)
"""What lies in the box for longer is not news any more."""
_OVERLAP = timedelta(days=2)
"""SINCE knows days alone, in the server's own zone."""
MOST_MAIL_BYTES = 10_000_000
"""Of a longer mail the beginning is read."""
STEP_BYTES = 12_000_000
STEP_MAILS = 20
_SIZES_AT_ONCE = 500
PREVIEW_MAILS = 10
_PREVIEW_BYTES = 200_000
IDLE_S = 540.0
"""RFC 2177 says 29 minutes; what stands between us and the server often forgets a connection after ten."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d{1,10})")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})")
_ARRIVED = re.compile(rb'INTERNALDATE "([^"]{1,40})"')
_QUOTED_BODY = re.compile(rb'BODY\[\](?:<0>)? "((?:[^"\\]|\\.)*)"')


@asynccontextmanager
async def opened(session: Session) -> AsyncIterator[tuple[Imap, Place]]:
    """Signed in; left politely, or at once where something went wrong."""
    place = place_of(session.address)
    stream = await session.open_stream(
        place.host, place.port, tls=place.is_encrypted, line_limit_bytes=LINE_LIMIT_BYTES
    )
    try:
        imap = Imap(stream, place.host)
        await imap.sign_in(session.credentials.get("username", ""), session.credentials.get("password", ""))
        yield imap, place
        with contextlib.suppress(RemoteError):
            await imap.leave()
    finally:
        await stream.aclose()


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """What came since, oldest first; one step without mails where nothing did."""
    async with opened(session) as (imap, place):
        box = await imap.examine(folder_name(place.folder))
        is_empty = True
        async for step in _read_on(imap, box, session, cursor):
            is_empty = False
            yield step
        if is_empty:
            yield Fetched(payloads=(), cursor=_cursor(box, _last_uid(box, cursor), session.now))


async def newest(session: Session) -> AsyncIterator[Fetched]:
    """The last few, for a first look."""
    async with opened(session) as (imap, place):
        box = await imap.examine(folder_name(place.folder))
        if box.count:
            numbers = f"{max(1, box.count - PREVIEW_MAILS + 1)}:{box.count}"
            items = f"UID INTERNALDATE BODY.PEEK[]<0.{_PREVIEW_BYTES}>"
            lines = await imap.fetch(numbers, items, by_uid=False)
            yield Fetched(payloads=tuple(_payloads(lines, session)), cursor={})


async def stream(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """The same as it arrives, over one connection that stays open (IDLE), until something breaks it."""
    async with opened(session) as (imap, place):
        box = await imap.examine(folder_name(place.folder))
        if cursor:
            yield Fetched(payloads=(), cursor=dict(cursor))
        state = dict(cursor)
        while True:
            async for step in _read_on(imap, box, session, state):
                state = step.cursor
                yield step
            if not state:
                state = _cursor(box, _last_uid(box, state), session.now)
                yield Fetched(payloads=(), cursor=state)
            await imap.wait_for_news(at_most_s=IDLE_S)


def has_stream(facts: Mapping[str, str]) -> bool:
    return facts.get("idle") == "yes"


async def _read_on(imap: Imap, box: Box, session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    uids = await _new_uids(imap, box, cursor, now=session.now)
    for start in range(0, len(uids), _SIZES_AT_ONCE):
        some = uids[start : start + _SIZES_AT_ONCE]
        for group in _groups(await _sizes(imap, some)):
            payloads = await payloads_of(imap, group, session)
            yield Fetched(payloads=payloads, cursor=_cursor(box, group[-1], session.now))


async def _new_uids(imap: Imap, box: Box, cursor: Mapping[str, Any], *, now: datetime) -> list[int]:
    if cursor.get("uidvalidity") == box.validity and isinstance(cursor.get("uid"), int):
        last = cursor["uid"]
        # "n:*" names the last mail too, even where its UID is below n.
        return [uid for uid in await imap.search(f"UID {last + 1}:*") if uid > last]
    since = _since(cursor, now)
    return await imap.search(f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}")


def _since(cursor: Mapping[str, Any], now: datetime) -> datetime:
    """A month back, or further where nothing was read for longer."""
    try:
        read_at = datetime.fromisoformat(cursor.get("read_at", "")) - _OVERLAP
    except (ValueError, TypeError):
        read_at = now
    return min(read_at, now - FIRST_READING) if read_at.tzinfo else now - FIRST_READING


def _cursor(box: Box, uid: int, now: datetime) -> dict[str, Any]:
    return {"uidvalidity": box.validity, "uid": uid, "read_at": now.isoformat()}


def _last_uid(box: Box, cursor: Mapping[str, Any]) -> int:
    """Where nothing was found: what was read before, or all that there is so far."""
    if cursor.get("uidvalidity") == box.validity and isinstance(cursor.get("uid"), int):
        return int(cursor["uid"])
    return max((box.next_uid or 1) - 1, 0)


async def _sizes(imap: Imap, uids: Sequence[int]) -> dict[int, int]:
    """Of the mails that are still there, in the order of their UIDs."""
    lines = await imap.fetch(number_set(uids), "UID RFC822.SIZE")
    found = ((_UID.search(line.text), _SIZE.search(line.text)) for line in lines)
    return dict(sorted((int(uid[1]), int(size[1])) for uid, size in found if uid and size))


def _groups(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """UIDs in order, as many at once as one answer may hold."""
    group: list[int] = []
    size_bytes = 0
    for uid, whole_bytes in sizes.items():
        own_bytes = min(whole_bytes, MOST_MAIL_BYTES)
        if group and (len(group) >= STEP_MAILS or size_bytes + own_bytes > STEP_BYTES):
            yield group
            group, size_bytes = [], 0
        group.append(uid)
        size_bytes += own_bytes
    if group:
        yield group


async def payloads_of(imap: Imap, uids: Sequence[int], session: Session) -> tuple[Payload, ...]:
    """A mail that the server will not give is told as a payload that waits, and never holds up the others."""
    items = f"UID INTERNALDATE BODY.PEEK[]<0.{MOST_MAIL_BYTES}>"
    try:
        return tuple(_payloads(await imap.fetch(number_set(uids), items), session))
    except Refused:
        if len(uids) == 1:
            return (mail_payload(session, b"", uid=uids[0]),)
    return tuple([payload for uid in uids for payload in await payloads_of(imap, [uid], session)])


def _payloads(lines: Sequence[Line], session: Session) -> Iterator[Payload]:
    for line in lines:
        uid, body = _UID.search(line.text), _body(line)
        if uid and body is not None:
            arrived = _ARRIVED.search(line.text)
            moment = moment_of(_as_in_mails(arrived[1].decode("ascii", "replace"))) if arrived else None
            yield mail_payload(session, body, uid=int(uid[1]), arrived_at=moment.isoformat() if moment else "")


def _body(line: Line) -> bytes | None:
    """None where it is an answer without one: a mail that was deleted meanwhile, flags that changed."""
    if line.literals:
        return line.literals[0]
    quoted = _QUOTED_BODY.search(line.text)
    return re.sub(rb"\\(.)", rb"\1", quoted[1]) if quoted else None


def _as_in_mails(told: str) -> str:
    """17-Jul-2026 02:44:25 +0200 as 17 Jul 2026 02:44:25 +0200."""
    return told.strip().replace("-", " ", 2)


def mail_payload(session: Session, mail: bytes, *, uid: int | None = None, arrived_at: str = "") -> Payload:
    """`uid` None: it was not read there, but is our own."""
    facts = {"host": place_of(session.address).host, "arrived_at": arrived_at, "own": _own_address(session)}
    return Payload(
        endpoint="mail",
        url=session.address.rstrip("/") + (f";UID={uid}" if uid is not None else ""),
        body=without_attachments(mail),
        content_type="message/rfc822",
        facts={name: value for name, value in facts.items() if value},
    )


def _own_address(session: Session) -> str:
    """Whose mails are the house's own."""
    written = session.credentials.get("sender", "") or session.credentials.get("username", "")
    return sender_in(written)[1] if "@" in written else ""
