"""A side's figures for the page: each a text with a link to the items that it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from parvis.listening.models import Annotation, SavedQuery
from parvis.listening.reputation.figures import Figures, Tally
from parvis.listening.reputation.periods import Period
from parvis.listening.reputation.tops import Origin, Top
from parvis.web.screens.listen import reputation_words as words
from parvis.web.screens.listen.lines import cut_title
from parvis.web.screens.listen.reputation_addresses import items_url
from parvis.web.screens.listen.reputation_charts import chart
from parvis.web.templatetags.parvis import number


@dataclass(frozen=True, slots=True)
class Figure:
    """`count` items are at `url`."""

    text: str
    url: str
    count: int
    range: str = ""
    """How sure, in words."""


@dataclass(frozen=True, slots=True)
class Change:
    """Against the period before."""

    of: str
    figure: Figure
    is_sure: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class SideLine:
    query: SavedQuery
    label: str
    items: Figure
    share: Figure | None
    tone: Figure | None
    """None: of no item is it known; as with reach."""
    reach: Figure | None
    before: Figure
    changes: list[Change]
    chart: SafeString


@dataclass(frozen=True, slots=True)
class TopLine:
    name: str
    figure: Figure
    story: int | None = None
    """A story has a page of its own."""


def side_line(
    figures: Figures, query: SavedQuery, label: str, *, top: int, annotations: Sequence[Annotation]
) -> SideLine:
    now, period = figures.now, figures.period
    every = items_url(query.pk, period.begins, period.ends)
    before = items_url(query.pk, period.before.begins, period.before.ends)
    share = None
    if figures.share is not None:
        shown = words.share_range(figures.share.interval)
        share = Figure(words.percent(figures.share.value), every, now.count, shown)
    return SideLine(
        query=query,
        label=label,
        items=Figure(number(now.count), every, now.count),
        share=share,
        tone=_tone(figures, now, period),
        reach=_reach(figures, now, period),
        before=Figure(words.items(figures.before.count), before, figures.before.count),
        changes=_changes(figures, every),
        chart=chart(figures, label, top=top, annotations=annotations),
    )


def _tone(figures: Figures, tally: Tally, period: Period) -> Figure | None:
    mean = tally.tone.mean
    if mean is None:
        return None
    url = items_url(figures.query_id, period.begins, period.ends, known="tone")
    told = words.known(tally.tone.count, tally.count)
    return Figure(words.tone(mean), url, tally.tone.count, f"{words.tone_range(figures.tone_interval)}, {told}")


def _reach(figures: Figures, tally: Tally, period: Period) -> Figure | None:
    if tally.reach is None:
        return None
    url = items_url(figures.query_id, period.begins, period.ends, known="reach")
    return Figure(number(tally.reach), url, tally.reach_count, words.known(tally.reach_count, tally.count))


def _changes(figures: Figures, every: str) -> list[Change]:
    found = []
    count = figures.now.count
    if figures.change is not None:
        text, is_sure = words.count_change(figures.change), figures.change.is_more_than_chance
        found.append(_change(pgettext("reputation", "Items"), Figure(text, every, count), is_sure=is_sure))
    if (text := words.share_change(figures)) and figures.share_moved is not None:
        is_sure = words.is_more_than_chance(figures.share_moved)
        found.append(_change(_("Share"), Figure(text, every, count), is_sure=is_sure))
    if (text := words.tone_change(figures)) and figures.tone_moved is not None:
        url = items_url(figures.query_id, figures.period.begins, figures.period.ends, known="tone")
        is_sure = words.is_more_than_chance(figures.tone_moved)
        found.append(_change(_("Tone"), Figure(text, url, figures.now.tone.count), is_sure=is_sure))
    return found


def _change(of: str, figure: Figure, *, is_sure: bool) -> Change:
    return Change(of, figure, is_sure, words.verdict(is_sure=is_sure))


def top_lines(query_id: int, period: Period, tops: Mapping[Origin, Sequence[Top]]) -> dict[str, list[TopLine]]:
    """By kind: "channel", "profile", "story"."""
    return {
        origin.value: [
            TopLine(
                top_name(origin, one.name, one.text),
                Figure(
                    number(one.count), items_url(query_id, period.begins, period.ends, **{origin.value: one.key}),
                    one.count,
                ),
                one.key if origin == Origin.STORY and (one.name or one.text) else None,
            )
            for one in found
        ]
        for origin, found in tops.items()
    }  # fmt: skip


def top_name(origin: Origin, name: str, text: str) -> str:
    if origin == Origin.STORY:
        return cut_title(name, text) if name or text else _("A story that began where you do not look")
    return name or _("Somebody unnamed")
