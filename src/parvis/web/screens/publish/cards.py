"""What leaves, channel by channel: as it will read, how long it is there, and what stands in its way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
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
from parvis.core.post import Content, Fault, Has, Poll
from parvis.core.wording import Text
from parvis.publishing.content import faults_of, hints_of, hints_of_campaign, with_campaign
from parvis.publishing.drafting import Draft
from parvis.publishing.media import Shelf
from parvis.publishing.models import Campaign
from parvis.publishing.written import as_json, with_changes
from parvis.web.screens.publish.cuts import Cut, cuts_of
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
    cuts: list[Cut] = field(default_factory=list)
    poll: Poll | None = None
    has_own_media: bool = False
    at_media: list[tuple[int, Fault]] = field(default_factory=list)
    """What stands against one of the media, or should be looked at, by its place."""
    faults: list[Text] = field(default_factory=list)
    hints: list[Text] = field(default_factory=list)


def cards_of(
    content: Content,
    variants: Mapping[int, Mapping[str, Any]],
    offered: Iterable[Offered],
    *,
    now: datetime,
    due_at: datetime | None = None,
    campaign: Campaign | None = None,
) -> list[Card]:
    """One for each channel that is on; links carry what the campaign says, media are as they would leave."""
    common, cards, read = as_json(content), [], []
    for one in offered:
        if not variants.get(one.channel.pk, {}).get("is_on"):
            continue
        connector = connector_of(one.channel)
        changes = variants[one.channel.pk]["changes"]
        card = Card(one.channel, connector.name.in_language(get_language() or "en"), has_own_media="media" in changes)
        cards.append(card)
        try:
            wish = with_campaign(with_changes(common, changes), campaign, one.channel)
        except ParvisError as error:
            card.faults.append(error.text)
            continue
        read.append((card, wish))
    shelf = Shelf.of((wish, card.channel) for card, wish in read)
    cuts = cuts_of([(wish.media, card.channel) for card, wish in read], shelf)
    for card, wish in read:
        _fill(card, wish, shelf, now=now, due_at=due_at or now)
        _judge(card, hints_of_campaign(wish, campaign))
        card.cuts = _with_captions(cuts[card.channel.pk], wish, card.channel)
    return cards


def _fill(card: Card, wish: Content, shelf: Shelf, *, now: datetime, due_at: datetime) -> None:
    channel = card.channel
    connector, content = connector_of(channel), shelf.filled(wish, channel)
    has = connector.publishing.has if connector.publishing else frozenset()
    card.parts = _parts(content, connector, channel, has)
    card.title = content.title if Has.TITLE in has else ""
    card.warning = content.warning if Has.WARNING in has else ""
    card.language = content.language
    if Has.LINK in has and content.link:
        card.link, card.link_host = content.link, _host(content.link)
    card.poll = content.poll if Has.POLL in has else None
    _judge(card, [*faults_of(content, channel), *hints_of(content, channel)])
    if not shelf.is_empty:
        by_place = shelf.faults_by_place(wish, channel, now=now, due_at=due_at)
        card.at_media = [(place, fault) for place, faults in enumerate(by_place) for fault in faults]
        _judge(card, dict.fromkeys(fault for _, fault in card.at_media))


def _with_captions(cuts: list[Cut], wish: Content, channel: Channel) -> list[Cut]:
    publishing = connector_of(channel).publishing
    if publishing is None or Has.CAPTION not in publishing.has:
        return cuts
    return [replace(cut, caption=medium.caption.strip()) for cut, medium in zip(cuts, wish.media, strict=True)]


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
