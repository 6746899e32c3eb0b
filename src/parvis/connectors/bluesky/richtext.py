"""A post's text with its facets: links, mentions and hashtags, which are told by places in its UTF-8 bytes.

https://docs.bsky.app/docs/advanced-guides/post-richtext, read 2026-11. A link is often shown cut short
("example.org/a-lo…"); its whole address is in its facet alone.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from parvis.connectors.bluesky.addresses import APP

_LINK = re.compile(r"https?://[^\s<>\"“”«»]+[^\s<>\"“”«».,;:!?')\]}]")
_TAG = re.compile(r"(?<![\w&/])#(\w*[^\W\d_]\w*)")
_MENTION = re.compile(
    r"(?<![\w@./-])@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)", re.IGNORECASE
)
_FACET = "app.bsky.richtext.facet#"


@dataclass(frozen=True, slots=True)
class Facet:
    start: int
    end: int
    """In bytes."""
    kind: str
    """link, mention, tag."""
    value: str


def facets_of(record: Any) -> list[Facet]:
    """Those that make sense, in order; where two overlap, the first."""
    told = record.get("facets")
    found = sorted(
        (facet for one in told if isinstance(one, dict) for facet in _read(one)) if isinstance(told, list) else (),
        key=lambda facet: facet.start,
    )
    kept: list[Facet] = []
    for facet in found:
        if not kept or facet.start >= kept[-1].end:
            kept.append(facet)
    return kept


def _read(one: dict[str, Any]) -> Iterator[Facet]:
    place, features = one.get("index"), one.get("features")
    if not isinstance(place, dict) or not isinstance(features, list):
        return
    start, end = place.get("byteStart"), place.get("byteEnd")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end:
        return
    for feature in features:
        if not isinstance(feature, dict):
            continue
        kind = str(feature.get("$type")).removeprefix(_FACET)
        value = feature.get({"link": "uri", "mention": "did", "tag": "tag"}.get(kind, ""))
        if isinstance(value, str) and value:
            yield Facet(start, end, kind, value)
            return


def as_html(text: str, facets: list[Facet]) -> str:
    """The text with its links; lines stay lines."""
    raw = text.encode("utf-8", "replace")
    parts: list[str] = []
    at = 0
    for facet in facets:
        if facet.end > len(raw):
            break
        parts.append(_escaped(raw[at : facet.start]))
        parts.append(f'<a href="{html.escape(_target(facet))}">{_escaped(raw[facet.start : facet.end])}</a>')
        at = facet.end
    parts.append(_escaped(raw[at:]))
    return "".join(parts)


def _escaped(piece: bytes) -> str:
    return html.escape(piece.decode("utf-8", "replace"), quote=False).replace("\n", "<br>\n")


def _target(facet: Facet) -> str:
    if facet.kind == "link":
        return facet.value
    if facet.kind == "mention":
        return f"{APP}/profile/{quote(facet.value, safe=':')}"
    return f"{APP}/hashtag/{quote(facet.value, safe='')}"


def handles_in(text: str) -> list[str]:
    """Whom a text of ours names, each once."""
    return list(dict.fromkeys(match[1].lower() for match in _MENTION.finditer(text)))


def written_facets(text: str, dids: Mapping[str, str] = MappingProxyType({})) -> list[dict[str, Any]]:
    """For what we write: its links and hashtags, and mentions of those handles whose accounts are known."""
    found = [(match.start(), match.end(), "link", "uri", match[0]) for match in _LINK.finditer(text)]
    links = [(start, end) for start, end, *_ in found]
    found += [
        (match.start(), match.end(), "tag", "tag", match[1])
        for match in _TAG.finditer(text)
        if not any(start <= match.start() < end for start, end in links)
    ]
    taken = [(start, end) for start, end, *_ in found]
    found += [
        (match.start(), match.end(), "mention", "did", dids[match[1].lower()])
        for match in _MENTION.finditer(text)
        if match[1].lower() in dids and not any(start <= match.start() < end for start, end in taken)
    ]
    return [
        {
            "index": {"byteStart": len(text[:start].encode()), "byteEnd": len(text[:end].encode())},
            "features": [{"$type": f"{_FACET}{kind}", name: value}],
        }
        for start, end, kind, name, value in sorted(found)
    ]
