"""What a post says on each channel, and what stands in its way there."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from parvis.channels.models import Channel, ChannelState
from parvis.channels.registry import connector_of
from parvis.core.connector import Can, Connector
from parvis.core.errors import ParvisError
from parvis.core.measuring import Measure, TextPart
from parvis.core.post import Content, Fault, Has
from parvis.core.text.normalise import folded_text
from parvis.core.text.stories import same, signature_of
from parvis.core.wording import Text
from parvis.orgs.crisis import is_paused
from parvis.publishing.models import PUBLICATION_TRANSITIONS, Post, Publication, Variant
from parvis.publishing.written import as_content, with_changes

LOOKS_BACK = timedelta(days=7)
_MOST_COMPARED = 500
_LINK = re.compile(r"\bhttps?:\S*", re.IGNORECASE)
_HOST = re.compile(r"[^\s/@:?#.]+(\.[^\s/@:?#.]+)+\.?|localhost|\[[0-9a-f:.]+\]", re.IGNORECASE)
_AFTER_LINK = ".,;:!?…)]}»”’\"'"


def content_for(post: Post, variant: Variant) -> Content:
    """What is common, with what differs on the variant's channel. Raises BadInput."""
    return with_changes(post.content, variant.changes)


def preflight(post: Post, *, now: datetime, due_at: datetime | None = None) -> dict[int, list[Fault]]:
    """By id of each channel that is on: what stands in the way, and (is_hint) what should be looked at.

    `due_at`: when it would leave; the post's own time unless given.
    """
    found: dict[int, list[Fault]] = {}
    paused = is_paused(post.department_id, now=now)
    for variant in post.variants.filter(is_on=True).select_related("channel").order_by("pk"):
        try:
            content = content_for(post, variant)
        except ParvisError as error:
            found[variant.channel_id] = [Fault("unreadable", "", error.text)]
            continue
        faults = [*faults_of(content, variant.channel), *hints_of(content, variant.channel)]
        faults += _repeats(post, variant.channel, content, now=now)
        faults += _same_minute(post, variant.channel, due_at or post.due_at)
        if paused:
            faults.append(_CRISIS)
        found[variant.channel_id] = faults
    return found


def faults_of(content: Content, channel: Channel) -> list[Fault]:
    """What keeps it from leaving for the channel, by our own rows and the connector's declaration alone."""
    try:
        connector = connector_of(channel)
    except ParvisError as error:
        return [Fault("channel", "", error.text)]
    if connector.publishing is None or Can.PUBLISH not in connector.acts or Can.PUBLISH not in channel.can:
        return [_NO_POSTS]
    faults = [] if channel.state == ChannelState.ACTIVE and channel.removed_at is None else [_inactive(channel)]
    faults += connector.publishing.faults(content, channel.facts)
    faults += _too_long(content, connector, channel.facts)
    if content.link and not is_link(content.link):
        faults.append(_broken_link(content.link, "link"))
    return faults


def hints_of(content: Content, channel: Channel) -> list[Fault]:
    """What it may leave with, and should be looked at before."""
    try:
        publishing = connector_of(channel).publishing
    except ParvisError:
        return []
    faults = [_broken_link(link, name, is_hint=True) for name, link in _broken_links(content)]
    missing = sum(not medium.alt.strip() for medium in content.media)
    if publishing is not None and Has.ALT in publishing.has and missing:
        faults.append(Fault("alt_missing", "media", _ALT.format(count=missing, all=len(content.media)), is_hint=True))
    return faults


def whole_text(content: Content) -> str:
    """All that is read of it, for comparing."""
    return "\n".join(part for part in (content.title, content.text, *content.thread) if part)


