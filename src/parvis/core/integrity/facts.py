"""What is known of a site from its pages: where it often links to, its languages, its scripts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parvis.core.integrity.hosts import domain_of

OFTEN_SHARE = 0.3
OFTEN_PAGES = 3


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """Counts are of pages. Links that were found to be injected are not counted."""

    page_count: int = 0
    linked: Mapping[str, int] = field(default_factory=dict)
    scripts: Mapping[str, int] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    scripts_written_in: frozenset[str] = frozenset()

    def is_often_linked(self, host: str) -> bool:
        """So many pages link there that the site means it."""
        return self._is_often(self.linked.get(domain_of(host), 0))

    def has_script_host(self, host: str) -> bool:
        return domain_of(host) in self.scripts

    def has_frame_host(self, host: str) -> bool:
        return domain_of(host) in self.frames

    @property
    def is_telling(self) -> bool:
        """Enough pages were seen that what is on none of them is new."""
        return self.page_count >= OFTEN_PAGES

    def _is_often(self, count: int) -> bool:
        return count >= OFTEN_PAGES and count >= self.page_count * OFTEN_SHARE


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Of one page; hosts are domains."""

    linked: frozenset[str]
    scripts: frozenset[str]
    frames: frozenset[str]
    languages: frozenset[str]
    scripts_written_in: frozenset[str]


def facts_of(pages: Iterable[PageFacts]) -> SiteFacts:
    linked: Counter[str] = Counter()
    scripts: Counter[str] = Counter()
    frames: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    written_in: Counter[str] = Counter()
    page_count = 0
    for page in pages:
        page_count += 1
        linked.update(page.linked)
        scripts.update(page.scripts)
        frames.update(page.frames)
        languages.update(page.languages)
        written_in.update(page.scripts_written_in)
    least = max(1, page_count // 10)
    return SiteFacts(
        page_count,
        dict(linked),
        dict(scripts),
        dict(frames),
        frozenset(one for one, count in languages.items() if count >= least),
        frozenset(one for one, count in written_in.items() if count >= least),
    )
