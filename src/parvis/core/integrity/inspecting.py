"""What a page of one's own site should not contain."""

from collections.abc import Iterable, Iterator

from parvis.core.integrity.facts import PageFacts, SiteFacts, facts_of
from parvis.core.integrity.findings import Finding, Kind
from parvis.core.integrity.grouping import groups_of
from parvis.core.integrity.heads import head_findings
from parvis.core.integrity.insides import inside_findings
from parvis.core.integrity.page import Page
from parvis.core.integrity.reading import Reading
from parvis.core.integrity.saying import said
from parvis.core.integrity.weighing import Weighed, alarming, weighed


def inspect(page: Page, *, url: str, known: SiteFacts | None = None) -> list[Finding]:
    """Findings in the order of the source, one for each address and kind; none for a page as it should be.

    `url` is where the page was read. `known` makes strangers' scripts and frames findings, and makes it
    harder for a link that the site sets everywhere to become one.
    """
    return findings_of(Reading(page, url, known or SiteFacts()))


def findings_of(reading: Reading) -> list[Finding]:
    links = alarming_links(reading)
    found = [said(one) for one in links]
    told = {one.link.href for one in links}
    found += [one for one in _further(reading) if not one.href or one.href not in told]
    unique: dict[tuple[Kind, str, str], Finding] = {}
    for one in found:
        unique.setdefault((one.kind, one.href, "" if one.href else one.evidence.en), one)
    return list(unique.values())


def alarming_links(reading: Reading) -> list[Weighed]:
    """In the order of the source."""
    found = alarming(list(weighed(reading, groups_of(reading))))
    return sorted(found, key=lambda one: one.link.start)


def _further(reading: Reading) -> Iterator[Finding]:
    yield from head_findings(reading)
    yield from inside_findings(reading)


def gather(pages: Iterable[tuple[Page, str]]) -> SiteFacts:
    """What many pages of one site, each with its address, tell about the site; each is read and let go."""
    return facts_of(_page_facts(page, url) for page, url in pages)


def _page_facts(page: Page, url: str) -> PageFacts:
    reading = Reading(page, url)
    return reading.facts(left_out=frozenset(one.link.href for one in alarming_links(reading)))
