"""A post as its composer sends it: fields that are flat, read into content and variants, and written back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from parvis.channels.models import Channel
from parvis.channels.registry import connectors
from parvis.core.connector import Can
from parvis.core.post import Content, Has, Option, Publishing
from parvis.orgs.access import may
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.publishing.drafting import Draft
from parvis.publishing.models import Post
from parvis.publishing.written import as_content
from parvis.web.screens.publish.media import media_field, media_from, own_media_field, poll_fields, poll_from

COMMON = ("text", "title", "link", "language", "warning", "comment")
MOST_PARTS = 60
Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    title: str
    content: Content
    variants: dict[int, dict[str, Any]]
    """By channel id: {"changes", "is_on"}."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A channel that a post may be for."""

    channel: Channel
    publishing: Publishing


def offered_channels(member: Member, post: Post, channels: Iterable[Channel]) -> list[Offered]:
    """Of those that the member sees: where posts are taken and the member may write them; the post's department first."""
    found = []
    for channel in channels:
        connector = connectors().get(channel.connector)
        if connector is None or connector.publishing is None or Can.PUBLISH not in connector.acts:
            continue
        if Can.PUBLISH in channel.can and may(member, Action.DRAFT, channel):
            found.append(Offered(channel, connector.publishing))
    return sorted(found, key=lambda one: (one.channel.department_id != post.department_id, one.channel.name))


def has_any(offered: Iterable[Offered]) -> set[str]:
    """What at least one of them can have."""
    return {has.value for one in offered for has in one.publishing.has}


def draft_of(post: Post) -> Draft:
    variants = {
        str(one.channel_id): {"changes": one.changes, "is_on": one.is_on} for one in post.variants.order_by("pk")
    }
    return Draft(title=post.title, content=post.content, variants=variants)


def read_form(data: QueryDict, draft: Draft, offered: Iterable[Offered]) -> Written:
    """What the form has no field for stays as it stands. Raises BadInput."""
    content = dict(draft.content)
    for name in COMMON:
        if name in data:
            content[name] = _plain(str(data[name]))
    if "thread" in data:
        content["thread"] = [
            part for part in map(_plain, map(str, data.getlist("thread")[:MOST_PARTS])) if part.strip()
        ]
    if "media" in data:
        content["media"] = media_from(str(data["media"]), draft.content.get("media") or ())
    if "poll" in data:
        content["poll"] = poll_from(data)
    variants = {int(key): dict(variant) for key, variant in draft.variants.items()}
    chosen = set(data.getlist("channels"))
    for one in offered:
        key = one.channel.pk
        if f"v-{key}" not in data:
            continue
        before = draft.variants.get(str(key), {"changes": {}})["changes"]
        changes, is_on = _changes(data, one, before), str(key) in chosen
        if (own := media_name(key)) in data:
            there = [*before.get("media", ()), *(draft.content.get("media") or ())]
            changes = _with_media(changes, str(data[own]), there)
        if is_on or changes or key in variants:
            variants[key] = {"changes": changes, "is_on": is_on}
    return Written(title=data.get("working_title", draft.title), content=as_content(content), variants=variants)


def fields_of(draft: Draft, offered: Iterable[Offered]) -> dict[str, Any]:
    """By the name of its field, what the form shows: texts, switches, and lists for `thread` and `channels`."""
    content = draft.content
    found: dict[str, Any] = {"working_title": draft.title}
    found |= {name: content.get(name, "") for name in COMMON}
    found["thread"] = list(content.get("thread", ()))
    found["media"] = media_field(content)
    found |= poll_fields(content)
    found["channels"] = []
    for one in offered:
        key = one.channel.pk
        variant = draft.variants.get(str(key), {"changes": {}, "is_on": False})
        if variant["is_on"]:
            found["channels"].append(str(key))
        changes = variant["changes"]
        found[f"v-{key}-text"] = changes.get("text", "")
        if has_own_media(one, changes):
            found[media_name(key)] = own_media_field(changes)
        found[f"v-{key}-alone"] = changes.get("thread") == []
        chosen = changes.get("options", {})
        for option in one.publishing.options:
            found[option_field(key, option)] = _shown(option, chosen.get(option.name, option.default))
    return found


def media_name(key: int) -> str:
    """Of the field that holds a channel's own media; empty: those of all."""
    return f"v-{key}-media"


def has_own_media(one: Offered, changes: Mapping[str, Any]) -> bool:
    """Whether it may have its own, or has."""
    return Has.MEDIA in one.publishing.has or "media" in changes


def option_field(key: int, option: Option) -> str:
    return f"v-{key}-option-{option.name}"


def conflict_field(name: str) -> str:
    """The form's field of a conflict: “text”, “text (12)”, “options.visibility (12)”."""
    inner, bracket, key = name.removesuffix(")").partition(" (")
    if inner == "title" and not bracket:
        return "working_title"
    if not bracket:
        return inner
    if inner.startswith("options."):
        return f"v-{key}-option-{inner.removeprefix('options.')}"
    return f"v-{key}-{inner}"


def _changes(data: QueryDict, one: Offered, before: Mapping[str, Any]) -> Changes:
    key, changes = one.channel.pk, dict(before)
    text = _plain(data.get(f"v-{key}-text", ""))
    if text.strip():
        changes["text"] = text
    else:
        changes.pop("text", None)
    if f"v-{key}-alone" in data:
        changes["thread"] = []
    elif changes.get("thread") == []:
        del changes["thread"]
    options = {
        **{name: value for name, value in changes.get("options", {}).items() if name not in _names(one)},
        **{option.name: _given(data, key, option) for option in one.publishing.options},
    }
    defaults = {option.name: option.default for option in one.publishing.options}
    options = {name: value for name, value in options.items() if name not in defaults or value != defaults[name]}
    if options:
        changes["options"] = options
    else:
        changes.pop("options", None)
    return changes


def _with_media(changes: Changes, written: str, there: Sequence[Mapping[str, Any]]) -> Changes:
    rest = {name: value for name, value in changes.items() if name != "media"}
    return {**rest, "media": media_from(written, there)} if written.strip() else rest


def _names(one: Offered) -> set[str]:
    return {option.name for option in one.publishing.options}


def _given(data: QueryDict, key: int, option: Option) -> Any:
    name = option_field(key, option)
    if option.kind == "switch":
        return name in data
    written = _plain(data.get(name, "")).strip()
    if option.kind == "names":
        names = [one.strip() for one in written.split(",") if one.strip()]
        return names or option.default
    if option.kind == "choice" and written not in {choice for choice, _ in option.choices}:
        return option.default
    return written or option.default


def _shown(option: Option, value: Any) -> Any:
    if option.kind == "switch":
        return bool(value)
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


def _plain(written: str) -> str:
    """Browsers send line ends as two signs; a text has one."""
    return written.replace("\r\n", "\n").replace("\r", "\n")