def is_link(address: str) -> bool:
    """Whether a browser could open it as it is written."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    host = parts.netloc.rpartition("@")[2]
    host = host if host.startswith("[") and host.endswith("]") else re.sub(r":\d*$", "", host)
    return parts.scheme.lower() in {"http", "https"} and _HOST.fullmatch(host) is not None


def _broken_links(content: Content) -> Iterator[tuple[str, str]]:
    texts = {"text": content.text, "comment": content.comment, "thread": "\n".join(content.thread)}
    for name, text in texts.items():
        for found in _LINK.finditer(text):
            link = found.group().rstrip(_AFTER_LINK)
            if not is_link(link):
                yield name, link


def _too_long(content: Content, connector: Connector, facts: Mapping[str, str]) -> list[Fault]:
    rules = connector.text_rules
    if rules is None:
        return []
    main = TextPart.CAPTION if content.media else TextPart.TEXT
    texts = [("text", main, content.text, content.warning), ("title", TextPart.TITLE, content.title, "")]
    texts += [("thread", TextPart.TEXT, part, "") for part in content.thread]
    texts += [("comment", TextPart.TEXT, content.comment, "")]
    texts += [("media", TextPart.ALT, medium.alt, "") for medium in content.media]
    faults = []
    for name, part, text, warning in texts:
        if not text and not warning:
            continue
        faults += [
            Fault("too_long", name, _LONG.format(length=counted.length, most=counted.most))
            for counted in Measure(rules, facts, part)(text, warning=warning).units
            if counted.is_over
        ]
    return faults


def _repeats(post: Post, channel: Channel, content: Content, *, now: datetime) -> list[Fault]:
    """The same words are a fault, nearly the same a hint."""
    text = whole_text(content)
    folded, signature = folded_text(text).split(), signature_of(text)
    if not folded:
        return []
    others = Publication.objects.filter(channel=channel, due_at__gte=now - LOOKS_BACK).exclude(post=post)
    others = others.exclude(state__in=PUBLICATION_TRANSITIONS.final).order_by("-due_at")
    is_near = False
    for title, written in others.values_list("post__title", "content")[:_MOST_COMPARED]:
        other = whole_text(as_content(written))
        if folded_text(other).split() == folded:
            return [Fault("repeated", "text", _REPEATED.format(title=title))]
        is_near = is_near or same(signature, signature_of(other))
    return [_NEARLY_REPEATED] if is_near else []


def _same_minute(post: Post, channel: Channel, due_at: datetime | None) -> list[Fault]:
    if due_at is None:
        return []
    start = due_at.replace(second=0, microsecond=0)
    others = Publication.objects.filter(channel=channel, due_at__gte=start, due_at__lt=start + timedelta(minutes=1))
    others = others.exclude(post=post).exclude(state__in=PUBLICATION_TRANSITIONS.final)
    return [_SAME_MINUTE] if others.exists() else []


def _inactive(channel: Channel) -> Fault:
    if channel.removed_at is not None:
        return Fault("channel", "", Text("the channel was removed", "le canal a été retiré"))
    if channel.state == ChannelState.PAUSED:
        return Fault("channel", "", Text("the channel is switched off", "le canal est désactivé"))
    return Fault("channel", "", Text("the channel needs somebody to look after it", "le canal a besoin de quelqu’un"))


def _broken_link(link: str, field: str, *, is_hint: bool = False) -> Fault:
    words = Text("“{link}” is no address that can be opened", "«\u202f{link}\u202f» n’est pas une adresse valable")
    return Fault("link_broken", field, words.format(link=link[:80]), is_hint=is_hint)


_NO_POSTS = Fault(
    "not_offered", "", Text("this channel takes no posts from here", "ce canal ne prend pas de contenus d’ici")
)
_CRISIS = Fault(
    "crisis", "",
    Text("its department is paused: nothing scheduled leaves", "son département est en pause\u202f: rien de planifié ne part"),
    is_hint=True,
)  # fmt: skip
_SAME_MINUTE = Fault(
    "same_minute", "",
    Text("something else leaves there in the same minute", "autre chose y part dans la même minute"), is_hint=True,
)  # fmt: skip
_REPEATED = Text(
    "the same was or will be said there within a week (“{title}”)",
    "la même chose y est dite à moins d’une semaine («\u202f{title}\u202f»)",
)
_NEARLY_REPEATED = Fault(
    "nearly_repeated", "text",
    Text("nearly the same was said there within a week", "presque la même chose y est dite à moins d’une semaine"),
    is_hint=True,
)  # fmt: skip
_ALT = Text(
    "{count} of {all} media have no description for who does not see them",
    "{count} médias sur {all} sont sans description pour qui ne les voit pas",
)
_LONG = Text("{length} where {most} are possible", "{length} là où {most} sont possibles")
