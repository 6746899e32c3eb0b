"""A comparison's figures as a table for other programs: one figure a row, with unit, period and range."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC
from io import StringIO

from django.http import HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from parvis.core.counting.shares import Interval
from parvis.listening.reputation.figures import Figures
from parvis.listening.reputation.periods import Period

Row = list[str | int | float | None]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(name: str, sides: Sequence[tuple[str, Figures]], period: Period) -> HttpResponse:
    """Numbers with a dot; an empty field where something is not known; the mark at the start is for spreadsheets."""
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(
        [
            _("Of"),
            _("Figure"),
            _("Unit"),
            _("From"),
            _("Until"),
            _("Value"),
            _("At least"),
            _("At most"),
            pgettext("reputation", "Items"),
        ]
    )
    for label, figures in sides:
        writer.writerows([_safe(label), *row] for row in (*_figures(figures, period), *_course(figures)))
    answer = HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
    file = f"{slugify(name) or 'figures'}-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def _figures(figures: Figures, period: Period) -> Iterator[Row]:
    now, before = figures.now, figures.before
    spans = (
        (period, now, figures.share.value if figures.share else None),
        (period.before, before, figures.share_before),
    )
    for span, tally, share in spans:
        is_now = span is period
        when = [span.first.isoformat(), span.last.isoformat()]
        yield [pgettext("reputation", "Items"), _("items"), *when, tally.count, None, None, tally.count]
        if figures.share is not None:
            interval = figures.share.interval if is_now else None
            yield [_("Share of voice"), _("0 to 1"), *when, _rounded(share), *_ends(interval), tally.count]
        interval = figures.tone_interval if is_now else tally.tone.interval()
        yield [_("Tone"), _("\u22121 to 1"), *when, _rounded(tally.tone.mean), *_ends(interval), tally.tone.count]
        yield [_("Reach"), _("people"), *when, tally.reach, None, None, tally.reach_count]
    change = figures.change
    when = [period.first.isoformat(), period.last.isoformat()]
    if change is not None:
        yield [
            _("Items against the period before"), _("ratio"), *when, _rounded(change.ratio), *_ends(change.interval),
            now.count,
        ]  # fmt: skip
    if figures.share_moved is not None and figures.share is not None and figures.share_before is not None:
        moved = _rounded(figures.share.value - figures.share_before)
        yield [
            _("Share against the period before"),
            _("difference"),
            *when,
            moved,
            *_ends(figures.share_moved),
            now.count,
        ]
    if figures.tone_moved is not None and now.tone.mean is not None and before.tone.mean is not None:
        moved = _rounded(now.tone.mean - before.tone.mean)
        yield [
            _("Tone against the period before"), _("difference"), *when, moved, *_ends(figures.tone_moved),
            now.tone.count,
        ]  # fmt: skip


def _course(figures: Figures) -> Iterator[Row]:
    """Hour by hour, day by day or week by week, as the chart shows it; in UTC."""
    for cell, count in figures.bars:
        begins, ends = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ") for at in (cell.begins, cell.ends))
        yield [_("Items over time"), _("items"), begins, ends, count, None, None, count]


def _ends(interval: Interval | None) -> list[float | None]:
    """An open end stays empty."""
    return [None, None] if interval is None else [_rounded(interval.low), _rounded(interval.high)]


def _rounded(value: float | None) -> float | None:
    return None if value is None or value in (float("inf"), float("-inf")) else round(value, 6)


def _safe(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
