"""A learner as bytes, and back: what was decided, the vectors of the texts, and the last fit. No text is kept."""

import io
import json
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from parvis.core.text.classify.calibration import Curve, Thresholds
from parvis.core.text.classify.fitting import Manner
from parvis.core.text.classify.hashing import Floats
from parvis.core.text.classify.learner import Learner
from parvis.core.text.classify.memory import SIZE, Held, Weights
from parvis.core.text.classify.parts import Base, Decision, Model

FORM = 1
Arrays = dict[str, NDArray[Any]]


def state_of(learner: Learner) -> bytes:
    facts = {
        "form": FORM,
        "task": learner.task,
        "labels": learner.labels,
        "positive": learner.positive,
        "decisions": learner.decisions,
        "fitted_count": learner.fitted_count,
        "thresholds": learner.thresholds,
        "models": [(model.intercept, model.curve, model.manner) for model in learner.models],
        "prior_mean": learner.prior_mean,
        "base_count": len(learner.bases),
    }
    arrays = _rows(learner.memory.rows)
    for number, model in enumerate(learner.models):
        arrays |= _weights(f"model{number}", model.spread, model.shapes, model.evidence)
        arrays[f"shares{number}"] = model.shares
    for number, base in enumerate(learner.bases):
        arrays |= _weights(f"base{number}", *base)
    if learner.seen is not None:
        places = np.flatnonzero(learner.seen)
        arrays |= {"seen.places": places.astype(np.uint32), "seen.values": learner.seen[places]}
    packed = io.BytesIO()
    np.savez_compressed(packed, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)  # type: ignore[arg-type]
    return packed.getvalue()


def learner_of(state: bytes) -> Learner:
    """Raises ValueError where the bytes are of no learner, or of another form."""
    try:
        with np.load(io.BytesIO(state)) as kept:
            arrays = {name: kept[name] for name in kept.files}
        facts = json.loads(arrays["facts"].tobytes())
    except (OSError, KeyError, EOFError, ValueError, BadZipFile) as error:
        raise ValueError("these bytes are of no learner") from error
    if facts["form"] != FORM:
        raise ValueError(f"a learner of form {facts['form']}, where {FORM} is read")
    return _learner(facts, arrays)


def _learner(facts: Mapping[str, Any], arrays: Arrays) -> Learner:
    learner = Learner(facts["task"], facts["labels"], positive=facts["positive"])
    learner.memory.add(_held(arrays))
    learner.decisions = [Decision(*decision) for decision in facts["decisions"]]
    models = tuple(
        Model(*_base(arrays, f"model{number}"), intercept, Curve(*curve), arrays[f"shares{number}"], Manner(*manner))
        for number, (intercept, curve, manner) in enumerate(facts["models"])
    )
    bases = tuple(_base(arrays, f"base{number}") for number in range(facts["base_count"]))
    seen = None
    if "seen.places" in arrays:
        seen = np.zeros(2 * SIZE, np.float32)
        seen[arrays["seen.places"]] = arrays["seen.values"]
    learner.take_fit(
        models, Thresholds(*facts["thresholds"]), facts["fitted_count"], bases=bases, seen=seen,
        prior_mean=facts["prior_mean"],
    )  # fmt: skip
    return learner


def _weights(name: str, spread: Weights, shapes: Floats, evidence: Floats) -> Arrays:
    places = np.flatnonzero(spread)
    return {
        f"{name}.places": places.astype(np.uint32),
        f"{name}.spread": spread[places],
        f"{name}.shapes": shapes,
        f"{name}.evidence": evidence,
    }


def _base(arrays: Arrays, name: str) -> Base:
    spread = np.zeros(2 * SIZE, np.float32)
    spread[arrays[f"{name}.places"]] = arrays[f"{name}.spread"]
    return Base(spread, arrays[f"{name}.shapes"], arrays[f"{name}.evidence"])


def _rows(rows: list[Held]) -> Arrays:
    return {
        "lengths": np.array([len(row.ids) for row in rows], np.int64),
        "ids": np.concatenate([row.ids for row in rows]) if rows else np.zeros(0, np.uint32),
        "values": np.concatenate([row.values for row in rows]).astype(np.float16) if rows else np.zeros(0, np.float16),
        "row_shapes": np.array([row.shapes for row in rows], np.float32),
        "row_evidence": np.array([row.evidence for row in rows], np.float32),
    }


def _held(arrays: Arrays) -> list[Held]:
    ends = np.cumsum(arrays["lengths"])
    ids, values = np.split(arrays["ids"], ends[:-1]), np.split(arrays["values"].astype(np.float32), ends[:-1])
    return [Held(*row) for row in zip(ids, values, arrays["row_shapes"], arrays["row_evidence"], strict=False)]
