"""Whose mailbox it is, and whether mails to a list can leave from it."""

from parvis.connectors.mailbox.address import folder_name
from parvis.connectors.mailbox.fetch import opened
from parvis.connectors.mailbox.sending import ACTS, outgoing
from parvis.connectors.mailbox.writing import letterhead_of
from parvis.core.connector import Account, Can, Session


async def check(session: Session) -> Account:
    """Raises CredentialsRejected, RemoteGone where the folder is not there, what `open_stream` raises, and BadInput
    where what was written for sending cannot be used.
    """
    async with opened(session) as (imap, place):
        await imap.examine(folder_name(place.folder))
        facts = {"idle": "yes" if b"IDLE" in imap.capabilities else "no"}
    can: frozenset[Can] = frozenset()
    if session.credentials.get("smtp", "").strip():
        facts |= await _sending_facts(session)
        can = frozenset(ACTS)
    return Account(name=session.credentials.get("username", ""), can=can, facts=facts)


async def _sending_facts(session: Session) -> dict[str, str]:
    head = letterhead_of(session.credentials)
    async with outgoing(session) as smtp:
        most = smtp.most_bytes
    return {"list": head.list_address, "most_bytes": str(most or "")}
