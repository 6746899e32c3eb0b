"""The three lists that a site is read from: posts, pages and comments, whole or as the public sees them."""

from collections.abc import Mapping
from dataclasses import dataclass

from parvis.connectors.wordpress.decode import records
from parvis.connectors.wordpress.site import Site
from parvis.connectors.wordpress.window import PAGE, Window
from parvis.core.errors import AnswerNotUnderstood, RemoteBroken
from parvis.core.types import Answer, Kind, Payload

SMALL_PAGE = 10
"""What is asked for where a site breaks at a hundred records, mostly for want of memory."""

POST_STATUSES = "publish,future,draft,pending,private,trash"
POST_FIELDS = (
    "id,date_gmt,modified_gmt,status,type,link,title,content.rendered,author,comment_status,"
    "_links.author,_links.wp:featuredmedia,_embedded"
)
COMMENT_FIELDS = (
    "id,post,parent,author,author_name,author_email,author_url,author_user_agent,author_avatar_urls,"
    "date_gmt,content,link,status,type"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the API. `public` and `full` are the parameters that choose what is in it."""

    name: str
    kind: Kind
    public: Mapping[str, str]
    full: Mapping[str, str]
    shape: Mapping[str, str]
    reread: int
    """How many rows at the end are read again at each poll."""
    sweep_every_s: float
    """How long to wait between two steps of the slow reading of everything."""

    @property
    def route(self) -> str:
        return f"wp/v2/{self.name}"


def _articles(name: str, kind: Kind) -> Listing:
    return Listing(
        name=name,
        kind=kind,
        public={},
        full={"context": "edit", "status": POST_STATUSES},
        shape={"_embed": "author,wp:featuredmedia", "_fields": POST_FIELDS},
        reread=10,
        sweep_every_s=600.0,
    )


POSTS = _articles("posts", Kind.ARTICLE)
PAGES = _articles("pages", Kind.PAGE)
COMMENTS = Listing(
    name="comments",
    kind=Kind.COMMENT,
    public={},
    full={"context": "edit", "status": "any"},
    shape={"_fields": COMMENT_FIELDS},
    reread=50,
    sweep_every_s=0.0,
)
LISTINGS = (POSTS, PAGES, COMMENTS)


class ListReader:
    """Reads one list of one site with one account's eyes."""

    def __init__(self, site: Site, listing: Listing, *, reads_all: bool) -> None:
        self.site = site
        self.listing = listing
        self.reads_all = reads_all
        self._facts = {
            name: site.session.facts[name] for name in ("user_id", "house_user_ids") if name in site.session.facts
        }

    async def window(self, offset: int, size: int) -> Window:
        """The rows from an offset on, ordered by rising id; fewer than asked for where the site breaks at that."""
        order: dict[str, str | int] = {"orderby": "id", "order": "asc", "offset": offset}
        try:
            return await self.rows(order, offset=offset, size=size)
        except RemoteBroken:
            if size <= SMALL_PAGE:
                raise
            return await self.rows(order, offset=offset, size=SMALL_PAGE)

    async def rows(
        self,
        asked: Mapping[str, str | int],
        *,
        offset: int = 0,
        size: int = PAGE,
        scope: Mapping[str, str] | None = None,
    ) -> Window:
        """What a question to the list brings; `scope` overrides what is in the list."""
        chosen = {**(self.listing.full if self.reads_all else self.listing.public), **(scope or {})}
        params = {**chosen, **self.listing.shape, **asked, "per_page": size}
        answer = await self.site.read(self.listing.route, params=params)
        try:
            found = records(answer.body, host=self.site.host)
        except AnswerNotUnderstood as error:
            error.answer = answer
            raise
        rows = tuple(row for row in found if isinstance(row, dict) and isinstance(row.get("id"), int))
        return Window(
            offset=offset, size=size, total=_total(answer, offset, size, len(found)), rows=rows, answer=answer
        )

    async def total(self, scope: Mapping[str, str]) -> int:
        """How many records there are of one kind."""
        chosen = {**(self.listing.full if self.reads_all else self.listing.public), **scope}
        answer = await self.site.read(self.listing.route, params={**chosen, "per_page": 1, "_fields": "id"})
        return _total(answer, 0, 1, len(records(answer.body, host=self.site.host)))

    def payload(self, answer: Answer) -> Payload:
        return Payload(
            endpoint=self.listing.name,
            url=answer.url,
            body=answer.body,
            content_type=answer.content_type,
            facts=self._facts,
        )


def _total(answer: Answer, offset: int, size: int, found: int) -> int:
    """X-WP-Total; where something on the way strips it, one more than read as long as pages are full."""
    told = answer.headers.get("x-wp-total", "")
    if told.isdigit():
        return int(told)
    return offset + found + (1 if found >= size else 0)
