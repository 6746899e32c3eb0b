"""Naive Bayes over hashed runs of characters and words: which language makes this text most likely, and how surely.

A few dozen texts are enough for a language to take part, which matters for the small ones. The likelihoods of runs that
overlap are not independent, so the sum is tempered by the length before it is read as a probability.
"""

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.hashing import Floats
from parvis.core.text.language.letters import bare, features_of
from parvis.core.text.language.scripts import LANGUAGES as BY_SCRIPT
from parvis.core.text.language.scripts import language_by_script

UNKNOWN = ""
SURE_FROM = 0.55
"""Below this share nothing is said."""
FOREIGN_FROM = 0.9
"""From this share another language than the house's is believed."""
LEAST_LETTERS = 3
STEPS = 16
"""The table holds whole numbers: so many are one unit of log-likelihood."""
_TEMPER, _TEMPER_POWER = 0.75, 0.55
_MODEL = Path(__file__).with_name("model.npz")


class Guess(NamedTuple):
    language: str
    """ISO 639; "" where it is not known."""
    share: float
    """How sure, 0 to 1, of the languages that were asked about."""


class LanguageModel(NamedTuple):
    languages: tuple[str, ...]
    table: NDArray[np.int8]
    """One row a feature, one column a language: by how much it is likelier there than in the mean."""

    def identify(self, texts: Sequence[str], *, languages: Collection[str] | None = None) -> list[Guess]:
        """`languages`: the house's own; what is clearly none of them is unknown."""
        bared = [bare(text) for text in texts]
        guesses: list[Guess | None] = [self._at_sight(text, languages) for text in bared]
        open_places = [place for place, guess in enumerate(guesses) if guess is None]
        if open_places:
            sums, counts = self._sums([bared[place] for place in open_places])
            for place, guess in zip(open_places, self._guesses(sums, counts, languages), strict=True):
                guesses[place] = guess
        return [guess for guess in guesses if guess is not None]

    def _at_sight(self, bared: str, languages: Collection[str] | None) -> Guess | None:
        if len(bared) - 2 < LEAST_LETTERS:
            return Guess(language_by_script(bared) or UNKNOWN, 0.0) if not bared.isascii() else Guess(UNKNOWN, 0.0)
        if (language := language_by_script(bared)) is None:
            return None
        return Guess(language, 1.0) if languages is None or language in languages else Guess(UNKNOWN, 0.0)

    def _sums(self, bared: Sequence[str]) -> tuple[Floats, Floats]:
        """Of each text the sums of its features' rows, and how many features it has."""
        if len(bared) == 1:
            numbers = np.concatenate([numbers for _, numbers in features_of(bared)])
            return self.table[numbers].sum(axis=0, dtype=np.float64)[None], np.array([float(len(numbers))])
        sums, counts = np.zeros((len(bared), len(self.languages))), np.zeros(len(bared))
        for owners, numbers in features_of(bared):
            starts = np.flatnonzero(np.diff(owners, prepend=-1))
            if len(starts):
                full = owners[starts]
                sums[full] += np.add.reduceat(self.table[numbers], starts, axis=0, dtype=np.int32)
                counts[full] += np.diff(starts, append=len(owners))
        return sums, counts

    def _guesses(self, sums: Floats, counts: Floats, languages: Collection[str] | None) -> list[Guess]:
        tempered = sums * (_TEMPER / STEPS * np.maximum(counts, 1.0) ** (_TEMPER_POWER - 1))[:, None]
        shares = shares_of(tempered)
        if languages is not None:
            own = np.array([language in languages for language in self.languages])
            if not own.any():
                return [Guess(UNKNOWN, 0.0)] * len(sums)
            is_foreign = shares[:, ~own].max(axis=1, initial=0.0) >= FOREIGN_FROM
            shares = shares_of(np.where(own, tempered, -np.inf))
            shares[is_foreign] = 0.0
        best = shares.argmax(axis=1)
        tops = shares[np.arange(len(best)), best]
        return [
            Guess(self.languages[place] if share >= SURE_FROM else UNKNOWN, float(share))
            for place, share in zip(best.tolist(), tops.tolist(), strict=True)
        ]


def shares_of(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


@cache
def shipped() -> LanguageModel:
    """Read when it is first asked for."""
    with np.load(_MODEL) as kept:
        return LanguageModel(tuple(kept["languages"].tolist()), kept["table"])


def identify(texts: Sequence[str], *, languages: Collection[str] | None = None) -> list[Guess]:
    return shipped().identify(texts, languages=languages)


def languages_known() -> frozenset[str]:
    return frozenset(shipped().languages) | BY_SCRIPT
