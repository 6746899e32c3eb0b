"""Why a verdict: which words and shapes weighed, what would change it, and the nearest earlier decisions.

A score is a sum, so that each feature's part in it is known. Runs of characters give their part to the words that they
touch.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from parvis.core.text.classify.features import LONGEST_RUN, MOST_CHARS, SHORTEST_RUN, shape_names
from parvis.core.text.classify.hashing import SPACE, Floats, Numbers, Rows, letters_of, numbers_of, pairs, runs, words
from parvis.core.text.classify.learner import Learner
from parvis.core.text.classify.lexicon import categories, lexicon_of
from parvis.core.text.classify.parts import Outcome, Verdict
from parvis.core.text.normalise import folded_text, words_of

MOST_WORDS = 8
MOST_SHAPES = 5
MOST_NEAREST = 3
MOST_LEFT_OUT = 5
LEAST_WEIGHT = 0.02
LEAST_LIKENESS = 0.15


class Weight(NamedTuple):
    what: str
    """A folded word, or the name of a shape; see `shape_words.shape_text`."""
    weight: float
    """In log-odds; above 0 it speaks for the label explained."""


class Near(NamedTuple):
    key: str
    label: str
    likeness: float
    """1 is the same text."""


class Explanation(NamedTuple):
    verdict: Verdict
    label: str
    """For which the weights speak."""
    words: tuple[Weight, ...]
    shapes: tuple[Weight, ...]
    without: tuple[str, ...]
    """With these words left out, what is proposed would be another; empty where no few words decide it."""
    nearest: tuple[Near, ...]


def explain(learner: Learner, text: str) -> Explanation:
    verdict = learner.judge([text])[0]
    label = learner.positive if len(learner.labels) == 2 else verdict.label
    parts = learner.parts(text, label)
    folded = f" {' '.join(folded_text(text[:MOST_CHARS]).split())} "
    by_shape = dict(zip(shape_names(), parts.shape_weights.tolist(), strict=True))
    by_word = _by_word(folded, parts.runs, parts.run_weights, parts.words, parts.word_weights)
    _give_to_listed_words(folded.split(), verdict.language, by_shape, by_word)
    shapes = _strongest(by_shape, MOST_SHAPES)
    towards = {word: weight if verdict.label == label else -weight for word, weight in by_word.items()}
    return Explanation(
        verdict, label, _strongest(by_word, MOST_WORDS), shapes, _without(learner, text, verdict, towards),
        nearest(learner, text),
    )  # fmt: skip


def nearest(learner: Learner, text: str, *, count: int = MOST_NEAREST) -> tuple[Near, ...]:
    """Of the decisions that are held."""
    if not learner.decisions:
        return ()
    likeness = learner.memory.likeness_to(learner.held(text))
    order = np.argsort(-likeness, kind="stable")[:count].tolist()
    decisions = [(learner.decisions[place], float(likeness[place])) for place in order]
    return tuple(Near(found.key, found.label, round(near, 3)) for found, near in decisions if near >= LEAST_LIKENESS)


def _by_word(
    folded: str, run_rows: Rows, run_weights: Floats, word_rows: Rows, word_weights: Floats
) -> dict[str, float]:
    in_order = folded.split()
    if not in_order:
        return {}
    letters = letters_of([folded])
    word_at = np.cumsum((letters.codes != SPACE) & (np.roll(letters.codes, 1) == SPACE)) - 1
    given = np.zeros(len(in_order))
    for length, (_, hashed) in zip(
        range(SHORTEST_RUN, LONGEST_RUN + 1), runs(letters, SHORTEST_RUN, LONGEST_RUN), strict=False
    ):
        each = _each(run_rows, run_weights, numbers_of(hashed))
        for offset in range(length):
            touched = word_at[offset : offset + len(each)]
            np.add.at(given, np.clip(touched, 0, None), each / length)
    owners, hashed = words(letters)
    given += _each(word_rows, word_weights, numbers_of(hashed))
    halves = _each(word_rows, word_weights, numbers_of(pairs(owners, hashed)[1])) / 2
    given[:-1] += halves
    given[1:] += halves
    total: dict[str, float] = {}
    for word, weight in zip(in_order, given.tolist(), strict=True):
        total[word] = total.get(word, 0.0) + weight
    return total


def _give_to_listed_words(
    in_order: Sequence[str], language: str, by_shape: dict[str, float], by_word: dict[str, float]
) -> None:
    """What a category of listed words weighed is due to those of them that are there."""
    names = categories()
    found: dict[str, set[str]] = {}
    for place, numbers in lexicon_of(language).found_in(in_order):
        for number in numbers:
            found.setdefault(names[number], set()).add(in_order[place])
    for category, listed in found.items():
        weight = by_shape.pop(category)
        for word in sorted(listed):
            by_word[word] += weight / len(listed)


def _each(rows: Rows, weights: Floats, numbers: Numbers) -> Floats:
    """The weight of each occurrence: that of its feature, shared by all that it has."""
    places = np.searchsorted(rows.ids, numbers)
    shared: Floats = weights[places] / np.bincount(places, minlength=len(weights))[places]
    return shared


def _strongest(weights: dict[str, float], most: int) -> tuple[Weight, ...]:
    ordered = sorted(weights.items(), key=lambda item: -abs(item[1]))[:most]
    return tuple(Weight(what, round(weight, 3)) for what, weight in ordered if abs(weight) >= LEAST_WEIGHT)


def _without(learner: Learner, text: str, verdict: Verdict, towards: dict[str, float]) -> tuple[str, ...]:
    """The fewest of the words that spoke for the verdict, strongest first, without which it would be another."""
    left_out: list[str] = []
    for word in sorted(towards, key=lambda word: -towards[word])[:MOST_LEFT_OUT]:
        if towards[word] <= 0:
            break
        left_out.append(word)
        rest = _left(text, left_out)
        if not rest.strip():
            break
        other = learner.judge([rest])[0]
        if other.label != verdict.label or (
            verdict.outcome is not Outcome.ASK and other.outcome is not verdict.outcome
        ):
            return tuple(left_out)
    return ()


def _left(text: str, left_out: Sequence[str]) -> str:
    return " ".join(piece for piece in text.split() if not set(words_of(piece)) & set(left_out))
