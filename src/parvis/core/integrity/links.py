"""The links of a page that lead to strangers: where they stand, what they say, and what hides them."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from html import unescape

from parvis.core.integrity.doorways import doorway_strength, slug_of
from parvis.core.integrity.hiding import Hidden
from parvis.core.integrity.hosts import domain_of, host_of, name_of
from parvis.core.integrity.tree import Element, Tree
from parvis.core.integrity.words import Told, folded, told_by

_IMAGES = frozenset({"img", "picture", "svg", "object", "video", "embed", "canvas", "amp-img"})
_ADDRESS = re.compile(r"https?://[^/\s]+/\S")
_LONGEST_ANCHOR = 4_000


class Zone(StrEnum):
    """Which part of the source a link stands in."""

    BEFORE = "before the page"
    HEAD = "in the head"
    BODY = "in the body"
    BEHIND_BODY = "behind the body"
    AFTER = "after the page"
    WRITTEN = "written by a script"


@dataclass(slots=True, eq=False)
class Link:
    """`href` as written, `url` with its references resolved."""

    href: str
    url: str
    host: str
    text: str
    title: str
    rel: str
    start: int
    zone: Zone
    element: Element | None = None
    hidden: Hidden | None = None
    has_image: bool = False
    domain: str = ""
    _said: Told | None = None
    _told: Told | None = None

    def __post_init__(self) -> None:
        self.domain = domain_of(self.host)

    @property
    def said(self) -> Told:
        """What its text and its title tell."""
        if self._said is None:
            self._said = told_by(self.text)
            if self.title and self.title != self.text:
                self._said = max(self._said, told_by(self.title), key=lambda told: told.strength)
        return self._said

    @property
    def told(self) -> Told:
        """The plainest of what its text, its title, its host and its address tell."""
        if self._told is None:
            self._told = self._told_together()
        return self._told

    def _told_together(self) -> Told:
        best = self.said
        host = told_by(name_of(self.host))
        if host.strength > best.strength:
            best = host
        if best.strength == 0 and self.text:
            return best
        # An address of an article holds any word; it only confirms what is told elsewhere.
        slug = told_by(slug_of(self.url))
        return best if slug.strength <= best.strength else Told(slug.subject, max(best.strength, slug.strength - 1))

    @property
    def doorway(self) -> int:
        return doorway_strength(self.url)

    @property
    def is_named_after_host(self) -> bool:
        """The text names the host, as links to partners and sources do."""
        if _ADDRESS.match(self.text):
            return False  # an address is no name
        name = re.sub(r"[^a-z0-9]", "", name_of(self.host))
        said = folded(f"{self.text} {self.title}")
        if not name or not said:
            return False
        joined = said.replace(" ", "")
        if name in joined or self.host in f"{self.text} {self.title}".lower():
            return True
        return any(len(word) >= 4 and word in name for word in said.split())


def zone_at(tree: Tree, start: int) -> Zone:
    if tree.begins_at is not None and start < tree.begins_at:
        return Zone.BEFORE
    if tree.html_end_at is not None and start > tree.html_end_at:
        return Zone.AFTER
    if tree.body_end_at is not None and start > tree.body_end_at:
        return Zone.BEHIND_BODY
    if tree.head_end_at is not None and start < tree.head_end_at:
        return Zone.HEAD
    return Zone.BODY


def links_of(tree: Tree) -> list[Link]:
    """All links in the source's markup that lead to a host, one's own included."""
    found = []
    images = sorted(element.start for element in tree.named(*_IMAGES))
    for element in tree.named("a", "area"):
        href = element.attributes.get("href", "")
        url = unescape(href) if "&" in href else href
        host = host_of(url)
        if not host:
            continue
        end = min(element.end if element.end >= 0 else len(tree.source), element.open_end + _LONGEST_ANCHOR)
        found.append(
            Link(
                href=href,
                url=url.strip(),
                host=host,
                text=text_between(tree, element.open_end, end) or element.get("alt"),
                title=element.get("title"),
                rel=element.get("rel").lower(),
                start=element.start,
                zone=zone_at(tree, element.start),
                element=element,
                has_image=_has_any(images, element.open_end, end),
            )
        )
    return sorted(found, key=lambda link: link.start)


def text_between(tree: Tree, start: int, end: int) -> str:
    """What can be read there, in one line."""
    at = bisect_left(tree.text_starts, start)
    parts: list[str] = []
    while at < len(tree.texts) and tree.texts[at].start < end:
        chunk = tree.texts[at]
        if chunk.within is None or chunk.within.tag not in {"script", "style"}:
            parts.append(chunk.text[: end - chunk.start])
        at += 1
    joined = " ".join(" ".join(parts).split())
    return unescape(joined) if "&" in joined else joined


def _has_any(starts: list[int], start: int, end: int) -> bool:
    at = bisect_left(starts, start)
    return at < len(starts) and starts[at] < end
