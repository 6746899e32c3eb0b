"""The two cleaners: which tags, attributes and addresses stay. They are built once and reused."""

import threading
from collections.abc import Callable
from urllib.parse import urljoin

import nh3

LINK_REL = "nofollow noopener noreferrer ugc"
SOURCE = ' cite="'
URL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})

_COMMENT_TAGS = frozenset(
    {"a", "abbr", "acronym", "b", "blockquote", "br", "cite", "code", "del", "em", "i", "li", "ol", "p", "pre"}
    | {"q", "s", "strike", "strong", "ul"}
)
_COMMENT_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "acronym": {"title"},
    "blockquote": {"cite"},
    "del": {"datetime"},
    "q": {"cite"},
}
_ARTICLE_TAGS = _COMMENT_TAGS | {
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "div", "span", "figure", "figcaption", "img", "address", "time"),
    *("ins", "u", "sub", "sup", "small", "mark", "kbd", "samp", "var", "dl", "dt", "dd", "details", "summary"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td", "bdi", "wbr"),
    *("ruby", "rt", "rp"),
}
_ARTICLE_ATTRIBUTES = _COMMENT_ATTRIBUTES | {
    "img": {"src", "alt", "width", "height"},
    "ins": {"datetime"},
    "time": {"datetime"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_DROPPED_WITH_CONTENT = {
    *("script", "style", "iframe", "noembed", "noframes", "template", "title", "textarea", "select", "svg", "math"),
    *("xmp", "plaintext"),
}


class _Base(threading.local):
    """Where relative links start from in the text that this thread is cleaning."""

    url = ""


base = _Base()


def _resolved(url: str) -> str | None:
    """Called by the cleaner for each relative link; None drops it."""
    try:
        absolute = urljoin(base.url, url.strip())
    except ValueError:
        return None
    return absolute if absolute.startswith(("http://", "https://")) else None


def _without_odd_sources(_tag: str, attribute: str, value: str) -> str | None:
    """nh3 judges the addresses of links and images but lets any `cite` through."""
    return _resolved(value) if attribute == "cite" else value


class Cleaner:
    """nh3 for one profile. Set `base.url` first: "" drops relative links."""

    __slots__ = ("_with_sources", "clean_links")

    def __init__(self, tags: frozenset[str], attributes: dict[str, set[str]]) -> None:
        self.clean_links = _nh3_cleaner(tags, attributes, None).clean
        """All but the sources of quotations: what remains must pass `clean_sources` where they are named."""
        self._with_sources = _nh3_cleaner(tags, attributes, _without_odd_sources).clean

    def clean(self, html: str) -> str:
        return self.clean_sources(self.clean_links(html))

    def clean_sources(self, safe: str) -> str:
        """A pass of its own, as few texts name any and it makes cleaning slow."""
        return self._with_sources(safe) if SOURCE in safe else safe


def _nh3_cleaner(
    tags: frozenset[str],
    attributes: dict[str, set[str]],
    attribute_filter: Callable[[str, str, str], str | None] | None,
) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        attributes=attributes,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        url_schemes=URL_SCHEMES,
        link_rel=LINK_REL,
        generic_attribute_prefixes=set(),
        url_relative=_resolved,
        attribute_filter=attribute_filter,
    )


COMMENT_CLEANER = Cleaner(_COMMENT_TAGS, _COMMENT_ATTRIBUTES)
ARTICLE_CLEANER = Cleaner(_ARTICLE_TAGS, _ARTICLE_ATTRIBUTES)
