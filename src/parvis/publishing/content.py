"""What a post says on each channel, and what stands in its way there."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import QuerySet

from parvis.channels.models import Channel, ChannelState
from parvis.channels.registry import connector_of
from parvis.core.connector import Can, Connector
from parvis.core.errors import ParvisError
from parvis.core.measuring import Measure, TextPart
from parvis.core.post import Content, Fault, Has
from parvis.core.wording import Text
from parvis.orgs.crisis import is_paused
from parvis.publishing.media import Shelf
from parvis.publishing.models import PUBLICATION_TRANSITIONS, Campaign, Post, Publication, Variant
from parvis.publishing.saying import Said, says_as_before
from parvis.publishing.utm import content_with_utm, utm_values
from parvis.publishing.written import with_changes

_LINK = re.compile(r"\bhttps?:\S*", re.IGNORECASE)
_HOST = re.compile(r"[^\s/@:?#.]+(\.[^\s/@:?#.]+)+\.?|localhost|\[[0-9a-f:.]+\]", re.IGNORECASE)
_AFTER_LINK = ".,;:!?…)]}»”’\"'"


def content_for(post: Post, variant: Variant) -> Content:
    """What is common, with what differs on the variant's channel; links carry what its campaign says. Raises BadInput."""
    content = wished_for(post, variant)
    return Shelf.of([(content, variant.channel)]).filled(content, variant.channel)


def wished_for(post: Post, variant: Variant) -> Content:
    """The same before anything is known of the files of its media. Raises BadInput."""
    return with_campaign(with_changes(post.content, variant.changes), post.campaign, variant.channel)


def with_campaign(content: Content, campaign: Campaign | None, channel: Channel) -> Content:
    if campaign is None or not campaign.utm:
        return content
    own = campaign.sources.get(str(channel.pk), "")
    return content_with_utm(content, utm_values(campaign.utm, channel_source=own, platform=channel.connector))


def preflight(
    post: Post, *, now: datetime, due_at: datetime | None = None, said: Said | None = None
) -> dict[int, list[Fault]]:
    """By id of each channel that is on: what stands in the way, and (is_hint) what should be looked at.

    `due_at`: when it would leave; the post's own time unless given. `said`: read before, by who checks many posts.
    """
    said = said or Said(now=now)
    found: dict[int, list[Fault]] = {}
    paused = is_paused(post.department_id, now=now)
    wished: list[tuple[Content, Channel]] = []
    for variant in post.variants.filter(is_on=True).select_related("channel").order_by("pk"):
        try:
            wished.append((wished_for(post, variant), variant.channel))
        except ParvisError as error:
            found[variant.channel_id] = [Fault("unreadable", "", error.text)]
    shelf = Shelf.of(wished)
    said.read(channel.pk for _, channel in wished)
    taken = _taken_then(post, [channel.pk for _, channel in wished], due_at or post.due_at)
    for wish, channel in wished:
        content = shelf.filled(wish, channel)
        faults = [*faults_of(content, channel), *hints_of(content, channel), *hints_of_campaign(content, post.campaign)]
        faults += shelf.faults(wish, channel, now=now, due_at=due_at or post.due_at or now)
        faults += said.faults(post, channel, content) + says_as_before(post, content)
        faults += [SAME_MINUTE] if channel.pk in taken else []
        if paused:
            faults.append(CRISIS)
        found[channel.pk] = faults
    return found


def hints_of_time(
    post: Post, channel_ids: Collection[int], *, due_at: datetime, now: datetime
) -> dict[int, list[Fault]]:
    """By channel id, what should be looked at about that moment alone; channels without anything are left out."""
    always = [CRISIS] if is_paused(post.department_id, now=now) else []
    taken = _taken_then(post, channel_ids, due_at)
    found = {key: [*([SAME_MINUTE] if key in taken else []), *always] for key in channel_ids}
    return {key: hints for key, hints in found.items() if hints}


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


def hints_of_campaign(content: Content, campaign: Campaign | None) -> list[Fault]:
    """Where none of the campaign's hashtags is in it, nor among the tags that are chosen of the platform's own."""
    if campaign is None or not campaign.hashtags or names_hashtag(content, campaign.hashtags):
        return []
    return [Fault("hashtags_missing", "text", _HASHTAGS.format(campaign=campaign.name), is_hint=True)]


def names_hashtag(content: Content, hashtags: Collection[str]) -> bool:
    """Whether one of them, which are without their sign, is in it."""
    chosen = content.options.get("tags") or ()
    if isinstance(chosen, list | tuple) and {str(one).casefold() for one in chosen} & {
        one.casefold() for one in hashtags
    }:
        return True
    text = "\n".join((content.text, *content.thread, content.comment))
    return any(re.search(rf"(?<!\w)[#＃]{re.escape(one)}(?!\w)", text, re.IGNORECASE) for one in hashtags)


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


def _taken_then(post: Post, channel_ids: Collection[int], due_at: datetime | None) -> set[int]:
    """Those of the channels for which something else leaves in the same minute."""
    if due_at is None or not channel_ids:
        return set()
    return set(_in_minute(post, due_at).filter(channel__in=channel_ids).values_list("channel_id", flat=True))


def _in_minute(post: Post, due_at: datetime) -> QuerySet[Publication]:
    """What else leaves then."""
    start = due_at.replace(second=0, microsecond=0)
    others = Publication.objects.filter(due_at__gte=start, due_at__lt=start + timedelta(minutes=1))
    return others.exclude(post=post).exclude(state__in=PUBLICATION_TRANSITIONS.final)


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
CRISIS = Fault(
    "crisis", "",
    Text("its department is paused: nothing scheduled leaves", "son département est en pause\u202f: rien de planifié ne part"),
    is_hint=True,
)  # fmt: skip
SAME_MINUTE = Fault(
    "same_minute", "",
    Text("something else leaves there in the same minute", "autre chose y part dans la même minute"), is_hint=True,
)  # fmt: skip
_HASHTAGS = Text(
    "none of the hashtags of “{campaign}” is in it",
    "aucun des mots-dièse de «\u202f{campaign}\u202f» n’y figure",
)
_ALT = Text(
    "{count} of {all} media have no description for who does not see them",
    "{count} médias sur {all} sont sans description pour qui ne les voit pas",
)
_LONG = Text("{length} where {most} are possible", "{length} là où {most} sont possibles")
