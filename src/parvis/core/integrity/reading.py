"""A page read once: its tree, its links, whose hosts they are, what it speaks about and in which languages."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

from parvis.core.integrity.facts import PageFacts, SiteFacts
from parvis.core.integrity.hiding import Hiding
from parvis.core.integrity.hosts import are_related, domain_of, host_of, is_known
from parvis.core.integrity.links import Link, Zone, links_of, zone_at
from parvis.core.integrity.page import LONGEST_PAGE_CHARS, Page
from parvis.core.integrity.scripts import Script, scripts_of
from parvis.core.integrity.tongues import languages_in, scripts_in
from parvis.core.integrity.tree import Element, Tree, tree_of
from parvis.core.integrity.words import subjects_in

_UNREAD = frozenset({"script", "style", "template", "textarea", "noscript", "title"})
_SAMPLE_CHARS = 200_000
_NEAR = 4
_MAIN_SHARE = 0.3
_MAIN_LINKS = 8


@dataclass
class Reading:
    page: Page
    url: str
    known: SiteFacts = field(default_factory=SiteFacts)
    _strange: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def tree(self) -> Tree:
        return tree_of(self.page.source[:LONGEST_PAGE_CHARS])

    @cached_property
    def hiding(self) -> Hiding:
        sheets = [chunk.text for chunk in self.tree.texts if chunk.within and chunk.within.tag == "style"]
        return Hiding([*self.page.styles, *sheets], scripts=[script.raw for script in self.scripts])

    @cached_property
    def links(self) -> list[Link]:
        """To any host, with what hides them; only strangers' links are looked at so closely."""
        links = links_of(self.tree)
        for link in links:
            if link.element is not None and self.is_strange(link.host):
                link.hidden = self.hiding.of(link.element)
        return links

    @cached_property
    def _anchors(self) -> list[Element]:
        anchors = (one for one in self.tree.named("a", "area") if "href" in one.attributes)
        return [one for one in anchors if not one.attributes["href"].startswith(("#", "javascript:"))]

    @cached_property
    def anchor_starts(self) -> list[int]:
        """Where the links of the source stand, whoever they lead to."""
        return sorted(one.start for one in self._anchors)

    @cached_property
    def anchors_by_zone(self) -> Counter[Zone]:
        return Counter(zone_at(self.tree, one.start) for one in self._anchors)

    @cached_property
    def scripts(self) -> list[Script]:
        return list(scripts_of(self.tree))

    @cached_property
    def own_hosts(self) -> list[str]:
        """The page's own address, what it says its address is, and the one that most of it comes from."""
        hosts = [host_of(self.url)] if host_of(self.url) else []
        said = [element.get("href") for element in self.tree.named("base")]
        said += [
            one.get("href") for one in self.tree.named("link") if one.get("rel").lower() in {"canonical", "shortlink"}
        ]
        said += [one.get("content") for one in self.tree.named("meta") if one.get("property").lower() == "og:url"]
        counts = self._domain_counts
        for host in filter(None, map(host_of, said)):
            # A single line in the head is easily put there; something else on the page should confirm it.
            if counts[domain_of(host)] >= 2 or not hosts:
                hosts.append(host)
        total = sum(counts.values())
        for domain, count in counts.most_common(1):
            if count >= _MAIN_LINKS and count >= total * _MAIN_SHARE and self._is_spread(domain):
                hosts.append(domain)
        return list(dict.fromkeys(hosts))

    @cached_property
    def _domain_counts(self) -> Counter[str]:
        addresses = (
            element.get(name)
            for tag, name in (("a", "href"), ("link", "href"), ("img", "src"), ("script", "src"), ("form", "action"))
            for element in self.tree.named(tag)
        )
        return Counter(domain_of(host) for host in map(host_of, addresses) if host and not is_known(host))

    def _is_spread(self, domain: str) -> bool:
        """It stands in several parts of the page, not in one block."""
        starts = [element.start for element in self.tree.elements if domain in element.inside]
        return len(starts) > 2 and starts[-1] - starts[0] > len(self.tree.source) * 0.3

    def is_strange(self, host: str) -> bool:
        """Neither one's own nor one that pages of all kinds link to."""
        strange = self._strange.get(host)
        if strange is None:
            strange = not is_known(host) and not any(are_related(host, own) for own in self.own_hosts)
            self._strange[host] = strange
        return strange

    @cached_property
    def mention_counts(self) -> Counter[str]:
        """How often each strange domain is linked or used, in any element."""
        return self._domain_counts

    @cached_property
    def shown_text(self) -> str:
        """The text of the page, its strangers' links left out."""
        skipped = {link.element for link in self.links if link.element and self.is_strange(link.host)}
        parts, length = [], 0
        for chunk in self.tree.texts:
            within = chunk.within
            if within is not None and (within.tag in _UNREAD or _is_near(within, skipped)):
                continue
            text = chunk.text.strip()
            if text:
                parts.append(text)
                length += len(text)
                if length > _SAMPLE_CHARS:
                    break
        text = " ".join(parts)
        return unescape(text) if "&" in text else text

    @cached_property
    def subjects(self) -> dict[str, int]:
        return subjects_in(self.shown_text)

    @cached_property
    def scripts_written_in(self) -> frozenset[str]:
        return frozenset(scripts_in(self.shown_text)) | self.known.scripts_written_in

    @cached_property
    def languages(self) -> frozenset[str]:
        said = {one.get("lang").lower().split("-")[0].split("_")[0] for one in self.tree.named("html", "body")}
        return frozenset(languages_in(self.shown_text) | said - {""}) | self.known.languages

    def facts(self, *, left_out: frozenset[str] = frozenset()) -> PageFacts:
        """For `facts_of`; `left_out` are the hrefs of what was injected."""
        linked = {link.domain for link in self.links if link.href not in left_out and link.hidden is None
                  and link.zone in {Zone.BODY, Zone.BEHIND_BODY}}  # fmt: skip
        sources = [(element.tag, host_of(element.get("src"))) for element in self.tree.named("script", "iframe")]
        return PageFacts(
            frozenset(linked),
            frozenset(domain_of(host) for tag, host in sources if tag == "script" and host),
            frozenset(domain_of(host) for tag, host in sources if tag == "iframe" and host),
            self.languages,
            self.scripts_written_in,
        )


def _is_near(element: Element, skipped: set[Element]) -> bool:
    """It or one of the few it stands in: the words of a link may be in bold."""
    at: Element | None = element
    for _ in range(_NEAR):
        if at is None:
            return False
        if at in skipped:
            return True
        at = at.parent
    return False
