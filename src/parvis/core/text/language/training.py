"""Making the language model from texts whose language is known. One pass; the same texts give the same model."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from parvis.core.text.classify.hashing import Floats
from parvis.core.text.language.letters import BITS, bare, features_of
from parvis.core.text.language.model import STEPS, LanguageModel

SMOOTHING = 0.05
BACKGROUND_SHARE = 0.25
BATCH = 2_000
_MOST = 127


def trained(rows: Iterable[tuple[str, str]]) -> LanguageModel:
    """From (text, language)."""
    by_language: dict[str, list[str]] = {}
    for text, language in rows:
        if bared := bare(text):
            by_language.setdefault(language, []).append(bared)
    languages = tuple(sorted(by_language))
    counts = np.stack([_counts(by_language[language]) for language in languages])
    return LanguageModel(languages, _table(counts))


def _counts(bared: Sequence[str]) -> Floats:
    total = np.zeros(1 << BITS)
    for start in range(0, len(bared), BATCH):
        keys = [owners << BITS | numbers for owners, numbers in features_of(bared[start : start + BATCH])]
        once = np.unique(np.concatenate(keys)) & ((1 << BITS) - 1)
        total += np.bincount(once, minlength=1 << BITS)
    return total


def _table(counts: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    """Log-likelihoods less their mean over all languages, in steps: what all have in common tells nothing."""
    shares = (counts + SMOOTHING) / (counts.sum(axis=1, keepdims=True) + SMOOTHING * counts.shape[1])
    logs = np.log(shares)
    centred = (logs - logs.mean(axis=0)).T * STEPS
    return np.ascontiguousarray(np.clip(np.rint(centred), -_MOST, _MOST).astype(np.int8))


def write(model: LanguageModel, path: Path) -> None:
    np.savez_compressed(path, languages=np.array(model.languages), table=model.table)


def accuracy(model: LanguageModel, rows: Sequence[tuple[str, str]]) -> Mapping[str, tuple[int, float, float]]:
    """By language: how many texts, the share named rightly, and the share where nothing was said."""
    guesses = model.identify([text for text, _ in rows])
    found: dict[str, list[str]] = {}
    for (_, language), guess in zip(rows, guesses, strict=True):
        found.setdefault(language, []).append(guess.language)
    return {
        language: (len(said), said.count(language) / len(said), said.count("") / len(said))
        for language, said in sorted(found.items())
    }
