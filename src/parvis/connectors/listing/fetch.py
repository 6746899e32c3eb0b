"""Reading a list on: by which of the three kinds it is, which its address and its first answer tell."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from parvis.connectors.listing import numbered, paged, searched
from parvis.connectors.listing.parse import NO_LIST, decoded
from parvis.connectors.listing.shapes import is_listing
from parvis.core.connector import Account, Fetched, Session
from parvis.core.errors import AnswerNotUnderstood

NUMBERED = re.compile(r"/v\d+/(?:\w*stories|item/\d+|user/[\w-]+)\.json\Z")
SEARCHED = re.compile(r"/api/v\d+/(?:search|search_by_date)\Z")


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """What is new, oldest first, and what has changed of what is still in sight."""
    path = urlsplit(session.address).path
    read = numbered.read if NUMBERED.search(path) else searched.read if SEARCHED.search(path) else paged.read
    async for fetched in read(session, cursor):
        yield fetched


async def check(session: Session) -> Account:
    """Only whether there is a list. Raises AnswerNotUnderstood where there is none."""
    host = urlsplit(session.address).hostname or session.address
    answer = await session.request(
        "GET", session.address, params={"limit": 1, "raw_json": 1} if _is_paged(session) else None
    )
    told = decoded(answer.body, host=host)
    if not is_listing(told) and not numbered.is_ids(told):
        raise AnswerNotUnderstood(host=host, detail=NO_LIST, answer=answer)
    return Account(name=host, can=frozenset(), facts={})


def _is_paged(session: Session) -> bool:
    path = urlsplit(session.address).path
    return not NUMBERED.search(path) and not SEARCHED.search(path)
