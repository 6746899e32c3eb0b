"""Scripts, frames, data, comments and the words of vandals."""

import re
from collections.abc import Iterator
from itertools import islice

from parvis.core.integrity.findings import Finding, Kind, Severity, excerpt, finding
from parvis.core.integrity.hosts import domain_of, host_of, name_of
from parvis.core.integrity.links import Zone, zone_at
from parvis.core.integrity.reading import Reading
from parvis.core.integrity.scripts import Script
from parvis.core.integrity.tongues import script_of
from parvis.core.integrity.words import told_by
from parvis.core.wording import Text

_LOCATION = re.compile(
    r"(?:location(?:\s*\.\s*(?:href|replace|assign))?\s*(?:=|\()|window\s*\.\s*open\s*\()\s*[\"'](?P<url>(?:https?:)?//[^\"'\s]+)"
)
_REFERRER = re.compile(r"\.\s*referrer\b")
_ENGINES = re.compile(r"google|bing|yahoo|yandex|duckduckgo|baidu|search", re.IGNORECASE)
_INSERTED = re.compile(
    r"(?:<\s*(?:script|iframe)[^<>]{0,400}?\bsrc\s*=\s*|\.src\s*=\s*)[\"']?(?P<url>(?:https?:)?//[^\"'\s>]+)",
    re.IGNORECASE,
)
_NUMBERED_HOST = re.compile(r"^\d{1,3}(?:\.\d{1,3}){3}$")
_FRAME_TINY = re.compile(r"^\s*[01](?:px)?\s*$")
_DATA_ADDRESS = re.compile(r"\"(?:url|sameAs|@id|image|logo|item|contentUrl)\"\s*:\s*\"((?:https?:)?\\?/\\?/[^\"]+)\"")
_COMMENT_LINK = re.compile(
    r"<a\b[^<>]{0,400}?\bhref\s*=\s*[\"']?(https?://[^\"'\s<>]{1,2000})[^<>]{0,400}>([^<]{0,200})", re.IGNORECASE
)
_VANDALS = re.compile(
    r"\b(?:h[a4]ck?[e3]d|0wned|pwn[e3]d|d[e3]f[a4]c[e3]d|rooted)\s+(?:by|bye)\b|\bcyber\s+(?:army|team|crew)\b|\bgreet[zs]\s*(?:to|:)|"
    r"\bwas\s+here\b|\bsecurity\s+is\s+(?:low|an illusion|0)|\byour\s+(?:site|system|server)\s+(?:has been|is|was)\s+(?:hacked|owned)|"
    r"\bpirat[ée]e?\s+par\b|\bgehackt\s+von\b|\bhackeado\s+por\b|\bhackead[oa]\b|\bhacklendi\b|\btim\s+hacker\b|взломан\w*|تم الاختراق|تم اختراق",
    re.IGNORECASE,
)
_VANDALS_SURE = re.compile(
    r"\b(?:h[a4]ck?[e3]d|0wned|pwn[e3]d|d[e3]f[a4]c[e3]d)\s+by\b|hacklendi|تم الاختراق", re.IGNORECASE
)
_SHORT_CHARS = 1_500
_FEW_LINKS = 12
_MOST_PLACES = 200

_SENT_ON = Text(
    "A script sends who comes from a search engine on to {host}.",
    "Un script renvoie vers {host} les personnes venues d’un moteur de recherche.",
)
_SENT_HIDDEN = Text(
    "A script conceals that it sends people on to {host}.", "Un script dissimule qu’il renvoie vers {host}."
)
_LOADS_HIDDEN = Text("A script conceals that it loads from {host}.", "Un script dissimule qu’il charge depuis {host}.")
_NEW_SCRIPT = Text("A script comes from {host}, from where no other page has one.",
                   "Un script vient de {host}, d’où aucune autre page n’en charge.")  # fmt: skip
_ODD_SCRIPT = Text(
    "A script comes from a server without a name ({host}).", "Un script vient d’un serveur sans nom ({host})."
)
_FRAME = Text("A frame that nobody sees shows {host}.", "Un cadre que personne ne voit affiche {host}.")
_DATA = Text(
    "The data for search engines name {host}: “{text}”.",
    "Les données pour moteurs de recherche nomment {host}\u202f: «\u202f{text}\u202f».",
)
_COMMENT = Text(
    "A comment in the source holds {count} links such as “{text}”.",
    "Un commentaire de la source contient {count} liens comme «\u202f{text}\u202f».",
)
_VANDAL = Text("The page says: “{text}”.", "La page dit\u202f: «\u202f{text}\u202f».")


def inside_findings(reading: Reading) -> Iterator[Finding]:
    yield from _defacement(reading)
    for script in reading.scripts:
        yield from _script_findings(reading, script)
    yield from _loaded(reading)
    yield from _frames(reading)
    yield from _data(reading)
    yield from _comments(reading)


def _defacement(reading: Reading) -> Iterator[Finding]:
    texts = [chunk.text for chunk in reading.tree.texts if chunk.within and chunk.within.tag in {"title", "h1"}]
    shown = reading.shown_text
    is_bare = len(shown) < _SHORT_CHARS and len(reading.anchor_starts) < _FEW_LINKS
    for text in texts:
        found = _VANDALS.search(text)
        if found and (is_bare or (_VANDALS_SURE.match(text.strip()) and len(shown) < 2 * _SHORT_CHARS)):
            yield finding(Kind.DEFACEMENT, Severity.CRITICAL, "", _VANDAL.format(text=excerpt(text)))
            return
    if is_bare:
        found = _VANDALS_SURE.search(shown) or (_VANDALS.search(shown) if len(_VANDALS.findall(shown)) > 1 else None)
        if found:
            text = excerpt(shown[max(0, found.start() - 20) : found.end() + 60])
            yield finding(Kind.DEFACEMENT, Severity.CRITICAL, "", _VANDAL.format(text=text))


