"""One page read in different ways, and one page read before and now: what only some are shown, and what is new."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from parvis.core.integrity.facts import SiteFacts
from parvis.core.integrity.findings import Finding, Kind, Severity, excerpt, finding
from parvis.core.integrity.hosts import host_of
from parvis.core.integrity.inspecting import findings_of
from parvis.core.integrity.links import Link, Zone
from parvis.core.integrity.page import Page
from parvis.core.integrity.reading import Reading
from parvis.core.integrity.saying import said
from parvis.core.integrity.tongues import script_of
from parvis.core.integrity.weighing import ALARM_FROM, Group, weighed
from parvis.core.integrity.words import told_by
from parvis.core.wording import Text

_SHOWN_TO_SOME_POINTS = 2.5
"""Advertisements and lists of the most read change with each reading, so this alone alarms nobody."""
_NEW_POINTS = 1.0
_MANY_WORDS = 3

ROBOT = Text("a search robot", "un robot de recherche")
SEARCHER = Text("somebody who comes from a search engine", "un lecteur venu d’un moteur de recherche")
_LINK = Text(
    "{who} is shown the link “{text}” to {host}, a visitor is not.",
    "{who} voit le lien «\u202f{text}\u202f» vers {host}, un visiteur non.",
)
_SENT = Text("{who} is sent to {host}, a visitor is not.", "{who} est renvoyé vers {host}, un visiteur non.")
_TITLE = Text(
    "{who} is shown the title “{there}”, a visitor “{here}”.",
    "{who} voit le titre «\u202f{there}\u202f», un visiteur «\u202f{here}\u202f».",
)
_WORDS = Text(
    "{who} is shown {count} words of spam ({subject}), a visitor none.",
    "{who} voit {count} mots de spam ({subject}), un visiteur aucun.",
)
_NEW = Text(
    "Since the last reading: {evidence}",
    "Depuis la dernière lecture\u202f: {evidence}",
)


class Read(NamedTuple):
    """A page as somebody was given it; `url` is where the reading ended, after all redirects."""

    page: Page
    url: str


def compare(
    visitor: Read, robot: Read | None, from_search: Read | None, *, known: SiteFacts | None = None
) -> list[Finding]:
    """What a robot, or somebody who comes from a search result, is shown and a visitor is not.

    What a visitor is shown as well is not told here: `inspect` does that.
    """
    facts = known or SiteFacts()
    here = Reading(visitor.page, visitor.url, facts)
    usual = {(one.kind, one.href) for one in findings_of(here)}
    found: dict[tuple[Kind, str], Finding] = {}
    for read, who in ((robot, ROBOT), (from_search, SEARCHER)):
        if read is None:
            continue
        if host_of(read.url) != host_of(visitor.url) and here.is_strange(host_of(read.url)):
            there = _SENT.format(who=_begun(who), host=host_of(read.url))
            found.setdefault((Kind.REDIRECT, read.url), finding(Kind.REDIRECT, Severity.CRITICAL, read.url, there))
            continue
        if read.page.source == visitor.page.source:
            continue
        for one in _cloaked(here, Reading(read.page, read.url, facts), who, usual):
            found.setdefault((one.kind, one.href), one)
    return list(found.values())


def compare_with_last(before: Page, now: Page, facts: SiteFacts | None = None, *, url: str = "") -> list[Finding]:
    """What is new and should not be there. Being new weighs a little: sites change every day."""
    known = facts or SiteFacts()
    last, reading = Reading(before, url, known), Reading(now, url, known)
    old = {(one.kind, one.href) for one in findings_of(last)}
    found = [one for one in findings_of(reading) if (one.kind, one.href) not in old]
    told = {one.href for one in found} | {href for _, href in old}
    named = {link.domain for link in last.links}
    fresh = [link for link in reading.links if link.domain not in named and link.href not in told]
    found += [replace(one, kind=Kind.NEW_LINK) for one in _alarming_as_group(reading, fresh, _NEW_POINTS)]
    return [replace(one, evidence=_NEW.format(evidence=one.evidence)) for one in found]


def _alarming_as_group(reading: Reading, links: list[Link], points: float) -> Iterator[Finding]:
    strange = [link for link in links if reading.is_strange(link.host)]
    if not strange:
        return
    hidden = all(link.hidden is not None or link.zone is not Zone.BODY for link in strange)
    context = points + (2.0 if hidden else 0.0)
    for one in weighed(reading, [Group(strange, context)]):
        if one.points >= ALARM_FROM and one.signs:
            yield said(one)


def _cloaked(here: Reading, there: Reading, who: Text, usual: set[tuple[Kind, str]]) -> Iterator[Finding]:
    yield from _other_title(here, there, who)
    yield from _other_words(here, there, who)
    told = set()
    for one in findings_of(there):
        if (one.kind, one.href) not in usual:
            told.add(one.href)
            yield one if not one.href else _shown_to(there, one, who)
    shown = {link.domain for link in here.links}
    fresh = [link for link in there.links if link.domain not in shown and link.href not in told]
    for one in _alarming_as_group(there, fresh, _SHOWN_TO_SOME_POINTS):
        yield _shown_to(there, one, who)


def _shown_to(there: Reading, one: Finding, who: Text) -> Finding:
    link = next((link for link in there.links if link.href == one.href), None)
    if link is None:
        return one
    text = excerpt(link.text or link.href, longest=80)
    evidence = _LINK.format(who=_begun(who), text=text, host=link.host)
    return finding(Kind.CLOAKED_LINK, Severity.CRITICAL, one.href, evidence)


def _other_title(here: Reading, there: Reading, who: Text) -> Iterator[Finding]:
    ours, theirs = _title(here), _title(there)
    if ours and theirs and ours != theirs:
        told = _is_spam(theirs) and not _is_spam(ours)
        is_foreign = script_of(theirs) not in {script_of(ours), ""} and len(theirs) > 8
        if told or is_foreign:
            evidence = _TITLE.format(who=_begun(who), there=excerpt(theirs, longest=80), here=excerpt(ours, longest=80))
            yield finding(Kind.CLOAKED_TEXT, Severity.CRITICAL, "", evidence)


def _other_words(here: Reading, there: Reading, who: Text) -> Iterator[Finding]:
    for subject, count in there.subjects.items():
        if count >= _MANY_WORDS and not here.subjects.get(subject):
            evidence = _WORDS.format(who=_begun(who), count=count, subject=subject)
            yield finding(Kind.CLOAKED_TEXT, Severity.CRITICAL, "", evidence)
            return


def _is_spam(text: str) -> bool:
    return told_by(text).strength >= 2


def _title(reading: Reading) -> str:
    for chunk in reading.tree.texts:
        if chunk.within is not None and chunk.within.tag == "title":
            return " ".join(chunk.text.split())
    return ""


def _begun(who: Text) -> Text:
    """At the beginning of a sentence."""
    return Text(who.en[0].upper() + who.en[1:], who.fr[0].upper() + who.fr[1:])
