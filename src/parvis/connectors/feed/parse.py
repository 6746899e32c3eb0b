"""From what a feed's address sent to items: the quick reader where it can be trusted, else the thorough one."""

from urllib.parse import urlsplit

from parvis.connectors.feed.entries import Feed, without_doubles
from parvis.connectors.feed.jsonfeed import read_json
from parvis.connectors.feed.ordinary import read_ordinary
from parvis.connectors.feed.tolerant import read_tolerant
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Parsed, Payload
from parvis.core.wording import Text

_NO_FEED = Text("this is no feed", "ce n’est pas un flux")
_EMPTY = Text("it is empty", "elle est vide")


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood where it is no feed."""
    feed = read_feed(payload)
    items, doubles = without_doubles(feed.items)
    return Parsed(items=tuple(items), problems=(*feed.problems, *doubles))


def read_feed(payload: Payload) -> Feed:
    """Raises AnswerNotUnderstood where it is no feed."""
    body = payload.body.lstrip(b" \t\r\n")
    host = urlsplit(payload.url).hostname or payload.url
    if not body:
        raise AnswerNotUnderstood(host=host, detail=_EMPTY)
    if body[:4].lstrip(b"\xef\xbb\xbf")[:1] == b"{":
        feed = read_json(body, payload.url)
    else:
        feed = read_ordinary(body, payload.url)
        if feed is None:
            feed = read_tolerant(body, payload.url, payload.content_type)
    if feed is None:
        raise AnswerNotUnderstood(host=host, detail=_NO_FEED)
    return feed
