"""What leaves, channel by channel: as it will read, how long it is there, and what stands in its way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from parvis.channels.models import Channel
from parvis.channels.registry import connector_of
from parvis.core.connector import Connector
from parvis.core.errors import ParvisError
from parvis.core.measuring import Measure, Measured, TextPart, split_thread
from parvis.core.post import Content, Fault, Has
from parvis.core.wording import Text
from parvis.publishing.content import faults_of, hints_of
from parvis.publishing.drafting import Draft
from parvis.publishing.written import as_json, with_changes
from parvis.web.screens.publish.form import Offered, Written
from parvis.web.screens.publish.words import count_words

_COUNTED = {"text", "thread", "comment"}


@dataclass(frozen=True, slots=True)
class Count:
    words: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class CardPart:
    """The text, one part of the thread, or the first comment."""

    kind: str
    """text, thread, comment."""
    number: int
    shown: SafeString
    counts: list[Count]


@dataclass(slots=True)
class Card:
    channel: Channel
    platform: str
    parts: list[CardPart] = field(default_factory=list)
    title: str = ""
    warning: str = ""
    link: str = ""
    link_host: str = ""
    language: str = ""
    faults: list[Text] = field(default_factory=list)
    hints: list[Text] = field(default_factory=list)


def cards_of(content: Content, variants: Mapping[int, Mapping[str, Any]], offered: Iterable[Offered]) -> list[Card]:
    """One for each channel that is on."""
    common = as_json(content)
    return [
        card_of(common, variants[one.channel.pk]["changes"], one.channel)
        for one in offered
        if variants.get(one.channel.pk, {}).get("is_on")
    ]


def card_of(common: Mapping[str, Any], changes: Mapping[str, Any], channel: Channel) -> Card:
    connector = connector_of(channel)
    card = Card(channel, connector.name.in_language(get_language() or "en"))
    try:
        content = with_changes(common, changes)
    except ParvisError as error:
        card.faults.append(error.text)
        return card
    has = connector.publishing.has if connector.publishing else frozenset()
    card.parts = _parts(content, connector, channel, has)
    card.title = content.title if Has.TITLE in has else ""
    card.warning = content.warning if Has.WARNING in has else ""
    card.language = content.language
    if Has.LINK in has and content.link:
        card.link, card.link_host = content.link, _host(content.link)
    _judge(card, [*faults_of(content, channel), *hints_of(content, channel)])
    return card


def split_for(written: Written, offered: Iterable[Offered]) -> tuple[str, list[str]]:
    """The text and the thread that follows it, cut for the channel that is the strictest of those chosen."""
    whole = "\n\n".join(part for part in (written.content.text, *written.content.thread) if part.strip())
    best: list[str] = [whole]
    for one in offered:
        rules = connector_of(one.channel).text_rules
        is_on = written.variants.get(one.channel.pk, {}).get("is_on")
        if is_on and rules is not None and Has.THREAD in one.publishing.has:
            parts = split_thread(whole, Measure(rules, one.channel.facts))
            best = parts if len(parts) > len(best) else best
    return best[0], best[1:]


def draft_from(written: Written) -> Draft:
    variants = {str(key): dict(variant) for key, variant in written.variants.items()}
    return Draft(title=written.title, content=as_json(written.content), variants=variants)


def _parts(content: Content, connector: Connector, channel: Channel, has: frozenset[Has]) -> list[CardPart]:
    main = TextPart.CAPTION if content.media else TextPart.TEXT
    texts = [("text", main, content.text, content.warning)]
    if Has.THREAD in has:
        texts += [("thread", TextPart.TEXT, part, "") for part in content.thread]
    if Has.COMMENT in has and content.comment.strip():
        texts.append(("comment", TextPart.TEXT, content.comment, ""))
    found = []
    for number, (kind, part, text, warning) in enumerate(texts, 1):
        measured = _measured(connector, channel, part, text, warning)
        counts = (
            [Count(count_words(one.limit.unit, one.length, one.most), one.is_over) for one in measured.units]
            if measured
            else []
        )
        found.append(CardPart(kind, number, _marked(text, measured), counts))
    return found


def _measured(connector: Connector, channel: Channel, part: TextPart, text: str, warning: str) -> Measured | None:
    if connector.text_rules is None:
        return None
    return Measure(connector.text_rules, channel.facts, part)(text, warning=warning)


def _marked(text: str, measured: Measured | None) -> SafeString:
    """With what is too long in a mark; anything else as text alone."""
    pieces: list[tuple[SafeString]] = []
    place = 0
    for span in sorted(measured.too_long) if measured else ():
        if span.end <= place:
            continue
        start = max(span.start, place)
        pieces.append((format_html('{}<mark class="over">{}</mark>', text[place:start], text[start : span.end]),))
        place = span.end
    pieces.append((format_html("{}", text[place:]),))
    return format_html_join("", "{}", pieces)


def _judge(card: Card, faults: Iterable[Fault]) -> None:
    for fault in faults:
        if fault.code == "too_long" and fault.field in _COUNTED:  # the count beside the text says so
            continue
        (card.hints if fault.is_hint else card.faults).append(fault.words)


def _host(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""
