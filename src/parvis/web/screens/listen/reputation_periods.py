"""The period that a page is asked for: one of the usual ones, or own dates."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.http import QueryDict
from django.utils.http import urlencode

from parvis.listening.models import Span
from parvis.listening.reputation.periods import MOST_DAYS, Period, last_days, own_days
from parvis.web.asked import asked_number


@dataclass(frozen=True, slots=True)
class Asked:
    period: Period
    days: int | None
    """Of the usual ones; None: own dates."""
    first: str
    last: str
    """As they were typed."""
    is_wrong: bool = False
    """Own dates that are none, too many, or in the wrong order: the usual period is shown."""
    most_days: int = MOST_DAYS

    @property
    def params(self) -> str:
        """To show the same once more."""
        if self.days is not None:
            return urlencode({"days": self.days})
        return urlencode({"first": self.first, "last": self.last})


def asked_period(asked: QueryDict, *, usual: int, now: datetime, zone: tzinfo) -> Asked:
    days = asked_number(asked.get("days", ""))
    days = days if days in Span.values else usual
    first, last = asked.get("first", ""), asked.get("last", "")
    period = last_days(days, now=now, zone=zone)
    if not first and not last:
        return Asked(period, days, period.first.isoformat(), period.last.isoformat())
    own = _own(first, last, zone)
    if own is None:
        return Asked(period, days, first[:20], last[:20], is_wrong=True)
    return Asked(own, None, own.first.isoformat(), own.last.isoformat())


def _own(first: str, last: str, zone: tzinfo) -> Period | None:
    try:
        return own_days(date.fromisoformat(first), date.fromisoformat(last), zone=zone)
    except ValueError:
        return None
