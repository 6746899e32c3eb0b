"""Lists of Reddit's form, page by page from the newest, and discussions with their answers inside.

A page is read until it shows something that is known. What stood on the pages before and is missing from
them now is asked for by its name, so that what was removed is seen. Of a long discussion the site folds
parts away (`more`): these are opened some at a time.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from parvis.connectors.listing.parse import NO_LIST, decoded
from parvis.connectors.listing.shapes import is_listing, records_in
from parvis.core.connector import Fetched, Session
from parvis.core.errors import AnswerNotUnderstood, Refused
from parvis.core.types import Answer, Payload
from parvis.net.pauses import pause_asked_s

PAGE = 100
"""https://www.reddit.com/dev/api/#listings, read 2026-11."""
MOST_PAGES = 10
MOST_NAMES = 300
FOLDS_A_READING = 10
_OURS = frozenset({"limit", "after", "before", "count", "raw_json"})


async def read(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """A step for each page, oldest first."""
    source = Source(session)
    answer, told = await source.get({"limit": PAGE})
    reading = source.thread(answer, told, cursor) if isinstance(told, list) else source.pages(answer, told, cursor)
    async for fetched in reading:
        yield fetched


class Source:
    """One list of one site."""

    def __init__(self, session: Session) -> None:
        self.session = session
        parts = urlsplit(session.address)
        self.host = parts.hostname or session.address
        path = parts.path if parts.path.endswith(".json") else parts.path.rstrip("/") + ".json"
        self.url = urlunsplit(parts._replace(path=path, query="", fragment=""))
        self.asked = {name: value for name, value in parse_qsl(parts.query) if name not in _OURS}

    async def get(self, more: Mapping[str, str | int], *, url: str = "") -> tuple[Answer, Any]:
        """Raises AnswerNotUnderstood where it is no list."""
        params = {**(self.asked if not url else {}), "raw_json": 1, **more}
        answer = await self.session.request("GET", url or self.url, params=params)
        told = decoded(answer.body, host=self.host)
        if not is_listing(told):
            raise AnswerNotUnderstood(host=self.host, detail=NO_LIST, answer=answer)
        return answer, told

    async def pages(self, answer: Answer, told: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
        known = [str(name) for name in cursor.get("names") or []]
        pages, found = [answer], _names(told)
        while known and not set(known) & set(found) and len(pages) < MOST_PAGES and _after(told):
            answer, told = await self.get({"limit": PAGE, "after": _after(told)})
            pages.append(answer)
            found += _names(told)
        missing = await self._missing(known, found)
        names = list(dict.fromkeys([*found, *known]))[:MOST_NAMES]
        for number, page in enumerate(reversed(pages), 1):
            is_last = number == len(pages)
            payloads = (_payload(page), *missing) if is_last else (_payload(page),)
            wait_s = pause_asked_s(page.headers, self.session.now)
            yield Fetched(payloads=payloads, cursor={"names": names if is_last else known}, next_in_s=wait_s)

    async def _missing(self, known: list[str], found: list[str]) -> list[Payload]:
        """What was on the list between things that still are, as it is now."""
        places = [place for place, name in enumerate(known) if name in found]
        missing = [name for name in known[: max(places, default=0)] if name not in found and _is_name(name)]
        if not missing:
            return []
        try:
            answer, _ = await self.get({"id": ",".join(missing[:PAGE])}, url=urljoin(self.url, "/api/info.json"))
        except (Refused, AnswerNotUnderstood):
            return []  # not every site of this form has it
        return [_payload(answer)]

    async def thread(self, answer: Answer, told: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
        """The discussion, then some of what is folded away in it: others at each reading."""
        wait_s = pause_asked_s(answer.headers, self.session.now)
        folded, start = list(dict.fromkeys(_folded(told))), int(cursor.get("fold") or 0)
        end = start + FOLDS_A_READING
        begun, done = {"fold": start}, {"fold": end if end < len(folded) else 0}
        yield Fetched(payloads=(_payload(answer),), cursor=begun, next_in_s=wait_s)
        for name in folded[start:end]:
            url = self.url.removesuffix(".json") + f"/_/{name}.json"
            try:
                part, _ = await self.get({"limit": PAGE * 5}, url=url)
            except Refused:
                continue
            yield Fetched(payloads=(_payload(part),), cursor=begun, next_in_s=wait_s)
        yield Fetched(payloads=(), cursor=done, next_in_s=wait_s)


def _payload(answer: Answer) -> Payload:
    return Payload(endpoint="listing", url=answer.url, body=answer.body, content_type=answer.content_type)


def _names(told: Any) -> list[str]:
    return [str(record["name"]) for record, _ in records_in(told) if record.get("name")]


def _after(told: Any) -> str:
    data = told.get("data") if isinstance(told, dict) else None
    return str(data.get("after") or "") if isinstance(data, dict) else ""


def _is_name(name: str) -> bool:
    return name[:3] in ("t1_", "t3_")


def _folded(told: Any) -> Iterator[str]:
    """The comments whose answers are folded away, and where whole branches are, their first comments."""
    waiting = [told]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            data = part.get("data")
            if part.get("kind") == "more" and isinstance(data, dict):
                yield from _of_fold(data)
            waiting.extend(inner for inner in part.values() if isinstance(inner, dict | list))


def _of_fold(data: Mapping[str, Any]) -> Iterator[str]:
    kind, _, parent = str(data.get("parent_id") or "").partition("_")
    if kind == "t1":
        yield parent
    else:
        children = data.get("children")
        yield from (str(child) for child in children if child) if isinstance(children, list) else ()
