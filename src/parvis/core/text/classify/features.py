"""What a text is judged by: runs of 2 to 5 characters, words and pairs of words, both folded; shapes; listed words."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from parvis.core.text.classify.hashing import Floats, Rows, counted, letters_of, numbers_of, pairs, runs, words
from parvis.core.text.classify.lexicon import categories, lexicon_of
from parvis.core.text.classify.signs import SIGN_NAMES, signs_of
from parvis.core.text.language import identify
from parvis.core.text.normalise import folded_text

SHORTEST_RUN, LONGEST_RUN = 2, 5
MOST_CHARS = 4_000
"""What comes after them is not looked at."""
NEGATION_REACH = 3
"""Words after a "not" that it may turn."""


class Features(NamedTuple):
    runs: Rows
    words: Rows
    shapes: Floats
    """One row a text, one column a name of `shape_names()`."""
    languages: tuple[str, ...]
    word_counts: Sequence[int]

    @property
    def row_count(self) -> int:
        return len(self.languages)


@cache
def shape_names() -> tuple[str, ...]:
    return (*SIGN_NAMES, *categories(), "sentiment.balance", "words", "repeated words")


def features_of(texts: Sequence[str], *, languages: Sequence[str] | None = None) -> Features:
    """`languages`: where they are known already."""
    cut = [text if len(text) <= MOST_CHARS else text[:MOST_CHARS] for text in texts]
    known = tuple(guess.language for guess in identify(cut)) if languages is None else tuple(languages)
    split = [folded_text(text).split() for text in cut]
    letters = letters_of([f" {' '.join(text_words)} " for text_words in split])
    found = runs(letters, SHORTEST_RUN, LONGEST_RUN)
    run_rows = counted([owners for owners, _ in found], [numbers_of(hashed) for _, hashed in found], len(cut))
    owners, hashed = words(letters)
    pair_owners, pair_hashes = pairs(owners, hashed)
    word_rows = counted([owners, pair_owners], [numbers_of(hashed), numbers_of(pair_hashes)], len(cut))
    listed = np.array([_listed(text_words, language) for text_words, language in zip(split, known, strict=True)])
    shapes = np.concatenate([signs_of(cut), listed.reshape(len(cut), -1)], axis=1)
    return Features(run_rows, word_rows, shapes, known, [len(text_words) for text_words in split])


def _listed(words_in_order: Sequence[str], language: str) -> list[float]:
    """By category the logarithm of how many words there are; then the balance of praise and blame, and the length."""
    places = _places()
    counts = [0.0] * len(places)
    balance, last_not = 0.0, -NEGATION_REACH - 1
    for place, found in lexicon_of(language).found_in(words_in_order):
        is_turned = place - last_not <= NEGATION_REACH
        for category in found:
            if category == places["sentiment.not"]:
                last_not = place
            elif category == places["sentiment.positive"]:
                balance += -0.7 if is_turned else 1.0
            elif category == places["sentiment.negative"]:
                balance += 0.3 if is_turned else -1.0
            counts[category] += 1.0
    count = len(words_in_order)
    repeated = 1 - len(set(words_in_order)) / count if count else 0.0
    return [*np.log1p(counts).tolist(), balance / (1 + abs(balance)), float(np.log1p(count)) / 2, repeated]


@cache
def _places() -> dict[str, int]:
    return {category: place for place, category in enumerate(categories())}
