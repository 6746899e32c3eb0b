"""Lists in an address that somebody pasted: the answer is one itself, or its page has one under another address.

The answer is known by its shape. For the pages that people see, a table says where their list is.
"""

import re
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import msgspec

from parvis.connectors.listing.shapes import is_listing, records_in
from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

SLUG = "listing"
HACKER_NEWS = "https://hacker-news.firebaseio.com/v0"
SEARCH = "https://hn.algolia.com/api/v1/search_by_date"

READ = Text("Read what is written there.", "Lire ce qui s’y écrit.")
POSTS = Text("Read what is posted there.", "Lire ce qui y est publié.")
COMMENTS = Text("Read the comments written there.", "Lire les commentaires qui y sont écrits.")
THREAD = Text("Read this discussion.", "Lire cette discussion.")

_REDDIT = r"(?:www\.|old\.|new\.|np\.|sh\.)?reddit\.com"
PAGES: tuple[tuple[str, str, str, Text], ...] = (
    (r"news\.ycombinator\.com/(?:newest|)", f"{HACKER_NEWS}/newstories.json", "Hacker News", POSTS),
    (r"news\.ycombinator\.com/(?:news|front)", f"{HACKER_NEWS}/topstories.json", "Hacker News, front page", POSTS),
    (
        r"news\.ycombinator\.com/(?P<list>best|ask|show)",
        HACKER_NEWS + "/{list}stories.json",
        "Hacker News, {list}",
        POSTS,
    ),
    (r"news\.ycombinator\.com/jobs", f"{HACKER_NEWS}/jobstories.json", "Hacker News, jobs", POSTS),
    (r"news\.ycombinator\.com/item\?id=(?P<id>\d+)", HACKER_NEWS + "/item/{id}.json", "Hacker News {id}", THREAD),
    (r"news\.ycombinator\.com/user\?id=(?P<id>[\w-]+)", HACKER_NEWS + "/user/{id}.json", "{id} (Hacker News)", READ),
    (_REDDIT + r"/r/(?P<r>\w+)/comments/(?P<id>\w+)(?:/.*)?", "/comments/{id}.json", "r/{r} {id}", THREAD),
    (_REDDIT + r"/r/(?P<r>[\w+]+)(?:/(?:new|hot|top|rising|best))?", "/r/{r}/new.json", "r/{r}", POSTS),
    (_REDDIT + r"/r/(?P<r>[\w+]+)(?:/comments)?", "/r/{r}/comments.json", "r/{r}", COMMENTS),
    (_REDDIT + r"/u(?:ser)?/(?P<u>[\w-]+)(?:/.*)?", "/user/{u}.json", "u/{u}", READ),
)
"""A page's host and path as a whole, the address of its list, a name, and what is offered; the surest first."""


def recognise(answer: Answer) -> list[Recognition]:
    told = _decoded(answer)
    if told is not None:
        return _itself(told, answer)
    return [*_searched(answer), *_pages(answer)]


def _decoded(answer: Answer) -> Any:
    if answer.body.lstrip()[:1] not in (b"[", b"{"):
        return None
    try:
        return msgspec.json.decode(answer.body)
    except (ValueError, RecursionError):
        return None


def _itself(told: Any, answer: Answer) -> list[Recognition]:
    parts = urlsplit(answer.url)
    if _is_ids(told) and parts.path.endswith("stories.json"):
        return [_found(answer.url, f"{parts.hostname}: {parts.path.rpartition('/')[2].removesuffix('.json')}", POSTS)]
    if isinstance(told, dict) and isinstance(told.get("submitted"), list) and isinstance(told.get("id"), str):
        return [_found(answer.url, f"{told['id']} ({parts.hostname})", READ)]
    if not is_listing(told):
        return []
    return [_found(answer.url, _name(told, answer), READ)]


def _is_ids(told: Any) -> bool:
    return isinstance(told, list) and bool(told) and all(isinstance(one, int) and one > 0 for one in told)


def _name(told: Any, answer: Answer) -> str:
    """A search's words, a community's name, a discussion's title, else where it is."""
    parts = urlsplit(answer.url)
    if isinstance(told, dict) and isinstance(told.get("hits"), list):
        words = parse_qs(parts.query).get("query", [""])[0]
        return f"“{words}” ({parts.hostname})" if words else f"{parts.hostname}{parts.path}"
    if found := re.match(r"/r/([\w+]+)/", parts.path):
        return f"r/{found[1]}"
    title = _title(told)
    return title or f"{parts.hostname}{parts.path}"


def _title(told: Any) -> str:
    """Of what a discussion begins with; a list of many things has none."""
    is_thread = isinstance(told, list) or (isinstance(told, dict) and "id" in told)
    first = next(records_in(told), None) if is_thread else None
    return str(first[0].get("title") or "") if first is not None else ""


def _searched(answer: Answer) -> list[Recognition]:
    """The search page of Hacker News, whose words stand in the address."""
    parts = urlsplit(answer.url)
    if (parts.hostname or "") != "hn.algolia.com" or parts.path.startswith("/api/"):
        return []
    asked = parse_qs(parts.query)
    words = asked.get("q", asked.get("query", [""]))[0]
    if not words:
        return []
    kind = asked.get("type", ["all"])[0]
    params = {"query": words, "tags": kind if kind in ("story", "comment") else "(story,comment)"}
    return [_found(f"{SEARCH}?{urlencode(params)}", f"“{words}” (Hacker News)", READ)]


def _pages(answer: Answer) -> list[Recognition]:
    parts = urlsplit(answer.url)
    number = parse_qs(parts.query).get("id", [""])[0]
    page = (
        (parts.hostname or "").lower() + (unquote(parts.path).rstrip("/") or "/") + (f"?id={number}" if number else "")
    )
    found: list[Recognition] = []
    for pattern, address, name, offers in PAGES:
        if match := re.fullmatch(pattern, page):
            values = {key: quote(value, safe="+") for key, value in match.groupdict().items()}
            target = address.format(**values)
            if target.startswith("/"):
                target = f"https://www.reddit.com{target}"
            found.append(_found(target, name.format(**match.groupdict()), offers, 0.9 if found else 0.95))
    return found


def _found(address: str, name: str, offers: Text, certainty: float = 0.95) -> Recognition:
    return Recognition(slug=SLUG, address=address, name=name[:200], offers=offers, certainty=certainty)
