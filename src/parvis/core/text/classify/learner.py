"""A learner: starts as the shipped prior and learns from each decision of the house at once.

Between fits a decision pulls by one step; fits come at growing intervals and read everything that is held. What it says
is calibrated on folds that had not seen the text, grouped by author or story where that is known.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.calibration import Curve, Thresholds, curve_through, folds_of, level_of, thresholds_of
from parvis.core.text.classify.features import Features
from parvis.core.text.classify.fitting import Manner, Table, fitted, out_of_fold
from parvis.core.text.classify.hashing import BITS, Floats
from parvis.core.text.classify.labels import evidence_of_labels
from parvis.core.text.classify.local import LEAST_LOCAL, levelled, local_table, rarity_here, reach
from parvis.core.text.classify.logistic import sigmoid
from parvis.core.text.classify.manners import best_manner
from parvis.core.text.classify.memory import SIZE, Held, Memory, Weights, clipped_evidence, held_rows, stretched
from parvis.core.text.classify.parts import Base, Decision, Model, Outcome, Parts, Verdict, product, squared
from parvis.core.text.classify.prior import shipped, vectors_and_features
from parvis.core.text.classify.vectors import TABLE_BITS, Vectors

LEAST_DECISIONS = 50
"""Below, it decides nothing alone."""
LEAST_WORDS = 3
LEAST_OF_A_LANGUAGE = 10
MOST_HELD = 2_000
"""Beyond it the oldest are no longer fitted: what they had taught stays, as it was last fitted."""
MOST_AT_ONCE = 1_000
"""Of many decisions: a fit lies between so many, so that none is forgotten unread."""
_PRIOR_MEAN, _PRIOR_DECISIONS = 0.5, 50
"""How much of the prior's log-odds is taken for granted, and after how many decisions half of that."""
_STEP = 0.3
_GROWTH = 1.15
_EVERY_BELOW = 10
_LEAST_OF_A_LABEL = 5