def _script_findings(reading: Reading, script: Script) -> Iterator[Finding]:
    if script.hidden:
        for pattern, text in ((_LOCATION, _SENT_HIDDEN), (_INSERTED, _LOADS_HIDDEN)):
            for found in pattern.finditer(script.hidden):
                host = host_of(found["url"])
                if host and reading.is_strange(host) and not reading.known.has_script_host(host):
                    kind = Kind.REDIRECT if pattern is _LOCATION else Kind.HIDDEN_SCRIPT
                    yield finding(kind, Severity.CRITICAL, found["url"], text.format(host=host))
    referrer = _REFERRER.search(script.raw)
    if referrer is None or not _ENGINES.search(script.raw):
        return
    for found in islice(_LOCATION.finditer(script.raw), _MOST_PLACES):
        host = host_of(found["url"])
        near = script.raw[max(0, found.start() - 600) : found.start()]
        if host and reading.is_strange(host) and _REFERRER.search(near) and _ENGINES.search(near):
            yield finding(Kind.REDIRECT, Severity.CRITICAL, found["url"], _SENT_ON.format(host=host))


def _loaded(reading: Reading) -> Iterator[Finding]:
    """Scripts of others are ordinary; without other pages to compare with, only odd hosts tell something."""
    for element in reading.tree.named("script"):
        src = element.get("src").strip()
        host = host_of(src)
        if not host or not reading.is_strange(host):
            continue
        href = element.attributes["src"]
        if _NUMBERED_HOST.match(host) or told_by(name_of(host)).strength >= 3:
            yield finding(Kind.UNKNOWN_SCRIPT, Severity.HIGH, href, _ODD_SCRIPT.format(host=host))
        elif reading.known.is_telling and not reading.known.has_script_host(host):
            yield finding(Kind.UNKNOWN_SCRIPT, Severity.MEDIUM, href, _NEW_SCRIPT.format(host=host))
        elif zone_at(reading.tree, element.start) is Zone.BEFORE and reading.mention_counts[domain_of(host)] == 1:
            yield finding(Kind.UNKNOWN_SCRIPT, Severity.HIGH, href, _NEW_SCRIPT.format(host=host))


def _frames(reading: Reading) -> Iterator[Finding]:
    """Counters and consent tools hide frames too: the host, its place or its words must be odd as well."""
    for element in reading.tree.named("iframe", "frame", "object", "embed"):
        src = element.get("src") or element.get("data")
        host = host_of(src)
        if not host or not reading.is_strange(host):
            continue
        sizes = [element.get(name) for name in ("width", "height")]
        is_hidden = reading.hiding.of(element) is not None or any(_FRAME_TINY.match(size) for size in sizes)
        is_odd = (
            _NUMBERED_HOST.match(host) is not None
            or told_by(name_of(host)).strength >= 2
            or zone_at(reading.tree, element.start) in {Zone.BEFORE, Zone.AFTER}
            or (reading.known.is_telling and not reading.known.has_frame_host(host))
        )
        if is_hidden and is_odd:
            href = element.attributes.get("src") or element.attributes.get("data") or ""
            yield finding(Kind.HIDDEN_FRAME, Severity.HIGH, href, _FRAME.format(host=host))


def _data(reading: Reading) -> Iterator[Finding]:
    for chunk in reading.tree.texts:
        if chunk.within is None or chunk.within.tag != "script" or "ld+json" not in chunk.within.get("type"):
            continue
        told = told_by(
            " ".join(re.findall(r"\"(?:name|headline|description)\"\s*:\s*\"([^\"]{1,300})", chunk.text)[:3])
        )
        is_odd = told.strength >= 3 and not reading.subjects.get(told.subject)
        for written in _DATA_ADDRESS.findall(chunk.text):
            url = written.replace("\\/", "/")
            host = host_of(url)
            if not host or not reading.is_strange(host) or reading.mention_counts[domain_of(host)]:
                continue
            if is_odd or (told_by(name_of(host)).strength >= 2 and not reading.subjects):
                yield finding(Kind.STRANGE_DATA, Severity.HIGH, url, _DATA.format(host=host, text=excerpt(chunk.text)))


def _comments(reading: Reading) -> Iterator[Finding]:
    for chunk in reading.tree.comments:
        if "href" not in chunk.text or len(chunk.text) > 500_000:
            continue
        links = [(url, text) for url, text in _COMMENT_LINK.findall(chunk.text) if reading.is_strange(host_of(url))]
        hosts = {domain_of(host_of(url)) for url, _ in links}
        odd = [
            text
            for _, text in links
            if told_by(text).strength >= 2 or script_of(text) not in {*reading.scripts_written_in, ""}
        ]
        if len(hosts) >= 3 and len(odd) >= len(links) / 2:
            evidence = _COMMENT.format(count=len(links), text=excerpt(odd[0]))
            yield finding(Kind.INJECTED_COMMENT, Severity.MEDIUM, "", evidence)
