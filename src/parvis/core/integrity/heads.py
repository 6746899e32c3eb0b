"""What the head of a page says of it: where it belongs, where it sends people, how it is called."""

import re
from collections.abc import Iterator

from parvis.core.integrity.findings import Finding, Kind, Severity, excerpt, finding
from parvis.core.integrity.hosts import domain_of, host_of, name_of
from parvis.core.integrity.reading import Reading
from parvis.core.integrity.tongues import script_of
from parvis.core.integrity.words import told_by
from parvis.core.wording import Text

_REFRESH = re.compile(r"^\s*(\d+)?\s*[;,]?\s*(?:url\s*=\s*)?[\"']?\s*(?P<url>(?:https?:)?//[^\"'\s>]+)", re.IGNORECASE)
_SOON_S = 10
_ENOUGH_CHARS = 400
_TITLES = frozenset({"og:title", "twitter:title"})
_SUMMARIES = frozenset({"description", "og:description", "twitter:description", "keywords"})

_REDIRECTS = Text("The page sends people on to {host} after {delay} s.", "La page renvoie vers {host} après {delay} s.")
_CANONICAL = Text(
    "The page says that its true address is at {host}, which it names nowhere else.",
    "La page dit que sa vraie adresse est chez {host}, qu’elle ne nomme nulle part ailleurs.",
)
_ALTERNATE = Text(
    "The page names {host} as its version in another language.",
    "La page désigne {host} comme sa version dans une autre langue.",
)
_STUFFED = Text(
    "“{text}” in the head of the page has nothing to do with what the page says.",
    "«\u202f{text}\u202f» dans l’en-tête de la page est sans rapport avec ce que dit la page.",
)


def head_findings(reading: Reading) -> Iterator[Finding]:
    yield from _redirects(reading)
    yield from _belongings(reading)
    yield from _stuffed(reading)


def _redirects(reading: Reading) -> Iterator[Finding]:
    for element in reading.tree.named("meta"):
        if element.get("http-equiv").lower() != "refresh" or any(one.tag == "noscript" for one in element.line_up()):
            continue
        found = _REFRESH.match(element.get("content"))
        if found is None or int(found[1] or 0) > _SOON_S:
            continue
        host = host_of(found["url"])
        if host and reading.is_strange(host) and not reading.known.is_often_linked(host):
            evidence = _REDIRECTS.format(host=host, delay=found[1] or 0)
            yield finding(Kind.REDIRECT, Severity.CRITICAL, found["url"], evidence)


def _belongings(reading: Reading) -> Iterator[Finding]:
    for element in reading.tree.named("link"):
        rel = element.get("rel").lower().split()
        is_canonical = "canonical" in rel or "amphtml" in rel
        is_alternate = "alternate" in rel and "hreflang" in element.attributes
        if not is_canonical and not is_alternate:
            continue
        href = element.attributes.get("href", "")
        host = host_of(element.get("href"))
        if not host or not reading.is_strange(host) or not _is_put_there(reading, host, element.get("href")):
            continue
        if is_canonical:
            yield finding(Kind.STRANGE_CANONICAL, Severity.HIGH, href, _CANONICAL.format(host=host))
        else:
            yield finding(Kind.STRANGE_ALTERNATE, Severity.HIGH, href, _ALTERNATE.format(host=host))


def _is_put_there(reading: Reading, host: str, href: str) -> bool:
    """Texts that were taken over name their source so: an address alone is no proof."""
    if told_by(name_of(host)).strength >= 2 or told_by(re.sub(r"^\w+://[^/]*", "", href)).strength >= 3:
        return not reading.subjects
    known = reading.known
    own = host_of(reading.url)
    is_confirmed = bool(own) and reading.mention_counts[domain_of(own)] >= 3
    return (
        known.is_telling
        and is_confirmed
        and reading.mention_counts[domain_of(host)] <= 1
        and not known.linked.get(domain_of(host))
    )


def _stuffed(reading: Reading) -> Iterator[Finding]:
    if len(reading.shown_text) < _ENOUGH_CHARS:
        return
    for text, is_title in _head_texts(reading):
        told = told_by(text)
        script = script_of(text)
        is_foreign = bool(script) and script not in reading.scripts_written_in and _letters(text) >= 8
        is_out_of_place = told.strength >= 2 and not reading.subjects.get(told.subject)
        if (is_foreign and (is_title or told.strength >= 2) and not _is_in(reading, text)) or (
            is_out_of_place and told.strength >= 3 and not _is_in(reading, text)
        ):
            yield finding(Kind.STUFFED_META, Severity.HIGH, "", _STUFFED.format(text=excerpt(text)))
            return


def _is_in(reading: Reading, text: str) -> bool:
    """The page itself says so too."""
    words = re.findall(r"\w{4,}", text.lower())
    shown = reading.shown_text.lower()
    return bool(words) and sum(word in shown for word in words) >= len(words) * 0.7


def _letters(text: str) -> int:
    return sum(sign.isalpha() for sign in text)


def _head_texts(reading: Reading) -> Iterator[tuple[str, bool]]:
    for chunk in reading.tree.texts:
        if (
            chunk.within is not None
            and chunk.within.tag == "title"
            and not any(one.tag in {"svg", "body"} for one in chunk.within.line_up())
        ):
            yield chunk.text, True
            break
    for element in reading.tree.named("meta"):
        name = (element.get("name") or element.get("property")).lower()
        if name in _TITLES or name in _SUMMARIES:
            yield element.get("content"), name in _TITLES
