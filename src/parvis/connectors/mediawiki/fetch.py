"""Reading a wiki on: its recent changes, oldest first, or what changed on the pages that a channel watches.

MediaWiki lists recent changes by time, in whole seconds, and a change may be listed some seconds after the
time it bears (on wikis with several databases, more). So each poll asks again for the last OVERLAP_S
seconds, and steps over the rows that were taken already. Bots' changes are left out, as on the wiki's own
list. A wiki forgets its list after 30 to 90 days ($wgRCMaxAge): what was written while nobody read for
longer is not seen.

One request is under way at a time, each with maxlag. What a change added is asked for change by change
(action=compare), the texts of new pages many at once. When the wiki asks to wait in the middle of a list,
what was read until then is kept.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from parvis.connectors.mediawiki.rows import RowReader
from parvis.connectors.mediawiki.watching import watched
from parvis.connectors.mediawiki.wiki import Wiki
from parvis.core.connector import Account, Fetched, Session
from parvis.core.errors import RemoteError

OVERLAP_S = 120.0
CLOCK_SKEW = timedelta(hours=1)
FIRST_CHANGES = 100
"""How far back the first reading goes."""
PREVIEW_CHANGES = 10
ROWS_A_REQUEST = 100
ROWS_A_STEP = 10
CHANGE_PROPERTIES = "user|userid|comment|flags|timestamp|title|ids|sizes|loginfo|tags"
LOGS = frozenset({"delete", "move", "upload"})
_LISTED: dict[str, str | int] = {
    "list": "recentchanges",
    "rcprop": CHANGE_PROPERTIES,
    "rctype": "edit|new|log",
    "rcshow": "!bot",
}


async def check(session: Session) -> Account:
    """The wiki's name, and what its addresses look like."""
    wiki = Wiki(session)
    facts = await site_facts(wiki)
    narrow = wiki.scope.title or wiki.scope.category
    return Account(
        name=f"{narrow} – {facts['site_name']}" if narrow else facts["site_name"], can=frozenset(), facts=facts
    )


async def site_facts(wiki: Wiki) -> dict[str, str]:
    general = (await wiki.query(meta="siteinfo", siprop="general"))["query"].get("general") or {}
    return {
        "site_name": str(general.get("sitename") or wiki.host),
        "version": str(general.get("generator") or ""),
        "language": str(general.get("lang") or ""),
        "articles": urljoin(wiki.scope.api, str(general.get("articlepath") or "index.php?title=$1")),
    }


async def fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """Some changes a step, oldest first."""
    wiki = Wiki(session)
    reader = await _reader(wiki)
    if wiki.scope.title or wiki.scope.category:
        async for fetched in watched(reader, cursor):
            yield fetched
        return
    progress = Progress(cursor, now=session.now)
    if not cursor:
        progress.begin(await _beginning(wiki))
    async for fetched in _read_on(reader, progress):
        yield fetched


async def newest(session: Session) -> AsyncIterator[Fetched]:
    """The last few changes."""
    wiki = Wiki(session)
    reader = await _reader(wiki)
    if wiki.scope.title or wiki.scope.category:
        async for fetched in watched(reader, {}):
            yield fetched
        return
    rows = (await wiki.query(**_LISTED, rclimit=PREVIEW_CHANGES))["query"].get("recentchanges") or []
    yield Fetched(payloads=await reader.payloads([row for row in rows if is_wanted(row)]), cursor={})


async def _reader(wiki: Wiki) -> RowReader:
    facts = dict(wiki.session.facts)
    if "articles" not in facts:
        facts = await site_facts(wiki)
    return RowReader(wiki, facts)


async def _beginning(wiki: Wiki) -> str:
    """The time of the oldest change that the first reading takes."""
    rows = (await wiki.query(**_LISTED, rclimit=FIRST_CHANGES))["query"].get("recentchanges") or []
    return min((str(row["timestamp"]) for row in rows), default="")


class Progress:
    """How far the list was read: where that began, the newest time, and the rows about that time."""

    def __init__(self, cursor: Mapping[str, Any], *, now: datetime) -> None:
        self._latest = (now.astimezone(UTC) + CLOCK_SKEW).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.begun = str(cursor.get("begun") or "")
        self.at = str(cursor.get("at") or "")
        self.recent: dict[str, str] = dict(cursor.get("recent") or {})

    def begin(self, at: str) -> None:
        self.begun = min(at, self._latest)

    def is_new(self, row: Mapping[str, Any]) -> bool:
        return str(row["rcid"]) not in self.recent

    def take(self, row: Mapping[str, Any]) -> None:
        self.recent[str(row["rcid"])] = str(row["timestamp"])
        # A wiki whose clock was ahead for a while does not lead us past what comes after it.
        self.at = max(self.at, min(str(row["timestamp"]), self._latest))

    def start(self) -> str:
        """Where to ask from, never before the first reading began; "" for the beginning of the list."""
        if not self.at:
            return self.begun
        back = (datetime.fromisoformat(self.at) - timedelta(seconds=OVERLAP_S)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return max(back, self.begun)

    def written(self) -> dict[str, Any]:
        start = self.start()
        self.recent = {key: at for key, at in self.recent.items() if at >= start}
        return {"begun": self.begun, "at": self.at, "recent": self.recent}


async def _read_on(reader: RowReader, progress: Progress) -> AsyncIterator[Fetched]:
    asked: dict[str, str | int] = {**_LISTED, "rcdir": "newer", "rclimit": ROWS_A_REQUEST}
    if start := progress.start():
        asked["rcstart"] = start
    more: dict[str, Any] = {}
    while True:
        said = await reader.wiki.query(**asked, **more)
        rows = [row for row in said["query"].get("recentchanges") or [] if progress.is_new(row)]
        for first in range(0, len(rows), ROWS_A_STEP):
            async for fetched in _step(reader, progress, rows[first : first + ROWS_A_STEP]):
                yield fetched
        more = said.get("continue") or {}
        if not more:
            break
    yield Fetched(payloads=(), cursor=progress.written())


async def _step(reader: RowReader, progress: Progress, rows: list[dict[str, Any]]) -> AsyncIterator[Fetched]:
    """These rows with what they added; where the wiki wants no more questions, those that are complete."""
    wanted = [row for row in rows if is_wanted(row)]
    failure: RemoteError | None = None
    try:
        payloads = await reader.payloads(wanted)
    except RemoteError as error:
        failure = error
        payloads = reader.payloads_so_far()
        rows = rows[: rows.index(wanted[reader.done_count])] if reader.done_count < len(wanted) else rows
    for row in rows:
        progress.take(row)
    if rows:
        yield Fetched(payloads=payloads, cursor=progress.written())
    if failure is not None:
        raise failure


def is_wanted(row: Mapping[str, Any]) -> bool:
    """Edits, new pages, and of the log what becomes of pages."""
    return row.get("type") != "log" or row.get("logtype") in LOGS
