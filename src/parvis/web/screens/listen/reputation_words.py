"""Figures of reputation as people read them: with unit and range, and in words whether chance alone does it."""

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.core.counting.changes import CountChange
from parvis.core.counting.shares import Interval
from parvis.listening.reputation.figures import Figures
from parvis.listening.reputation.periods import Period
from parvis.web.templatetags.parvis import number

_MOST_TIMES = 10
"""A change beyond ten times is told as such; where little was there before, its range has no end."""


def percent(share: float) -> str:
    return _("{n}%").format(n=_written(share * 100, 1))


def points(change: float) -> str:
    """Of a share: +2.1."""
    return _signed(change * 100, 1)


def tone(value: float) -> str:
    """-1 to 1."""
    return _signed(value, 2)


def share_range(interval: Interval) -> str:
    return _("between {low} and {high}").format(low=percent(interval.low), high=percent(interval.high))


def tone_range(interval: Interval | None) -> str:
    if interval is None:
        return _("too few to say how sure")
    return _("between {low} and {high}").format(low=tone(interval.low), high=tone(interval.high))


def items(count: int) -> str:
    return ngettext("{n} item", "{n} items", count).format(n=number(count))


def known(count: int, total: int) -> str:
    """Of how many it is told."""
    return _("known for {n} of {total}").format(n=number(count), total=number(total))


def count_change(change: CountChange) -> str:
    """“+26%, between +5% and +50%”."""
    if change.ratio is None:
        return _("none before")
    low, high = _change(change.interval.low), _change(change.interval.high)
    return _("{change}, between {low} and {high}").format(change=_change(change.ratio), low=low, high=high)


def share_change(figures: Figures) -> str:
    """“+2.1 points, between -0.3 and +4.4”; "" where there is nothing to compare."""
    if figures.share is None or figures.share_before is None or figures.share_moved is None:
        return ""
    return _("{change} points, between {low} and {high}").format(
        change=points(figures.share.value - figures.share_before),
        low=points(figures.share_moved.low), high=points(figures.share_moved.high),
    )  # fmt: skip


def tone_change(figures: Figures) -> str:
    before, now, moved = figures.before.tone.mean, figures.now.tone.mean, figures.tone_moved
    if before is None or now is None or moved is None:
        return ""
    return _("{change}, between {low} and {high}").format(
        change=tone(now - before), low=tone(moved.low), high=tone(moved.high)
    )


def is_more_than_chance(interval: Interval) -> bool:
    """Of a difference: whether it leaves out none."""
    return not interval.low <= 0 <= interval.high


def verdict(*, is_sure: bool) -> str:
    return _("more than chance") if is_sure else _("could be chance")


def days(period: Period) -> str:
    """“16 to 22 November 2026”."""
    if period.first == period.last:
        return date_format(period.first, "j F Y")
    return _("{first} to {last}").format(
        first=date_format(period.first, "j F Y"), last=date_format(period.last, "j F Y")
    )


def _change(ratio: float) -> str:
    if ratio > _MOST_TIMES:
        return _("more than tenfold")
    return _("{n}%").format(n=_signed((ratio - 1) * 100, 0))


def _signed(value: float, decimals: int) -> str:
    written = _written(abs(value), decimals)
    if not any(digit in written for digit in "123456789"):
        return written
    return f"+{written}" if value > 0 else f"\u2212{written}"


def _written(value: float, decimals: int) -> str:
    return number_format(value, decimal_pos=decimals, use_l10n=True, force_grouping=True).replace("\u00a0", "\u202f")
