"""What of a wiki a channel reads, written into its address: all of it, one page, or the pages of a category.

The address is that of the API, and can be opened by itself: `…/api.php`, `…/api.php?action=query&titles=Page`,
`…/api.php?action=query&list=categorymembers&cmtitle=Category:Name`.
"""

from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from msgspec import Struct

SLUG = "mediawiki"


class Scope(Struct, frozen=True):
    """`title` and `category` are full titles with their namespace; at most one of them is set."""

    api: str
    title: str = ""
    category: str = ""

    @property
    def address(self) -> str:
        if self.category:
            return f"{self.api}?{urlencode({'action': 'query', 'list': 'categorymembers', 'cmtitle': self.category})}"
        return f"{self.api}?{urlencode({'action': 'query', 'titles': self.title})}" if self.title else self.api

    @property
    def script(self) -> str:
        """index.php, which lies beside the API."""
        return urljoin(self.api, "index.php")


def scope_of(address: str) -> Scope:
    parts = urlsplit(address)
    asked = parse_qs(parts.query)
    return Scope(
        api=urlunsplit(parts._replace(query="", fragment="")),
        title=asked.get("titles", [""])[0],
        category=asked.get("cmtitle", [""])[0],
    )