class Learner:
    """`positive`: the label that is held; the other one is accepted. Only of two labels one can act alone."""

    def __init__(self, task: str, labels: Sequence[str], *, positive: str | None = None) -> None:
        self.task = task
        self.labels = tuple(labels)
        self.positive = positive if positive is not None else self.labels[-1]
        self.decisions: list[Decision] = []
        self.memory = Memory()
        self.models: tuple[Model, ...] = ()
        self.bases: tuple[Base, ...] = ()
        self.seen: Weights | None = None
        """By feature how much its square counts: 1 where a decision had it, or as it is rare here; 0 where none had it."""
        self.thresholds = Thresholds(None, None)
        self.fitted_count = 0
        self.prior_mean = 1.0
        """How much of the prior's log-odds is taken for granted: all of it before the first fit."""
        self._slopes = evidence_of_labels(task, self.labels)

    def learn(self, text: str, label: str, *, key: str = "", group: str = "") -> None:
        self.learn_many([text], [label], keys=[key], groups=[group])

    def learn_many(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        keys: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
    ) -> None:
        """Raises ValueError for a label that is none of its own."""
        if unknown := set(labels) - set(self.labels):
            raise ValueError(f"labels not known here: {sorted(unknown)}")
        decisions = [
            (text, label, keys[place] if keys else "", groups[place] if groups else "")
            for place, (text, label) in enumerate(zip(texts, labels, strict=True))
        ]
        for start in range(0, len(decisions), MOST_AT_ONCE):
            self._take(decisions[start : start + MOST_AT_ONCE])

    def _take(self, decisions: Sequence[tuple[str, str, str, str]]) -> None:
        texts, labels, keys, groups = zip(*decisions, strict=True)
        features, vectors, evidence = self._read(texts)
        rows = held_rows(vectors, evidence)
        self.memory.add(rows)
        for place, label in enumerate(labels):
            self.decisions.append(Decision(label, keys[place], groups[place], features.languages[place]))
        if len(self.decisions) >= self._next_fit():
            self.refit()
        else:
            self._pull(rows, vectors, evidence, labels)

    def refit(self) -> None:
        """From everything that is held."""
        if len(self.decisions) > MOST_HELD:
            self._forget(len(self.decisions) - MOST_HELD)
        self.fitted_count = len(self.decisions)
        places = np.array([self.labels.index(decision.label) for decision in self.decisions])
        if len(set(places.tolist())) < 2:
            self.models, self.prior_mean = (), 1.0
            return
        self.prior_mean = _PRIOR_MEAN * _PRIOR_DECISIONS / (_PRIOR_DECISIONS + self.fitted_count)
        tables = {
            False: Table(self.memory.likeness(), self.memory.shapes(), self.memory.evidence(), self.memory.stretches())
        }
        known = self.memory.known()
        local = rarity_here(self.memory, known) if len(self.decisions) >= LEAST_LOCAL else None
        if local is not None:
            tables[True] = local_table(self.memory, tables[False], local, known)
        offsets = self._offsets(tables[False].evidence)
        folds = folds_of([decision.group for decision in self.decisions], places)
        manner = best_manner(tables, places, offsets, folds)
        self.seen = reach(local if manner.is_local else None, known, before=self.seen)
        table = tables[manner.is_local]
        self.models = tuple(
            self._model(table, places == number, offsets[:, number], folds, manner, base=base)
            for number, base in zip(self._modelled(), self.bases or [None] * len(self.labels), strict=False)
        )

    def shares(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities: a row a text, a column a label."""
        _, vectors, evidence = self._read(texts)
        return self._shares(self._scores(vectors, evidence))

    def score(self, text: str) -> float:
        """Calibrated probability of the positive label."""
        return float(self.shares([text])[0, self.labels.index(self.positive)])

    def judge(self, texts: Sequence[str]) -> list[Verdict]:
        features, vectors, evidence = self._read(texts)
        scores = self._scores(vectors, evidence)
        shares = self._shares(scores)
        known = Counter(decision.language for decision in self.decisions)
        verdicts = []
        for place, row in enumerate(shares):
            language = features.languages[place]
            may_act = known[language] >= LEAST_OF_A_LANGUAGE and language and features.word_counts[place] >= LEAST_WORDS
            outcome = self._outcome(float(row[self.labels.index(self.positive)])) if may_act else Outcome.ASK
            label = self.labels[int(scores[place].argmax())]
            verdicts.append(Verdict(label, dict(zip(self.labels, row.tolist(), strict=True)), outcome, language))
        return verdicts

    def held(self, text: str) -> Held:
        """A text as it would be held."""
        _, vectors, evidence = self._read([text])
        return held_rows(vectors, evidence)[0]

    def parts(self, text: str, label: str) -> Parts:
        features, vectors, _ = self._read([text])
        number = self.labels.index(label)
        is_mirrored = len(self.labels) == 2 and number == 0
        modelled = 0 if len(self.labels) == 2 else number
        mean = self._slopes[1 if is_mirrored else number] * self.prior_mean
        run_weights, word_weights = np.zeros(len(features.runs.ids)), np.zeros(len(features.words.ids))
        shape_weights = np.zeros(features.shapes.shape[1])
        if self.models:
            model = self.models[modelled]
            stretch = float(self._stretches(vectors)[0])
            run_weights += stretch * model.spread[:SIZE][features.runs.ids]
            word_weights += stretch * model.spread[SIZE:][features.words.ids]
            shape_weights += vectors.shapes[0] * model.shapes
            mean = mean + model.evidence
        slope = shipped().slope(features, vectors, self.task, mean)
        run_weights = vectors.runs.values * (run_weights + slope.run_weights[features.runs.ids >> (BITS - TABLE_BITS)])
        word_weights = vectors.words.values * (
            word_weights + slope.word_weights[features.words.ids >> (BITS - TABLE_BITS)]
        )
        sign = -1.0 if is_mirrored else 1.0
        return Parts(
            features.runs, sign * run_weights, features.words, sign * word_weights,
            sign * (shape_weights + slope.shape_weights),
        )  # fmt: skip

    def take_fit(
        self,
        models: tuple[Model, ...],
        thresholds: Thresholds,
        fitted_count: int,
        *,
        bases: tuple[Base, ...],
        seen: Weights | None,
        prior_mean: float,
    ) -> None:
        """As it was kept."""
        self.models, self.bases, self.seen = models, bases, seen
        self.thresholds, self.fitted_count, self.prior_mean = thresholds, fitted_count, prior_mean

    def _outcome(self, share: float) -> Outcome:
        if len(self.decisions) < LEAST_DECISIONS or len(self.labels) != 2:
            return Outcome.ASK
        accept_up_to, hold_from = self.thresholds
        if hold_from is not None and share >= hold_from:
            return Outcome.HOLD
        return Outcome.ACCEPT if accept_up_to is not None and share <= accept_up_to else Outcome.ASK

    def _read(self, texts: Sequence[str]) -> tuple[Features, Vectors, Floats]:
        features, vectors = vectors_and_features(texts)
        return features, vectors, shipped().evidence(features, vectors, self.task)

    def _modelled(self) -> range:
        """One model says all of two labels."""
        return range(1, 2) if len(self.labels) == 2 else range(len(self.labels))

    def _offsets(self, evidence: Floats) -> Floats:
        """The prior's mean for each label."""
        return self.prior_mean * (evidence @ self._slopes.T)

    def _model(
        self,
        table: Table,
        labels: NDArray[np.bool_],
        offset: Floats,
        folds: NDArray[np.int64],
        manner: Manner,
        *,
        base: Base | None,
    ) -> Model:
        every = np.arange(len(labels))
        if base is not None:
            known = self.memory.products(base.spread) + table.shapes @ base.shapes + table.evidence @ base.evidence
            offset = offset + known
        shares, intercept = fitted(table.within(every, manner), labels, offset, manner.strength)
        curve = Curve(1.0, level_of(labels))
        if min(labels.sum(), (~labels).sum()) >= _LEAST_OF_A_LABEL:
            scores = out_of_fold(table, labels, offset, folds, manner)
            curve = curve_through(scores, labels)
            if len(self.labels) == 2:
                is_positive = labels if self.labels[1] == self.positive else ~labels
                likely = curve(scores) if self.labels[1] == self.positive else 1 - curve(scores)
                self.thresholds = thresholds_of(likely, is_positive)
        shapes, evidence = manner.shapes * (shares @ table.shapes), manner.evidence * (shares @ table.evidence)
        spread = self._spread(shares, manner)
        return Model(*Base(spread, shapes, evidence).plus(base), intercept, curve, shares, manner)

    def _spread(self, shares: Floats, manner: Manner) -> Weights:
        if not manner.is_local or self.seen is None:
            return self.memory.weights(shares)
        return self.seen * self.memory.weights(shares * levelled(self.memory, self.seen))

    def _scores(self, vectors: Vectors, evidence: Floats) -> Floats:
        """Log-odds of each label, both sides weighed alike."""
        clipped = clipped_evidence(evidence)
        offsets = self._offsets(clipped)
        if not self.models:
            return offsets if len(self.labels) > 2 else np.stack([-offsets[:, 1], offsets[:, 1]], axis=1)
        stretches = self._stretches(vectors)
        columns = [
            stretches * (product(vectors.runs, model.spread[:SIZE]) + product(vectors.words, model.spread[SIZE:]))
            + vectors.shapes @ model.shapes
            + clipped @ model.evidence
            + model.intercept
            + offsets[:, number]
            for model, number in zip(self.models, self._modelled(), strict=True)
        ]
        return np.stack([-columns[0], columns[0]] if len(self.labels) == 2 else columns, axis=1)

    def _stretches(self, vectors: Vectors) -> Floats:
        """What makes up for features that no decision had."""
        assert self.seen is not None
        runs, words = squared(vectors.runs), squared(vectors.words)
        return stretched(product(runs, self.seen[:SIZE]) + product(words, self.seen[SIZE:]))

    def _shares(self, scores: Floats) -> Floats:
        if len(self.labels) == 2:
            share = self.models[0].curve(scores[:, 1]) if self.models else sigmoid(scores[:, 1])
            return np.stack([1 - share, share], axis=1)
        columns = [model.curve(scores[:, number]) for number, model in enumerate(self.models)] or list(
            sigmoid(scores).T
        )
        shares = np.maximum(np.stack(columns, axis=1), 1e-6)
        normal: Floats = shares / shares.sum(axis=1, keepdims=True)
        return normal

    def _next_fit(self) -> int:
        return self.fitted_count + 1 if self.fitted_count < _EVERY_BELOW else int(self.fitted_count * _GROWTH)

    def _pull(self, rows: Sequence[Held], vectors: Vectors, evidence: Floats, labels: Sequence[str]) -> None:
        """One step for each: towards what was decided, by how far off the score was."""
        scores = self._scores(vectors, evidence)
        models = []
        for number, model in zip(self._modelled(), self.models, strict=False):
            spread, shapes, intercept = model.spread, model.shapes.copy(), model.intercept
            for row, label, score in zip(rows, labels, scores[:, number].tolist(), strict=True):
                error = float(label == self.labels[number]) - float(sigmoid(np.array(score)))
                spread[row.ids] += np.float32(_STEP * error) * row.values
                shapes += _STEP * error * row.shapes
                intercept += _STEP * error * 0.1
            models.append(model._replace(spread=spread, shapes=shapes, intercept=intercept))
        self.models = tuple(models)

    def _forget(self, count: int) -> None:
        """The oldest; what the last fit made of them stays. Those that came since are not known to it yet."""
        places = np.zeros(len(self.decisions), dtype=bool)
        places[:count] = True
        bases = []
        for number, model in enumerate(self.models):
            shares = np.zeros(len(self.decisions))
            fitted_count = min(count, len(model.shares))
            shares[:fitted_count] = model.shares[:fitted_count]
            share = shares[:fitted_count]
            kept = Base(
                self._spread(shares, model.manner),
                model.manner.shapes * (share @ self.memory.shapes()[:fitted_count]),
                model.manner.evidence * (share @ self.memory.evidence()[:fitted_count]),
            )
            bases.append(kept.plus(self.bases[number] if self.bases else None))
        self.bases = tuple(bases)
        self.memory.forget(places)
        self.decisions = self.decisions[count:]
