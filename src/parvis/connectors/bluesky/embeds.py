"""What hangs on a post: pictures, a video, the card of a page, the post that it quotes."""

from collections.abc import Iterator, Mapping
from typing import Any

from parvis.connectors.bluesky.frames import written_cid
from parvis.core.types import MediaRecord

PICTURES = "https://cdn.bsky.app/img/feed_fullsize/plain"
"""Where Bluesky shows the pictures of every server (seen in its views, 2026-11); frames hold their ids alone."""


def embedded(embed: Mapping[str, Any]) -> dict[str, Any]:
    """The page that a card shows, and the post that is quoted."""
    facts: dict[str, Any] = {}
    card = _inner(embed, "media").get("external") or embed.get("external")
    if isinstance(card, dict) and card.get("uri"):
        facts["link"] = {"url": str(card["uri"]), "title": str(card.get("title") or "")}
    record = embed.get("record")
    if isinstance(record, dict):
        quoted = record.get("record") if isinstance(record.get("record"), dict) else record
        if isinstance(quoted, dict) and quoted.get("uri"):
            facts["quotes"] = str(quoted["uri"])
    return facts


def _inner(embed: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = embed.get(name)
    return inner if isinstance(inner, dict) else {}


def media_of(row: Mapping[str, Any], did: str) -> tuple[MediaRecord, ...]:
    """Of a post as a view shows it; where it is not shown, of its record."""
    shown, stored = _inner(row, "embed"), _inner(_inner(row, "record"), "embed")
    return tuple(_shown(shown)) if shown else tuple(_stored(stored, did))


def _shown(embed: Mapping[str, Any]) -> Iterator[MediaRecord]:
    inner = _inner(embed, "media") or embed
    for one in _images(inner):
        if one.get("fullsize"):
            yield MediaRecord(url=str(one["fullsize"]), kind="image/jpeg", alt=str(one.get("alt") or ""))
    if inner.get("playlist"):
        kind = "application/vnd.apple.mpegurl"
        yield MediaRecord(url=str(inner["playlist"]), kind=kind, alt=str(inner.get("alt") or ""))


def _stored(embed: Mapping[str, Any], did: str) -> Iterator[MediaRecord]:
    """Pictures are told by their CID: in bytes in a frame, {"$link"} in JSON."""
    for one in _images(_inner(embed, "media") or embed):
        told = _inner(one, "image").get("ref")
        cid = str(told.get("$link") or "") if isinstance(told, dict) else written_cid(told)
        if cid:
            yield MediaRecord(url=f"{PICTURES}/{did}/{cid}", kind="image/jpeg", alt=str(one.get("alt") or ""))


def _images(inner: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    images = inner.get("images")
    return [one for one in images if isinstance(one, dict)] if isinstance(images, list) else []
