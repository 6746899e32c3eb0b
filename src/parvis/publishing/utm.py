"""What the links of a campaign's posts carry, so that visits can be counted by where they came from."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import msgspec

from parvis.core.post import Content

FIELDS = ("source", "medium", "campaign", "term", "content")
_LINK = re.compile(r"\bhttps?://[^\s<>\"]+", re.IGNORECASE)
_AFTER_LINK = ".,;:!?…)]}»”’'"
_OPENED = {")": "(", "]": "[", "}": "{"}


def with_utm(link: str, values: Mapping[str, str]) -> str:
    """`values` by the name after `utm_`; what the link says already is kept, as it is. Only http and https."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return link
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        return link
    there = {name.lower() for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    added = [
        f"utm_{name}={quote(values[name], safe='')}"
        for name in FIELDS
        if values.get(name) and f"utm_{name}" not in there
    ]
    if not added:
        return link
    query = "&".join([*([parts.query] if parts.query else []), *added])
    return urlunsplit(parts._replace(query=query))


def text_with_utm(text: str, values: Mapping[str, str]) -> str:
    """All links in it; what ends a sentence is no part of a link."""

    def tagged(found: re.Match[str]) -> str:
        link, rest = _split_end(found.group())
        return with_utm(link, values) + rest

    return _LINK.sub(tagged, text)


def content_with_utm(content: Content, values: Mapping[str, str]) -> Content:
    """Text, thread, first comment and link."""
    return msgspec.structs.replace(
        content,
        text=text_with_utm(content.text, values),
        thread=tuple(text_with_utm(part, values) for part in content.thread),
        comment=text_with_utm(content.comment, values),
        link=with_utm(content.link, values) if content.link else "",
    )


def utm_values(utm: Mapping[str, str], *, channel_source: str, platform: str) -> dict[str, str]:
    """For one channel: its own source, else the campaign's, else the platform's name. {} where links carry nothing."""
    if not utm:
        return {}
    return {**utm, "source": channel_source or utm.get("source", "") or platform}


def _split_end(link: str) -> tuple[str, str]:
    """The link, and the signs after it; a bracket that was opened within it belongs to it."""
    end = len(link)
    while end and link[end - 1] in _AFTER_LINK:
        sign = link[end - 1]
        if sign in _OPENED and link[:end].count(_OPENED[sign]) >= link[:end].count(sign):
            break
        end -= 1
    return link[:end], link[end:]
