"""Alerts as people read them: what happened, why it rang, who looks after it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from parvis.listening.alerts.explaining import sentence_of, severity_words, title_of
from parvis.listening.models import AlertEpisode, AlertSign, EpisodeJudgement, Severity

_TONES = {Severity.LOW: "waits", Severity.MEDIUM: "waits", Severity.HIGH: "harm"}


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    episode: AlertEpisode
    title: str
    sentences: list[str]
    """One for each rule that rang."""
    severity: str
    tone: str
    """Of its colour."""
    judgement: str
    """"" while nobody has said what it was."""


def episode_line(episode: AlertEpisode) -> EpisodeLine:
    signs: list[AlertSign] = list(episode.signs.all())
    return EpisodeLine(
        episode=episode,
        title=title_of(signs[0], episode.query.name) if signs else episode.query.name,
        sentences=list(dict.fromkeys(_with_query(sign, episode) for sign in signs)),
        severity=severity_words(episode.severity),
        tone=_TONES[Severity(episode.severity)],
        judgement=judgement_words(episode.judgement),
    )


def episode_lines(episodes: Iterable[AlertEpisode]) -> list[EpisodeLine]:
    return [episode_line(episode) for episode in episodes]


def judgement_words(judgement: str) -> str:
    if judgement == EpisodeJudgement.REAL:
        return _("a real event")
    return _("this was nothing") if judgement == EpisodeJudgement.NOTHING else ""


def _with_query(sign: AlertSign, episode: AlertEpisode) -> str:
    """A query that joined is named."""
    said = sentence_of(sign)
    return said if sign.query_id == episode.query_id else f"{sign.query.name} – {said}"
