"""How much over time, a side at a time at one scale, with lines where something happened."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from parvis.listening.models import Annotation
from parvis.listening.reputation.figures import Figures
from parvis.listening.reputation.periods import Cell
from parvis.web.screens.listen.reputation_addresses import items_url
from parvis.web.screens.listen.reputation_words import items

_WIDTH, _GAP, _HEIGHT = 12, 2, 72
_DAY = timedelta(days=1)


def highest(found: Sequence[Figures]) -> int:
    """Of all sides, so that their bars can be compared."""
    return max((count for one in found for _, count in one.bars), default=0) or 1


def chart(figures: Figures, label: str, *, top: int, annotations: Sequence[Annotation]) -> SafeString:
    """Each bar leads to its items."""
    width = len(figures.bars) * (_WIDTH + _GAP) - _GAP
    drawn = "".join(_bar(figures, at, cell, count, top) for at, (cell, count) in enumerate(figures.bars))
    marks = "".join(_mark(figures, one) for one in annotations)
    return SafeString(
        f'<svg class="bars reputation-bars" role="group" aria-label="{escape(label)}" viewBox="0 0 {width} {_HEIGHT}"'
        f' width="{width}" height="{_HEIGHT}" preserveAspectRatio="none">{drawn}{marks}</svg>'
    )


def _bar(figures: Figures, at: int, cell: Cell, count: int, top: int) -> str:
    tall = max(round(count / top * (_HEIGHT - 6)), 1 if count else 0)
    x = at * (_WIDTH + _GAP)
    words = escape(f"{when(cell)}: {items(count)}")
    foot = f'<rect class="bars-foot" x="{x}" y="{_HEIGHT - 1}" width="{_WIDTH}" height="1"/>'
    if not count:
        return f"<g><title>{words}</title>{foot}</g>"
    rect = f'<rect x="{x}" y="{_HEIGHT - tall}" width="{_WIDTH}" height="{tall}"/>'
    hit = f'<rect class="bars-hit" x="{x}" y="0" width="{_WIDTH}" height="{_HEIGHT}"/>'
    url = escape(items_url(figures.query_id, cell.begins, cell.ends))
    return (
        f'<a class="fig" href="{url}" data-items="{count}" aria-label="{words}"><title>{words}</title>'
        f"{foot}{rect}{hit}</a>"
    )


def _mark(figures: Figures, annotation: Annotation) -> str:
    place = next((at for at, (cell, _) in enumerate(figures.bars) if cell.begins <= annotation.at < cell.ends), None)
    if place is None:
        return ""
    x = place * (_WIDTH + _GAP) + _WIDTH / 2
    words = escape(f"{date_format(timezone.localtime(annotation.at), 'j F, H:i')}: {annotation.text}")
    return f'<g class="bars-mark"><title>{words}</title><line x1="{x}" x2="{x}" y1="0" y2="{_HEIGHT}"/></g>'


def when(cell: Cell) -> str:
    """The hour, the day, or the first day to the last."""
    if cell.ends - cell.begins <= timedelta(hours=1):
        return f"{date_format(_local(cell.begins), 'j F, H:i')} {_local(cell.begins).tzname()}"
    first, last = _local(cell.begins), _local(cell.ends - timedelta(hours=1))
    if cell.ends - cell.begins <= _DAY + timedelta(hours=1):
        return date_format(first, "j F")
    return f"{date_format(first, 'j F')} – {date_format(last, 'j F')}"


def _local(at: datetime) -> datetime:
    return timezone.localtime(at)
