"""All that ships, from a directory of sets: fitted once without a fifth of each set for its figures, then with all."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from parvis.core.text.classify.manners import macro_f1
from parvis.core.text.classify.prior import TRAINED_TASKS, Prior, packed
from parvis.core.text.language import LanguageModel
from parvis.core.text.language import training as language_training
from parvis.core.text.training.prior import Taught, log_odds, prior_of, taught
from parvis.core.text.training.sources import SOURCES, Example, examples_of, own_lines

HELD_OUT_OF = 5
MOST_OF_A_SET_FOR_LANGUAGE = 1_500
LEAST_WORDS = 5
LEAST_JUDGED = 20
LANGUAGE_FILE, PRIOR_FILE = "language/model.npz", "classify/prior.npz"
_EVERY = {"short": 2, "toxic sets": 4, "ham": 3}
Figure = Mapping[str, Any]
Say = Callable[[str], None]
Sets = Mapping[str, Sequence[Example]]


class Made(NamedTuple):
    languages: LanguageModel
    prior: Prior


def sets_in(directory: Path) -> Sets:
    """Raises FileNotFoundError for the first set that is missing."""
    return {source.name: list(examples_of(source, directory)) for source in SOURCES}


def figures(sets: Sets, *, say: Say) -> Iterator[Figure]:
    """Of models that have not seen a fifth of each set."""
    kept = {name: [example for example in examples if not is_held_out(example)] for name, examples in sets.items()}
    held = {name: [example for example in examples if is_held_out(example)] for name, examples in sets.items()}
    made = make(kept, say=say)
    say("Judging what was held out.")
    yield from _language_figures(made.languages, held)
    for source in SOURCES:
        for task in set(source.tasks) & set(TRAINED_TASKS):
            yield from _task_figures(made.prior, task, held[source.name])


def make(sets: Sets, *, say: Say) -> Made:
    say("Fitting the language model.")
    languages = language_training.trained(_language_rows(sets))
    say("Fitting the prior for spam and toxicity.")
    return Made(languages, prior_of(_taught(sets)))


def write(made: Made, directory: Path) -> list[Path]:
    paths = [directory / LANGUAGE_FILE, directory / PRIOR_FILE]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    language_training.write(made.languages, paths[0])
    np.savez_compressed(paths[1], **packed(made.prior))  # type: ignore[arg-type]
    return paths


def is_held_out(example: Example) -> bool:
    return zlib.crc32(f"{example.source}/{example.group}".encode()) % HELD_OUT_OF == 0


def _language_rows(sets: Sets) -> Iterator[tuple[str, str]]:
    """Sets of another purpose help with how people write, and do not outweigh the rest."""
    for source in SOURCES:
        if "language" in source.tasks:
            examples = sets[source.name]
            is_own = source.tasks == ("language",)
            step = 1 if is_own else max(1, len(examples) // MOST_OF_A_SET_FOR_LANGUAGE)
            yield from ((example.text, example.label if is_own else example.language) for example in examples[::step])


def _taught(sets: Sets) -> dict[str, Taught]:
    """Harmless texts: sentences of every language, and what stands in the other task's sets."""
    own = list(own_lines())
    sentences = [example for example in sets["lid_short"] if len(example.text.split()) >= LEAST_WORDS]
    by_task = {
        task: [example for source in SOURCES if task in source.tasks for example in sets[source.name]]
        for task in TRAINED_TASKS
    }
    written = {task: [example for example in own if example.source == f"own_{task}"] for task in TRAINED_TASKS}
    ham = [example for example in by_task["spam"] if example.label == "0"]
    fine_lines = [example for example in written["spam"] if example.label == "0"]
    harmless = {
        "spam": [*sentences[:: _EVERY["short"]], *by_task["toxicity"][:: _EVERY["toxic sets"]], *written["toxicity"]],
        "toxicity": [*sentences, *ham[:: _EVERY["ham"]], *fine_lines],
    }
    return {task: taught(task, [*by_task[task], *written[task]], harmless[task]) for task in TRAINED_TASKS}


def _language_figures(model: LanguageModel, held: Sets) -> Iterator[Figure]:
    for source in SOURCES:
        if source.tasks == ("language",):
            rows = [(example.text, example.label) for example in held[source.name]]
            for language, (count, right, unsaid) in language_training.accuracy(model, rows).items():
                facts = {"set": source.name, "language": language, "texts": count, "unknown": round(unsaid, 4)}
                yield {"figure": "language.right", "value": round(right, 4), "of": facts}


def _task_figures(prior: Prior, task: str, held: Sequence[Example]) -> Iterator[Figure]:
    by_language: dict[str, list[Example]] = {}
    for example in held:
        by_language.setdefault(example.language, []).append(example)
    for language, examples in sorted(by_language.items()):
        if len(examples) >= LEAST_JUDGED:
            true = np.array([int(example.label) for example in examples])
            said = (log_odds(prior, [example.text for example in examples], task) > 0).astype(np.int64)
            facts = {"set": examples[0].source, "language": language, "texts": len(examples)}
            yield {"figure": f"{task}.macro_f1", "value": round(macro_f1(true, said), 4), "of": facts}
