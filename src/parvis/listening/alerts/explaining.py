"""Why an alert rang, in the language and by the clock of whoever reads it."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.listening.models import AlertKind, AlertSign, AlertWay, Per, Severity

_TEXT_SHOWN = 240


def title_of(sign: AlertSign, query: str) -> str:
    """One line: the query and what happened."""
    if sign.kind == AlertKind.AUTHOR:
        return _("{query}: {author} speaks").format(query=query, author=sign.seen.get("author", ""))
    return _("{query}: {what}").format(query=query, what=what_of(sign.kind, sign.direction))


def what_of(kind: str, direction: str) -> str:
    """What happened, in a few words."""
    is_less = direction == AlertWay.LESS
    if kind == AlertKind.TONE:
        return _("a harsher tone than usual") if is_less else _("a kinder tone than usual")
    if kind == AlertKind.THRESHOLD:
        return _("more than the limit")
    if kind == AlertKind.AUTHOR:
        return _("a named author speaks")
    return _("less than usual") if is_less else _("more than usual")


def severity_words(severity: int) -> str:
    return {Severity.LOW: _("slight"), Severity.MEDIUM: _("marked"), Severity.HIGH: _("severe")}[Severity(severity)]


def sentence_of(sign: AlertSign) -> str:
    """“41 in the hour from 14:00; normal for a Tuesday at 14:00: 3 to 9.”"""
    by_kind = {
        AlertKind.VOLUME: _of_volume,
        AlertKind.TONE: _of_tone,
        AlertKind.THRESHOLD: _of_threshold,
        AlertKind.AUTHOR: _of_author,
    }
    return by_kind[AlertKind(sign.kind)](sign)


def normal_of(usual: dict[str, Any]) -> str:
    """“3 to 9”; of a tone “about −0.05, give or take 0.2”."""
    if "upper" in usual:
        low, high = usual["lower"], usual["upper"]
        return str(high) if low == high else _("{low} to {high}").format(low=number(low), high=number(high))
    give = usual["limit"] * usual["spread"]
    return _("about {mean}, give or take {give}").format(mean=decimal(usual["mean"]), give=decimal(give))


def _of_volume(sign: AlertSign) -> str:
    words = ngettext(
        "{n} in the hour from {time}; normal for a {weekday} at {time}: {normal}.",
        "{n} in the hour from {time}; normal for a {weekday} at {time}: {normal}.",
        sign.seen["count"],
    )
    return words.format(n=number(sign.seen["count"]), normal=normal_of(sign.expected), **_clock(sign.first_hour))


def _of_tone(sign: AlertSign) -> str:
    words = _(
        "The tone of {n} items in the hour from {time} was {tone}; normal for a {weekday} at {time}: {normal}. The scale goes from −1 to 1."
    )
    return words.format(
        n=number(sign.seen["count"]), tone=decimal(sign.seen["tone"]), normal=normal_of(sign.expected),
        **_clock(sign.first_hour),
    )  # fmt: skip


def _of_threshold(sign: AlertSign) -> str:
    limit = number(sign.expected["threshold"])
    if sign.expected.get("per") == Per.DAY:
        day = date_format(timezone.localtime(sign.first_hour), _("j F"))
        return _("{n} on {day}; the limit is {limit} a day.").format(n=number(sign.seen["count"]), day=day, limit=limit)
    return _("{n} in the hour from {time}; the limit is {limit} an hour.").format(
        n=number(sign.seen["count"]), limit=limit, time=_clock(sign.first_hour)["time"]
    )


def _of_author(sign: AlertSign) -> str:
    said = _("{author} spoke in the hour from {time}.").format(
        author=sign.seen.get("author", ""), time=_clock(sign.first_hour)["time"]
    )
    if sign.item is None:
        return said
    text = " ".join(f"{sign.item.title} {sign.item.text}".split())
    return f"{said} {_('“{text}”').format(text=Truncator(text).chars(_TEXT_SHOWN))}"


def _clock(hour: datetime) -> dict[str, str]:
    local = timezone.localtime(hour)
    return {"time": date_format(local, "H:i"), "weekday": date_format(local, "l")}


def number(value: float) -> str:
    return number_format(value, use_l10n=True, force_grouping=True).replace("\u00a0", "\u202f")


def decimal(value: float) -> str:
    """With a true minus, as beside other figures."""
    return number_format(round(value, 2), decimal_pos=2, use_l10n=True).replace("-", "−")
