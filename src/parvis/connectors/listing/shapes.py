"""Where each part of a record stands, site by site: one table a shape, recognised by the fields that it has.

Another site with lists in JSON is one more table here.

Hacker News: https://github.com/HackerNews/API; its search: https://hn.algolia.com/api; Reddit and the
sites that run on its code: https://github.com/reddit-archive/reddit/wiki/JSON. All read 2026-11.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from parvis.core.types import Kind

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A tuple of names means the first of them that holds something. Templates are filled from the record itself."""

    name: str
    has: frozenset[str]
    """The fields that every record of this shape has."""
    id: str
    """Template of the remote id."""
    kind: tuple[str, ...]
    kinds: Mapping[str, Kind]
    """By what stands in `kind`; anything else is passed over."""
    title: tuple[str, ...]
    html: tuple[str, ...]
    text: tuple[str, ...] = ()
    """Plain text, where there is no HTML."""
    link: tuple[str, ...]
    """What a post leads to, on another site."""
    page: str
    """Template of the record's own address; a path is on the host that was asked."""
    author: tuple[str, ...]
    author_page: str
    nobody: frozenset[str] = frozenset()
    """Names that stand for an author who is gone."""
    created: tuple[str, ...]
    edited: tuple[str, ...] = ()
    parent: str = ""
    """Template of the remote id of what is answered, of which `about` is taken off: an article is no answer."""
    about: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Our name of a fact: the site's."""
    deleted: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    """Fields that say so with one of these values; True stands for any value."""
    hidden: tuple[str, ...] = ()
    """Fields that say that the site's people or rules took it out of sight."""


HACKER_NEWS = Shape(
    name="hacker-news",
    has=frozenset({"id", "type", "time"}),
    id="item:{id}",
    kind=("type",),
    kinds={"story": Kind.ARTICLE, "job": Kind.ARTICLE, "poll": Kind.ARTICLE, "comment": Kind.COMMENT},
    title=("title",),
    html=("text",),
    link=("url",),
    page="https://news.ycombinator.com/item?id={id}",
    author=("by",),
    author_page="https://news.ycombinator.com/user?id={author}",
    created=("time",),
    parent="item:{parent}",
    facts={"score": "score", "comments": "descendants"},
    deleted={"deleted": frozenset({True})},
    hidden=("dead",),
)
HACKER_NEWS_SEARCH = Shape(
    name="hacker-news-search",
    has=frozenset({"objectID", "created_at_i"}),
    id="item:{objectID}",
    kind=("_tags",),
    kinds=HACKER_NEWS.kinds,
    title=("title",),
    html=("comment_text", "story_text"),
    link=("url",),
    page="https://news.ycombinator.com/item?id={objectID}",
    author=("author",),
    author_page="https://news.ycombinator.com/user?id={author}",
    created=("created_at_i",),
    parent="item:{parent_id}",
    about="item:{story_id}",
    facts={"score": "points", "comments": "num_comments", "story": "story_title"},
)
HACKER_NEWS_TREE = Shape(
    name="hacker-news-tree",
    has=frozenset({"id", "created_at_i", "children"}),
    id="item:{id}",
    kind=("type",),
    kinds=HACKER_NEWS.kinds,
    title=("title",),
    html=("text",),
    link=("url",),
    page="https://news.ycombinator.com/item?id={id}",
    author=("author",),
    author_page="https://news.ycombinator.com/user?id={author}",
    created=("created_at_i",),
    parent="item:{parent_id}",
    about="item:{story_id}",
    facts={"score": "points"},
)
_REMOVED = frozenset({"[removed]", "[deleted]"})
REDDIT_POST = Shape(
    name="reddit-post",
    has=frozenset({"name", "permalink", "title"}),
    id="{name}",
    kind=("title",),
    kinds={"": Kind.ARTICLE},
    title=("title",),
    html=("selftext_html",),
    text=("selftext",),
    link=("url_overridden_by_dest", "url"),
    page="{permalink}",
    author=("author",),
    author_page="/user/{author}",
    nobody=frozenset({"[deleted]"}),
    created=("created_utc", "created"),
    edited=("edited",),
    facts={
        "score": "score",
        "comments": "num_comments",
        "upvote_share": "upvote_ratio",
        "community": "subreddit",
        "adult": "over_18",
    },
    deleted={"removed_by_category": frozenset({True}), "selftext": _REMOVED},
)
REDDIT_COMMENT = Shape(
    name="reddit-comment",
    has=frozenset({"name", "parent_id", "link_id", "body"}),
    id="{name}",
    kind=("body",),
    kinds={"": Kind.COMMENT},
    title=(),
    html=("body_html",),
    text=("body",),
    link=(),
    page="{permalink}",
    author=("author",),
    author_page="/user/{author}",
    nobody=frozenset({"[deleted]"}),
    created=("created_utc", "created"),
    edited=("edited",),
    parent="{parent_id}",
    about="{link_id}",
    facts={"score": "score", "community": "subreddit", "story": "link_title"},
    deleted={"body": _REMOVED},
)
SHAPES = (REDDIT_COMMENT, REDDIT_POST, HACKER_NEWS_TREE, HACKER_NEWS_SEARCH, HACKER_NEWS)
"""The more telling ones first."""


def shape_of(record: Any) -> Shape | None:
    if not isinstance(record, dict):
        return None
    return next((shape for shape in SHAPES if shape.has <= record.keys()), None)


def records_in(told: Any) -> Iterator[tuple[Record, Shape]]:
    """Every record in a decoded answer with its shape, those above before those below; other things are passed over."""
    waiting = [told]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(reversed(part))
        elif isinstance(part, dict):
            if (shape := shape_of(part)) is not None:
                yield part, shape
            waiting.extend(inner for name in _HOLDERS if isinstance(inner := part.get(name), dict | list))


_HOLDERS = ("replies", "children", "hits", "things", "data", "json")
"""The fields in which further records stand, the last of them looked into first."""


def is_listing(told: Any) -> bool:
    """Whether an answer is a list of such records at all, be it empty."""
    if isinstance(told, list):
        return any(is_listing(part) for part in told if isinstance(part, dict))
    if not isinstance(told, dict):
        return False
    if told.get("kind") == "Listing" and isinstance(told.get("data"), dict):
        return True
    if isinstance(told.get("hits"), list) and {"nbHits", "nbPages", "hitsPerPage"} & told.keys():
        return True
    shape = shape_of(told)
    return shape is not None and (shape.name != HACKER_NEWS.name or told["type"] in {*shape.kinds, "pollopt"})


def first_of(record: Record, names: tuple[str, ...]) -> Any:
    """What stands in the first of these fields that holds something; None where none does."""
    return next((record[name] for name in names if record.get(name) not in (None, "", [])), None)
