"""Times as people read them: relative within a day, a date beyond it; always in the person's zone.

A list shows fifty of them: what repeats is worked out once for each language.
"""

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

_DAY_S = timedelta(days=1).total_seconds()


class Eyes(NamedTuple):
    """Whose: what a time reads like depends on these two."""

    language: str
    zone: tzinfo


def whose_eyes() -> Eyes:
    return Eyes(get_language() or "en", timezone.get_current_timezone())


def short(when: datetime, now: datetime, eyes: Eyes | None = None) -> str:
    """“5 min”, “3 h”, “in 2 h”, “14 Nov”, “14 Nov 2025”: words of ours alone, safe in HTML."""
    away_s = (when - now).total_seconds()
    eyes = eyes or whose_eyes()
    if abs(away_s) < _DAY_S:
        return _span(int(abs(away_s) // 60), away_s > 0, eyes.language)
    local = when.astimezone(eyes.zone)
    return _short_day(local.date(), local.year == now.astimezone(eyes.zone).year, eyes.language)


def full(when: datetime) -> str:
    """“22 November 2026, 14:05 CET”."""
    local = timezone.localtime(when)
    return f"{_full_day(local.date(), get_language() or 'en')} {local:%H:%M} {local.tzname()}"


@lru_cache(4096)
def _span(minutes: int, is_ahead: bool, _language: str) -> str:
    if minutes == 0:
        return escape(_("now"))
    if minutes < 60:
        words = ngettext("{n} min", "{n} min", minutes).format(n=minutes)
    else:
        words = ngettext("{n} h", "{n} h", minutes // 60).format(n=minutes // 60)
    return escape(_("in {span}").format(span=words) if is_ahead else words)


@lru_cache(2048)
def _short_day(day: date, is_this_year: bool, _language: str) -> str:
    if is_this_year:
        return escape(date_format(day, pgettext("a date of this year", "j M")))
    return escape(date_format(day, pgettext("a date of another year", "j M Y")))


@lru_cache(2048)
def _full_day(day: date, _language: str) -> str:
    return date_format(day, pgettext("a date before a time", "j F Y,"))
