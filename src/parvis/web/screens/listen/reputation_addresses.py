"""Where a figure's items are shown: its hours in UTC, so that it holds the same items for whoever opens it."""

from datetime import UTC, datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from parvis.listening.reputation.items import KNOWN, Behind
from parvis.web.asked import asked_number

_HOUR = "%Y-%m-%dT%H"


def items_url(query_id: int, begins: datetime, ends: datetime, **asked: int | str) -> str:
    """`asked`: channel, profile or story by id, or known="tone"."""
    params = {"since": _written(begins), "until": _written(ends), **asked}
    return f"{reverse('reputation-items', args=[query_id])}?{urlencode(params)}"


def behind_of(asked: QueryDict) -> Behind | None:
    """What an address asks for; None where it cannot be read."""
    begins, ends = _read(asked.get("since", "")), _read(asked.get("until", ""))
    if begins is None or ends is None or asked.get("known", "") not in ("", *KNOWN):
        return None
    origins: dict[str, int | None] = {
        name: asked_number(asked.get(name, "")) for name in ("channel", "profile", "story") if name in asked
    }
    if None in origins.values():
        return None
    return Behind(begins, ends, known=asked.get("known", ""), **origins)


def below_of(written: str) -> tuple[datetime, int] | None:
    """A place in the list: “2026-11-22T14_123”."""
    hour, _, item = written.partition("_")
    begins, key = _read(hour), asked_number(item)
    return None if begins is None or key is None else (begins, key)


def below_written(below: tuple[datetime, int]) -> str:
    return f"{_written(below[0])}_{below[1]}"


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_HOUR)


def _read(written: str) -> datetime | None:
    try:
        at = datetime.strptime(written, _HOUR).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if 1970 < at.year < 9000 else None
