"""The hours of an event against what was expected of them, as SVG and as the rows of a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parvis.listening.alerts.explaining import decimal, number
from parvis.listening.alerts.queries import HourSeen
from parvis.listening.models import AlertKind

_WIDTH, _GAP, _HEIGHT = 8, 2, 96


@dataclass(frozen=True, slots=True)
class ChartRow:
    hour: str
    value: str
    normal: str
    is_event: bool


@dataclass(frozen=True, slots=True)
class Chart:
    drawing: SafeString
    rows: list[ChartRow]


def chart_of(hours: Sequence[HourSeen], *, kind: str) -> Chart:
    is_tone = kind == AlertKind.TONE
    rows = [_row(hour, is_tone=is_tone) for hour in hours]
    low, high = _range(hours, is_tone=is_tone)

    def y(value: float) -> float:
        return round((high - value) / (high - low) * (_HEIGHT - 1), 1)

    drawn = "".join(
        _hour(one, row, at, y, is_tone=is_tone) for at, (one, row) in enumerate(zip(hours, rows, strict=True))
    )
    width = len(hours) * (_WIDTH + _GAP)
    label = escape(_("Each hour, with what was expected of it; the table below says the same"))
    return Chart(
        SafeString(
            f'<svg class="bars alert-chart" role="img" aria-label="{label}" viewBox="0 0 {width} {_HEIGHT}"'
            f' width="{width}" height="{_HEIGHT}" preserveAspectRatio="none">{drawn}</svg>'
        ),
        rows,
    )


def _range(hours: Sequence[HourSeen], *, is_tone: bool) -> tuple[float, float]:
    if is_tone:
        return -1.0, 1.0
    return 0.0, max([1.0, *(max(one.value or 0.0, one.high or 0.0) for one in hours)])


def _hour(one: HourSeen, row: ChartRow, at: int, y: Callable[[float], float], *, is_tone: bool) -> str:
    x = at * (_WIDTH + _GAP)
    band = mark = ""
    if one.low is not None and one.high is not None:
        top, foot = y(min(one.high, 1.0) if is_tone else one.high), y(max(one.low, -1.0) if is_tone else one.low)
        band = f'<rect class="alert-band" x="{x}" y="{top}" width="{_WIDTH + _GAP}" height="{max(foot - top, 1)}"/>'
    if one.value is not None:
        top = y(one.value)
        tall = 3.0 if is_tone else _HEIGHT - 1 - top
        named = ' class="alert-event"' if one.is_event else ""
        mark = f'<rect{named} x="{x + _GAP // 2}" y="{top}" width="{_WIDTH}" height="{max(tall, 0)}"/>' if tall else ""
    said = escape(f"{row.hour}: {row.value} ({row.normal})")
    return f"<g><title>{said}</title>{band}{mark}</g>"


def _row(one: HourSeen, *, is_tone: bool) -> ChartRow:
    spell = decimal if is_tone else number
    local = timezone.localtime(one.at)
    normal = _("not known")
    if one.low is not None and one.high is not None:
        normal = _("{low} to {high}").format(low=spell(one.low), high=spell(one.high))
    value = _("not known") if one.value is None else spell(one.value)
    return ChartRow(date_format(local, _("j M, H:i")), value, normal, one.is_event)
