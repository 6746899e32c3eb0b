"""Which pages of a site are new: by its sitemaps and by what its own front page links to."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from parvis.connectors.website.links import is_within, likely_articles, read_page, tidy
from parvis.connectors.website.sitemaps import Listed, NoSitemap, Sitemap, read_sitemap
from parvis.connectors.website.state import Queued, State
from parvis.connectors.website.visiting import Visitor, conditions_of, head_of

USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml", "/sitemap.xml.gz", "/sitemap.txt")
MOST_SITEMAPS = 10
MOST_PARTS = 10
"""Of a sitemap of sitemaps, in one reading: the newest."""
MOST_NEW = 100
FIRST_PAGES = 30
FIRST_AGE = timedelta(days=30)
_OVERLAP = timedelta(days=2)
_WINDOW = 500
"""Of a sitemap without dates, the beginning and the end are compared: new pages are added at one of them."""
_SAME_STAMP = 100
"""So many pages "changed" in the same second were not: the date is that of the sitemap."""
_ACCEPT = "application/xml, text/xml, text/plain;q=0.8, */*;q=0.5"


async def find_sitemaps(visitor: Visitor, told: Sequence[str]) -> list[str]:
    """Those that robots.txt names, else those at the usual places that are there."""
    home = visitor.session.address
    named = [url for url in dict.fromkeys(tidy_sitemap(url, home) for url in told) if url]
    if named:
        return named[:MOST_SITEMAPS]
    for place in USUAL_SITEMAPS:
        url = urljoin(home, place)
        if await _read(visitor, url, None) is not None:
            return [url]
    return []


def tidy_sitemap(url: str, home: str) -> str:
    try:
        whole = urljoin(home, url.strip())
        return whole if urlsplit(whole).scheme in {"http", "https"} and urlsplit(whole).hostname else ""
    except ValueError:
        return ""


async def look_for_new(visitor: Visitor, state: State, *, now: datetime) -> None:
    """Puts what is new into the queue, oldest first, and notes it as known."""
    is_first = state.since is None and not state.known
    front = await _front_page(visitor, state)
    listed: list[Listed] = []
    for url in state.sitemaps:
        listed += await _pages_of(visitor, state, url)
    within = _within_section(listed, visitor.session.address)
    fresh, waiting = _new_of(within, front, state, now=now, is_first=is_first)
    for page in fresh:
        state.queue.append(Queued(url=page.url, title=page.title, published=page.published, language=page.language))
    moments = [moment for page in listed if (moment := page.changed_at) and moment <= now]
    state.since = max([*moments, *([state.since] if state.since else [])], default=None)
    if waiting:  # listed once more at the next reading, whether the sitemaps have changed by then or not
        state.heads.clear()
        state.since = min([state.since or now, *(page.changed_at or now for page in waiting)])


async def _front_page(visitor: Visitor, state: State) -> list[Listed]:
    home = visitor.session.address
    answer = await visitor.get(home, conditions_of(state.heads.get(home, {})))
    if answer is None or answer.status == 304:
        return []
    state.heads[home] = head_of(answer)
    page = read_page(answer.body, answer.url)
    return [Listed(url=link) for link in likely_articles(page.links, home)]


async def _pages_of(visitor: Visitor, state: State, url: str) -> list[Listed]:
    sitemap = await _read(visitor, url, state)
    if sitemap is None:
        return []
    pages = _dated_or_ends(sitemap.pages)
    for part in _parts(sitemap.sitemaps, since=state.since):
        inner = await _read(visitor, part.url, state)
        pages += _dated_or_ends(inner.pages) if inner else []
    return pages


async def _read(visitor: Visitor, url: str, state: State | None) -> Sitemap | None:
    """None where it has not changed, is not there or is no sitemap."""
    kept = state.heads.get(url, {}) if state else {}
    answer = await visitor.get(url, conditions_of(kept), accept=_ACCEPT)
    if answer is None or answer.status == 304:
        return None
    try:
        sitemap = await asyncio.to_thread(read_sitemap, answer.body)
    except NoSitemap:
        return None
    if state is not None:
        state.heads[url] = head_of(answer)
    return sitemap


def _parts(sitemaps: Sequence[Listed], *, since: datetime | None) -> list[Listed]:
    """The newest by date; without dates the first, the last, and those that call themselves new."""
    earliest = since - _OVERLAP if since else datetime.min.replace(tzinfo=UTC)
    dated = sorted(
        ((moment, part) for part in sitemaps if (moment := part.changed_at) and moment >= earliest),
        key=lambda pair: pair[0],
        reverse=True,
    )
    bare = [part for part in sitemaps if part.changed_at is None]
    new = [part for part in bare if any(word in part.url.lower() for word in ("news", "latest", "recent", "actu"))]
    chosen = [*(part for _, part in dated), *new, *bare[:3], *bare[-3:]]
    return list({part.url: part for part in chosen}.values())[:MOST_PARTS]


def _dated_or_ends(pages: list[Listed]) -> list[Listed]:
    stamps = Counter(page.changed for page in pages)
    for page in pages:
        if stamps[page.changed] > _SAME_STAMP and not page.published:
            page.changed = ""
    dated = [page for page in pages if page.changed_at is not None]
    bare = [page for page in pages if page.changed_at is None]
    return dated + (bare if len(bare) <= 2 * _WINDOW else bare[:_WINDOW] + bare[-_WINDOW:])


def _within_section(pages: Iterable[Listed], home: str) -> list[Listed]:
    """Of the same site, and where the address is one of a section, below it."""
    section = urlsplit(home).path.rpartition("/")[0] + "/"
    found = []
    for page in pages:
        page.url = tidy(page.url)
        if page.url and is_within(page.url, home) and urlsplit(page.url).path.startswith(section):
            found.append(page)
    return found


def _new_of(
    pages: Sequence[Listed], front: Sequence[Listed], state: State, *, now: datetime, is_first: bool
) -> tuple[list[Listed], list[Listed]]:
    """What is read now, and what waits for the next reading: the oldest come first, but for the very first time."""
    by_url = {page.url: page for page in front} | {page.url: page for page in pages}
    unknown = [page for page in by_url.values() if not state.knows(page.url, page.changed)]
    on_front = {page.url for page in front}
    earliest = now - FIRST_AGE if is_first else (state.since or now) - _OVERLAP
    fresh = [page for page in unknown if _is_fresh(page, on_front, earliest=earliest, is_first=is_first)]
    fresh.sort(key=lambda page: page.changed_at or now)
    chosen, waiting = (fresh[-FIRST_PAGES:], []) if is_first else (fresh[:MOST_NEW], fresh[MOST_NEW:])
    left = {page.url for page in waiting}
    for page in unknown:
        if page.url not in left:
            state.note(page.url, page.changed)
    return chosen, waiting


def _is_fresh(page: Listed, on_front: set[str], *, earliest: datetime, is_first: bool) -> bool:
    moment = page.changed_at
    if moment is not None:
        return moment >= earliest
    return page.url in on_front or not is_first
