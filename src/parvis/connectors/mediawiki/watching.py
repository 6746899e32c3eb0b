"""Reading one page, or the pages of a category: by the number of each one's last revision.

One request tells it of 500 pages. A page whose number has grown is asked for the revisions in between;
one that is no longer among them is looked for in the log of deletions, one with another name in that of moves.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from parvis.connectors.mediawiki.rows import RowReader
from parvis.connectors.mediawiki.wiki import Wiki
from parvis.core.connector import Fetched

MOST_PAGES = 2000
FIRST_PAGES = 20
"""Of how many pages of a category the last change is read at first."""
FIRST_CHANGES = 20
"""How far back the first reading of a single page goes."""
REVISIONS_A_REQUEST = 50
_ROW_PROPERTIES = "ids|timestamp|user|userid|comment|size|tags|flags"


class Member:
    """One page that is watched, as it is now."""

    def __init__(self, page: Mapping[str, Any]) -> None:
        self.key = str(page["pageid"])
        self.title = str(page["title"])
        self.namespace = int(page.get("ns") or 0)
        self.last = int(page.get("lastrevid") or 0)


async def watched(reader: RowReader, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    """A step for each page that changed, and one for those that went or moved."""
    wiki = reader.wiki
    known: dict[str, list[Any]] = {key: list(value) for key, value in (cursor.get("pages") or {}).items()}
    members = await _members(wiki, known)
    rows = await _fates(wiki, known, members)
    for key in [key for key in known if key not in members]:
        del known[key]
    changed = _changed(members, known)
    if "pages" not in cursor:
        known.update({member.key: [member.last, member.title] for member in changed[:-FIRST_PAGES]})
    for member in changed[-FIRST_PAGES:] if "pages" not in cursor else changed:
        since = known[member.key][0] if member.key in known else 0
        rows += await _revisions(wiki, member, since=since, limit=_limit(wiki, since))
        known[member.key] = [member.last, member.title]
        yield Fetched(payloads=await reader.payloads(rows), cursor={"pages": dict(known)})
        rows = []
    known.update({key: [member.last, member.title] for key, member in members.items()})
    yield Fetched(payloads=await reader.payloads(rows), cursor={"pages": known})


def _limit(wiki: Wiki, since: int) -> int:
    """How many revisions of a page are read at most: all that are new, or of a page that is new here, the last."""
    if since:
        return 10 * REVISIONS_A_REQUEST
    return 1 if wiki.scope.category else FIRST_CHANGES


def _changed(members: Mapping[str, Member], known: Mapping[str, list[Any]]) -> list[Member]:
    """Those with another last revision than before, oldest change first; revisions are numbered in time."""
    changed = [member for member in members.values() if member.last != known.get(member.key, [0])[0]]
    return sorted(changed, key=lambda member: member.last)


async def _members(wiki: Wiki, known: Mapping[str, Any]) -> dict[str, Member]:
    asked: dict[str, str | int] = {"prop": "info"}
    if wiki.scope.category:
        asked |= {"generator": "categorymembers", "gcmtitle": wiki.scope.category, "gcmlimit": 500}
    elif known:
        asked |= {"pageids": "|".join(known)}
    else:
        asked |= {"titles": wiki.scope.title, "redirects": 1}
    found: dict[str, Member] = {}
    more: dict[str, Any] = {}
    while True:
        said = await wiki.query(**asked, **more)
        pages = [page for page in said["query"].get("pages") or [] if page.get("pageid") and not page.get("missing")]
        found.update({member.key: member for member in map(Member, pages)})
        more = said.get("continue") or {}
        if not more or len(found) >= MOST_PAGES:
            return found


async def _fates(wiki: Wiki, known: Mapping[str, list[Any]], members: Mapping[str, Member]) -> list[Mapping[str, Any]]:
    """Rows of the log about pages that were deleted or moved since."""
    rows: list[Mapping[str, Any]] = []
    for key in await _gone(wiki, [key for key in known if key not in members]):
        rows += await _log(wiki, "delete", known[key][1], key)
    for key, member in members.items():
        if key in known and known[key][1] != member.title:
            rows += await _log(wiki, "move", known[key][1], key)
    return rows


async def _gone(wiki: Wiki, keys: list[str]) -> list[str]:
    """Of pages that are no longer listed those that do not exist any more; others have left the category."""
    gone: list[str] = []
    for start in range(0, len(keys), REVISIONS_A_REQUEST):
        some = keys[start : start + REVISIONS_A_REQUEST]
        pages = (await wiki.query(prop="info", pageids="|".join(some)))["query"].get("pages") or []
        gone += [str(page["pageid"]) for page in pages if page.get("missing")]
    return gone


async def _log(wiki: Wiki, kind: str, title: str, key: str) -> list[Mapping[str, Any]]:
    """The last word of the log on a page, in the form that recent changes have."""
    properties = "ids|title|type|user|userid|timestamp|comment|details|tags"
    asked: dict[str, str | int] = {"list": "logevents", "letype": kind, "letitle": title, "lelimit": 1}
    events = (await wiki.query(**asked, leprop=properties))["query"].get("logevents") or []
    return [
        {
            **event,
            "type": "log",
            "logtype": event.get("type"),
            "logaction": event.get("action"),
            "logparams": event.get("params"),
            "pageid": int(key),
        }
        for event in events
    ]


async def _revisions(wiki: Wiki, member: Member, *, since: int, limit: int) -> list[Mapping[str, Any]]:
    """The page's revisions after one, oldest first, in the form that recent changes have."""
    rows: list[Mapping[str, Any]] = []
    more: dict[str, Any] = {}
    asked: dict[str, str | int] = {"prop": "revisions", "pageids": member.key, "rvprop": _ROW_PROPERTIES}
    while True:
        said = await wiki.query(**asked, rvlimit=min(limit, REVISIONS_A_REQUEST), **more)
        pages = said["query"].get("pages") or [{}]
        found = [row for row in pages[0].get("revisions") or [] if row["revid"] > since]
        rows += [_as_change(row, member) for row in found]
        more = said.get("continue") or {}
        if not more or len(rows) >= limit or len(found) < REVISIONS_A_REQUEST:
            return list(reversed(rows[:limit]))


def _as_change(row: Mapping[str, Any], member: Member) -> Mapping[str, Any]:
    return {
        **row,
        "type": "edit" if row.get("parentid") else "new",
        "old_revid": row.get("parentid") or 0,
        "pageid": int(member.key),
        "title": member.title,
        "ns": member.namespace,
    }
