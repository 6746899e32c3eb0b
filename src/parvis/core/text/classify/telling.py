"""Language, spam, toxicity and tone of many texts in one reading: what the desk asks of everything that arrives."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from parvis.core.text.classify.prior import TASKS, scores_of, shipped, vectors_and_features
from parvis.core.text.language import identify


class Told(NamedTuple):
    language: str
    """Empty where it is not known."""
    spam: float
    toxicity: float
    tone: float
    """From 0, blame, to 1, praise."""


def tell(texts: Sequence[str], *, languages: Collection[str] | None = None) -> list[Told]:
    """By the shipped prior alone. `languages`: the house's own."""
    if not texts:
        return []
    codes = [guess.language for guess in identify(texts, languages=languages)]
    features, vectors = vectors_and_features(texts, codes)
    columns = [scores_of(shipped().shares(features, vectors, task), task).tolist() for task in TASKS]
    return [Told(*told) for told in zip(codes, *columns, strict=True)]
