"""What a feed's address says besides its entries: when to come back, and where the older ones are."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urljoin

import msgspec

from parvis.core.types import Answer

SHORTEST_WAIT_S = 300.0
LONGEST_WAIT_S = 86_400.0

_PERIODS_S = {"hourly": 3600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}
_TTL = re.compile(rb"<ttl>\s*(\d{1,7})\s*</ttl>")
_PERIOD = re.compile(rb"<(?:\w+:)?updatePeriod>\s*([a-zA-Z]{5,8})\s*</")
_FREQUENCY = re.compile(rb"<(?:\w+:)?updateFrequency>\s*(\d{1,5})\s*</")
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_FIRST_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_LAST_ENTRY = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_LINK = re.compile(rb"<(?:\w+:)?link\s([^<>]{1,4000})>", re.IGNORECASE)
_NEXT = re.compile(rb"\brel\s*=\s*[\"'](?:next|prev-archive)[\"']", re.IGNORECASE)
_HREF = re.compile(rb"\bhref\s*=\s*(?:\"([^\"]+)\"|'([^']+)')", re.IGNORECASE)
_FEED_START = re.compile(rb"<(?:\w+:)?(rss|feed|rdf|channel)[\s>]", re.IGNORECASE)


class _Next(msgspec.Struct):
    next_url: str | None = None


def is_feed(body: bytes) -> bool:
    """True where the first lines look like a feed of any kind."""
    head = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{"):
        return b"jsonfeed.org" in head.replace(b"\\/", b"/")
    if b"\0" in head[:8]:
        head = head.replace(b"\0", b"")
    found = _FEED_START.search(head)
    return found is not None and b"<html" not in head[: found.start()].lower()


def wait_s(answer: Answer) -> float | None:
    """The longest of what the feed and the server ask for, within bounds; None where they say nothing."""
    told = [
        seconds
        for seconds in (_max_age_s(answer.headers), _ttl_s(answer.body), _period_s(answer.body))
        if seconds is not None
    ]
    return min(max(*told, SHORTEST_WAIT_S), LONGEST_WAIT_S) if told else None


def _max_age_s(headers: Mapping[str, str]) -> float | None:
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    return float(found[1]) if found else None


def _ttl_s(body: bytes) -> float | None:
    found = _TTL.search(_head(body))
    return float(found[1]) * 60 if found else None


def _period_s(body: bytes) -> float | None:
    """RSS's syndication module: so many times a period."""
    head = _head(body)
    period = _PERIOD.search(head)
    length_s = _PERIODS_S.get(period[1].decode().lower()) if period else None
    if length_s is None:
        return None
    frequency = _FREQUENCY.search(head)
    return length_s / max(int(frequency[1]), 1) if frequency else length_s


def next_page(body: bytes, url: str) -> str:
    """Where older entries are (RFC 5005, JSON Feed's next_url), or ""."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        try:
            told = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), type=_Next).next_url or ""
        except (msgspec.DecodeError, RecursionError):
            told = ""
    else:
        told = _next_link(_head(body)) or _next_link(_tail(body))
    try:
        target = urljoin(url, told)
    except ValueError:
        return ""
    return target if told and target != url and target.startswith(("http://", "https://")) else ""


def _next_link(part: bytes) -> str:
    for link in _LINK.finditer(part):
        if _NEXT.search(link[1]):
            href = _HREF.search(link[1])
            if href:
                return unescape((href[1] or href[2]).decode("utf-8", "replace")).strip()
    return ""


def _head(body: bytes) -> bytes:
    """What stands before the first entry."""
    first = _FIRST_ENTRY.search(body)
    return body[: first.start() if first else len(body)][:65_536]


def _tail(body: bytes) -> bytes:
    """What stands after the last entry."""
    end = body[-65_536:]
    last = 0
    for last_end in _LAST_ENTRY.finditer(end):
        last = last_end.end()
    return end[last:] if last else b""
