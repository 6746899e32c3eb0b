"""The shipped prior: for each task how each feature weighs; read once, when it is first asked for.

Spam and toxicity were trained on free sets (docs/reference/text-models.md); for tone no free set exists, so that its
score is a sum of listed words and signs.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.features import Features, features_of, shape_names
from parvis.core.text.classify.hashing import BITS, Floats, sums_of_rows
from parvis.core.text.classify.logistic import sigmoid
from parvis.core.text.classify.vectors import TABLE_BITS, TABLE_SIZE, Background, Sparse, Vectors, vectors_of

TRAINED_TASKS = ("spam", "toxicity")
TONE = "sentiment"
TASKS = (*TRAINED_TASKS, TONE)
CLASSES = {"spam": ("ham", "spam"), "toxicity": ("ok", "toxic"), TONE: ("negative", "neutral", "positive")}
_MODEL = Path(__file__).with_name("prior.npz")
_MOST_BYTE = 255
_TONE_SLOPE, _TONE_EDGE = 3.0, 0.3
_TONE_WEIGHTS = {
    "sentiment.balance": 1.0,
    "glad signs": 0.6,
    "sad signs": -0.6,
    "toxicity.insult": -0.3,
    "toxicity.crude": -0.2,
    "sentiment.not": -0.2,
    "exclamations": 0.05,
}


class TaskWeights(NamedTuple):
    run_weights: NDArray[np.float32]
    word_weights: NDArray[np.float32]
    shape_weights: Floats
    bias: float


class Prior(NamedTuple):
    background: Background
    weights: dict[str, TaskWeights]

    def log_odds(self, vectors: Vectors, task: str) -> Floats:
        weights = self.weights[task]
        return (
            _product(vectors.runs, weights.run_weights)
            + _product(vectors.words, weights.word_weights)
            + vectors.shapes @ weights.shape_weights
            + weights.bias
        )

    def evidence(self, features: Features, vectors: Vectors, task: str) -> Floats:
        """One column a class that has evidence: log-odds of the positive one, or of negative and of positive tone."""
        if task != TONE:
            return self.log_odds(vectors, task)[:, None]
        tone = tone_of(features.shapes)
        return np.stack([-_TONE_SLOPE * (tone + _TONE_EDGE), _TONE_SLOPE * (tone - _TONE_EDGE)], axis=1)

    def slope(self, features: Features, vectors: Vectors, task: str, mean: Floats) -> TaskWeights:
        """Of one text: what each feature adds to `mean @ evidence`; of shapes, what each one of them has added."""
        if task != TONE:
            weights = self.weights[task]
            scale = float(mean[0])
            shapes = scale * vectors.shapes[0] * weights.shape_weights
            return TaskWeights(scale * weights.run_weights, scale * weights.word_weights, shapes, scale * weights.bias)
        nothing = np.zeros(TABLE_SIZE, np.float32)
        shapes = _TONE_SLOPE * float(mean[1] - mean[0]) * features.shapes[0] * _tone_weights()
        return TaskWeights(nothing, nothing, shapes, -_TONE_SLOPE * _TONE_EDGE * float(mean.sum()))

    def shares(self, features: Features, vectors: Vectors, task: str) -> Floats:
        """One column a class of CLASSES[task]; each row sums to 1."""
        evidence = sigmoid(self.evidence(features, vectors, task))
        if task != TONE:
            return np.concatenate([1 - evidence, evidence], axis=1)
        blame, praise = evidence[:, 0], evidence[:, 1]
        return np.stack([blame, np.maximum(1 - blame - praise, 0.0), praise], axis=1)


def scores_of(shares: Floats, task: str) -> Floats:
    """One number a text, 0 to 1: how likely spam, or toxic; of tone from blame over neither to praise."""
    return shares[:, 2] + shares[:, 1] / 2 if task == TONE else shares[:, 1]


def tone_of(shapes: Floats) -> Floats:
    """Below 0 blame, above 0 praise."""
    return shapes @ _tone_weights()


@cache
def _tone_weights() -> Floats:
    names = shape_names()
    weights = np.zeros(len(names))
    for name, weight in _TONE_WEIGHTS.items():
        weights[names.index(name)] = weight
    return weights


def _product(rows: Sparse, weights: NDArray[np.float32]) -> Floats:
    return sums_of_rows(rows.starts, rows.values * weights[rows.ids >> (BITS - TABLE_BITS)])


@cache
def shipped() -> Prior:
    with np.load(_MODEL) as kept:
        return unpacked({name: kept[name] for name in kept.files})


def vectors_and_features(texts: Sequence[str], languages: Sequence[str] | None = None) -> tuple[Features, Vectors]:
    features = features_of(texts, languages=languages)
    return features, vectors_of(features, shipped().background)


def packed(prior: Prior) -> dict[str, NDArray[Any]]:
    """Rarities as whole numbers of 8 bits with their step, weights in half precision."""
    arrays: dict[str, NDArray[Any]] = {
        "shape_means": prior.background.shape_means,
        "shape_deviations": prior.background.shape_deviations,
    }
    for name, rarity in (("run_rarity", prior.background.run_rarity), ("word_rarity", prior.background.word_rarity)):
        step = float(rarity.max()) / _MOST_BYTE
        arrays[name], arrays[f"{name}.step"] = np.rint(rarity / step).astype(np.uint8), np.array(step)
    for task, weights in prior.weights.items():
        arrays[f"{task}.runs"] = weights.run_weights.astype(np.float16)
        arrays[f"{task}.words"] = weights.word_weights.astype(np.float16)
        arrays[f"{task}.shapes"] = np.append(weights.shape_weights, weights.bias)
    return arrays


def unpacked(arrays: dict[str, NDArray[Any]]) -> Prior:
    background = Background(
        arrays["run_rarity"].astype(np.float32) * np.float32(arrays["run_rarity.step"]),
        arrays["word_rarity"].astype(np.float32) * np.float32(arrays["word_rarity.step"]),
        arrays["shape_means"],
        arrays["shape_deviations"],
    )
    shapes = {name.removesuffix(".shapes"): kept for name, kept in arrays.items() if name.endswith(".shapes")}
    weights = {
        task: TaskWeights(
            arrays[f"{task}.runs"].astype(np.float32), arrays[f"{task}.words"].astype(np.float32),
            kept[:-1], float(kept[-1]),
        )
        for task, kept in shapes.items()
    }  # fmt: skip
    return Prior(background, weights)
