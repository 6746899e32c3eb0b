"""The search of Hacker News (https://hn.algolia.com/api): asked by date, from some time before the newest hit on.

What was written is found some minutes later, and scores rise meanwhile: the last hours are asked for anew each time.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from parvis.connectors.listing.parse import NO_LIST, decoded
from parvis.core.connector import Fetched, Session
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer, Payload

OVERLAP_S = 7200
PAGE = 100
MOST_PAGES = 10
"""The search gives no more than 1,000 hits."""
_OURS = frozenset({"page", "hitsPerPage"})


async def read(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """A step for each page of hits, oldest first; the first reading takes one page."""
    at = int(cursor.get("at") or 0)
    now_s = int(session.now.timestamp())  # nothing that bears a later time moves the cursor past what is to come
    newest, pages = at, []
    async for answer, hits in _pages(session, at):
        pages.append(answer)
        newest = max([newest, *(min(hit["created_at_i"], now_s) for hit in hits if _is_dated(hit))])
    for number, answer in enumerate(reversed(pages), 1):
        payload = Payload(endpoint="search", url=answer.url, body=answer.body, content_type="application/json")
        yield Fetched(payloads=(payload,), cursor={"at": newest if number == len(pages) else at})


async def _pages(session: Session, at: int) -> AsyncIterator[tuple[Answer, list[Any]]]:
    """Newest first. Raises AnswerNotUnderstood where it is no search."""
    url, asked = _question(session.address)
    host = urlsplit(url).hostname or url
    if at:
        bounds = (asked.get("numericFilters"), f"created_at_i>{at - OVERLAP_S}")
        asked["numericFilters"] = ",".join(bound for bound in bounds if bound)
    for page in range(MOST_PAGES):
        answer = await session.request("GET", url, params={**asked, "hitsPerPage": PAGE, "page": page})
        told = decoded(answer.body, host=host)
        if not isinstance(told, dict) or not isinstance(told.get("hits"), list):
            raise AnswerNotUnderstood(host=host, detail=NO_LIST, answer=answer)
        yield answer, told["hits"]
        if not at or page + 1 >= int(told.get("nbPages") or 0):
            return


def _is_dated(hit: Any) -> bool:
    return isinstance(hit, dict) and isinstance(hit.get("created_at_i"), int)


def _question(address: str) -> tuple[str, dict[str, str]]:
    """The search by date, whichever was pasted, with its own words and bounds."""
    parts = urlsplit(address)
    path = parts.path if parts.path.endswith("_by_date") else parts.path + "_by_date"
    asked = {name: value for name, value in parse_qsl(parts.query) if name not in _OURS}
    return urlunsplit(parts._replace(path=path, query="", fragment="")), asked
