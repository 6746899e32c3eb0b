"""When a platform asks to wait: Retry-After and the rate-limit headers in their many dialects.

Retry-After: RFC 9110, 10.2.3 (seconds or a date). RateLimit: draft-ietf-httpapi-ratelimit-headers-10
(`"name";r=0;t=30`). X-RateLimit-Reset has no standard: seconds to go (WordPress.com, Discourse), an
epoch in seconds (GitHub) or milliseconds, or an ISO date (Mastodon).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_PAUSE_S = 86_400.0

_REMAINING = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")
_RESET = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_EPOCH_FROM_S = 1_000_000_000.0
_EPOCH_FROM_MS = 1_000_000_000_000.0
_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*(?:[,;]|$)", re.ASCII)
_NONE_LEFT = re.compile(r";\s*r=0\s*(?:[;,]|$)", re.ASCII)
_RESETS_IN = re.compile(r";\s*t=(\d{1,9})", re.ASCII)


def pause_asked_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the other side wants to be left alone, in seconds up to a day; None where it does not say.

    True of good answers as well: the last request that was allowed says so.
    """
    asked = _retry_after_s(headers, now)
    if asked is None and any(_number(headers.get(name, "")) == 0 for name in _REMAINING):
        asked = _reset_s(headers, now)
    return _bounded(_structured_s(headers) if asked is None else asked)


def pause_after_refusal_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """The same once the answer is a refusal: a reset counts without a word on what remains."""
    asked = pause_asked_s(headers, now)
    return _bounded(_reset_s(headers, now)) if asked is None else asked


def _bounded(pause_s: float | None) -> float | None:
    return None if pause_s is None else min(max(pause_s, 0.0), LONGEST_PAUSE_S)


def _retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    text = headers.get("retry-after", "")
    number = _number(text)
    return _until_s(_date(text), headers, now) if number is None else number


def _reset_s(headers: Mapping[str, str], now: datetime) -> float | None:
    text = next((headers[name] for name in _RESET if name in headers), "")
    number = _number(text)
    if number is None:
        return _until_s(_date(text), headers, now)
    if number >= _EPOCH_FROM_S:
        epoch_s = number / 1000 if number >= _EPOCH_FROM_MS else number
        return epoch_s - _their_now(headers, now).timestamp()
    return number


def _structured_s(headers: Mapping[str, str]) -> float | None:
    text = headers.get("ratelimit", "")[:1000]
    for policy in text.split(","):
        resets = _RESETS_IN.search(policy)
        if resets and _NONE_LEFT.search(policy):
            return float(resets[1])
    return None


def _number(text: str) -> float | None:
    found = _NUMBER.match(text)
    return float(found[1]) if found else None


def _date(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text.strip()[:64])
        except (ValueError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _until_s(moment: datetime | None, headers: Mapping[str, str], now: datetime) -> float | None:
    return None if moment is None else (moment - _their_now(headers, now)).total_seconds()


def _their_now(headers: Mapping[str, str], now: datetime) -> datetime:
    """Their own clock where they tell it (a wrong one cancels out), unless a cache has kept the answer."""
    theirs = None if "age" in headers else _date(headers.get("date", ""))
    return theirs or now
