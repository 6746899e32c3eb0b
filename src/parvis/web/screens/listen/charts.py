"""Small bars, drawn as SVG with a table's worth of words behind them."""

from collections.abc import Sequence
from html import escape

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.listening.queries import Day

_WIDTH, _GAP = 8, 2


def bars(days: Sequence[Day], *, height: int, base: str = "") -> SafeString:
    """One bar a day; with `base` each leads to that day's items ("?day=…" is added to it)."""
    top = max((day.count for day in days), default=0) or 1
    width = len(days) * (_WIDTH + _GAP) - _GAP
    drawn = "".join(_bar(day, at, top, height, base) for at, day in enumerate(days))
    label = escape(_summary(days))
    return SafeString(
        f'<svg class="bars" role="{"group" if base else "img"}" aria-label="{label}" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" preserveAspectRatio="none">{drawn}</svg>'
    )


def _bar(day: Day, at: int, top: int, height: int, base: str) -> str:
    tall = max(round(day.count / top * (height - 1)), 1 if day.count else 0)
    x = at * (_WIDTH + _GAP)
    words = escape(f"{date_format(day.day, 'j F')}: {day.count}")
    rect = f'<rect x="{x}" y="{height - tall}" width="{_WIDTH}" height="{tall}"/>' if tall else ""
    foot = f'<rect class="bars-foot" x="{x}" y="{height - 1}" width="{_WIDTH}" height="1"/>'
    inner = f"<title>{words}</title>{foot}{rect}"
    if not base or not day.count:
        return f"<g>{inner}</g>"
    hit = f'<rect class="bars-hit" x="{x}" y="0" width="{_WIDTH}" height="{height}"/>'
    return f'<a href="{escape(base)}?day={day.day.isoformat()}" aria-label="{words}">{inner}{hit}</a>'


def _summary(days: Sequence[Day]) -> str:
    total = sum(day.count for day in days)
    found = ngettext("{n} item", "{n} items", total).format(n=total)
    return _("{found} in {days} days").format(found=found, days=len(days))
