"""A mail to a list leaves through the outgoing server, once.

Where nobody knows whether it left, it is looked for by its Message-ID: in the folder that is read (a member
of the list gets a copy), in the folder of what was sent, and in one that was named. Not to find it proves
nothing, since not every provider keeps what it sends: a person decides then.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from parvis.connectors.mailbox.address import folder_name
from parvis.connectors.mailbox.fetch import mail_payload, opened, payloads_of
from parvis.connectors.mailbox.writing import Letterhead, letterhead_of, mail_of, message_id
from parvis.core.connector import Act, Can, Done, FindOwn, Order, Session
from parvis.core.errors import AddressNotUnderstood, OutcomeUnknown, RemoteError, RemoteGone
from parvis.core.types import Kind
from parvis.net.smtp import Smtp

FOUND_AFTER_S = 60.0
"""A list takes a moment to send its copies."""
_PORTS = {"smtps": 465, "smtp": 587}


@asynccontextmanager
async def outgoing(session: Session) -> AsyncIterator[Smtp]:
    """Signed in, encrypted; left politely. Raises AddressNotUnderstood, RemoteError."""
    host, port, is_encrypted = way_out(session.credentials.get("smtp", ""))
    stream = await session.open_stream(host, port, tls=is_encrypted, upgrades=not is_encrypted)
    try:
        smtp = Smtp(stream, host)
        await smtp.greet(upgrades=not is_encrypted)
        await smtp.sign_in(session.credentials.get("username", ""), session.credentials.get("password", ""))
        yield smtp
        with contextlib.suppress(RemoteError):
            await smtp.leave()
    finally:
        await stream.aclose()


def way_out(address: str) -> tuple[str, int, bool]:
    """Host, port, and whether it is encrypted from the beginning. Raises AddressNotUnderstood."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError as error:
        raise AddressNotUnderstood(address=address[:200]) from error
    is_odd = parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in _PORTS or not parts.hostname or is_odd:
        raise AddressNotUnderstood(address=address[:200])
    return parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "smtps"


async def publish(session: Session, order: Order) -> Done:
    head = letterhead_of(session.credentials)
    mail = await asyncio.to_thread(mail_of, order, head)
    async with outgoing(session) as smtp:
        await smtp.send(mail, sender=head.sender, receiver=head.list_address)
    payload = mail_payload(session, mail)
    return Done(remote_id=message_id(order, head), payloads=(payload,), facts=_facts(order, head))


def _facts(order: Order, head: Letterhead) -> dict[str, str]:
    return {"message_id": message_id(order, head), "list": head.list_address}


async def find_published(session: Session, order: Order) -> Done:
    """Raises OutcomeUnknown where no copy of it is found."""
    head = letterhead_of(session.credentials)
    own_id = message_id(order, head)
    async with opened(session) as (imap, place):
        named = [folder_name(one) for one in (place.folder, session.credentials.get("copies", "").strip()) if one]
        for folder in dict.fromkeys([*named, *await imap.sent_folders()]):
            try:
                await imap.examine(folder)
            except RemoteGone:
                continue
            if uids := await imap.search(f'HEADER Message-ID "<{own_id}>"'):
                payloads = await payloads_of(imap, uids[:1], session)
                return Done(remote_id=own_id, payloads=payloads, facts=_facts(order, head))
    raise OutcomeUnknown(host=way_out(session.credentials.get("smtp", ""))[0])


ACTS = {
    Can.PUBLISH: Act(
        perform=publish,
        settle=FindOwn(find=find_published, wait_s=FOUND_AFTER_S),
        kinds=frozenset({Kind.MESSAGE, Kind.ARTICLE}),
    ),
}
