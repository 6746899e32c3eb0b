"""Which of a house's labels the prior speaks of, by their names."""

from collections.abc import Sequence

import numpy as np

from parvis.core.text.classify.hashing import Floats
from parvis.core.text.classify.prior import TONE

_BAD = frozenset({
    "1", "1.0", "true", "yes", "y", "oui", "ja", "si", "spam", "junk", "toxic", "toxique", "toxisch", "tossico",
    "offensive", "off", "hate", "hateful", "aggressive", "abusive", "insult", "reject", "rejected", "refused",
    "refuse", "hold", "held", "hide", "hidden", "delete", "deleted", "bad", "remove", "removed", "positive",
})  # fmt: skip
_FINE = frozenset({
    "0", "0.0", "false", "no", "n", "non", "nein", "ham", "ok", "fine", "clean", "good", "accept", "accepted",
    "approve", "approved", "publish", "not", "normal", "none", "other", "legit", "nag", "neutral", "negative",
    "not_spam", "not_toxic", "notspam", "nontoxic",
})  # fmt: skip
_PRAISE = frozenset({
    "2", "2.0", "positive", "positif", "positiv", "positivo", "pos", "p", "+", "praise", "good", "1", "1.0", "true",
    "yes",
})  # fmt: skip
_BLAME = frozenset({
    "0", "0.0", "-1", "negative", "negatif", "negativ", "negativo", "neg", "n", "-", "blame", "bad", "false", "no",
})  # fmt: skip
_NEITHER = frozenset({
    "neutral", "neutre", "neutro", "neu", "0", "0.0", "none", "mixed", "other",
})  # fmt: skip


def evidence_of_labels(task: str, labels: Sequence[str]) -> Floats:
    """By label (row) how each column of the prior's evidence speaks for it; 0 where its name says nothing."""
    names = [label.strip().casefold() for label in labels]
    return _of_tone(names) if task == TONE else _of_two(names)


def positive_of(labels: Sequence[str]) -> str:
    """The label that the prior's evidence speaks for, by its name; the last one where no name says so."""
    return next((label for label in labels if label.strip().casefold() in _BAD), labels[-1])


def _of_two(names: Sequence[str]) -> Floats:
    if len(names) == 2 and sum(name in _BAD for name in names) == 1:
        return np.array([[1.0 if name in _BAD else -1.0] for name in names])
    if len(names) == 2 and sum(name in _FINE for name in names) == 1:
        return np.array([[-1.0 if name in _FINE else 1.0] for name in names])
    return np.zeros((len(names), 1))


def _of_tone(names: Sequence[str]) -> Floats:
    """Columns: blame, praise."""
    slopes = np.zeros((len(names), 2))
    if len(names) == 3 and set(names) <= {"-1", "0", "1", "0.0", "1.0", "-1.0"} and {"-1", "-1.0"} & set(names):
        order = {"-1": (1, 0), "-1.0": (1, 0), "0": (-0.5, -0.5), "0.0": (-0.5, -0.5), "1": (0, 1), "1.0": (0, 1)}
        return np.array([order[name] for name in names], dtype=np.float64)
    if len(names) == 3 and set(names) <= {"0", "1", "2", "0.0", "1.0", "2.0"}:
        by_number = {0: (1.0, 0.0), 1: (-0.5, -0.5), 2: (0.0, 1.0)}
        return np.array([by_number[int(float(name))] for name in names])
    for row, name in enumerate(names):
        if name in _NEITHER and len(names) > 2:
            slopes[row] = -0.5
        elif name in _BLAME:
            slopes[row] = (0.5, -0.5) if len(names) == 2 else (1.0, 0.0)
        elif name in _PRAISE:
            slopes[row] = (-0.5, 0.5) if len(names) == 2 else (0.0, 1.0)
    return slopes
