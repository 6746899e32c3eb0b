"""Libraries that find near-duplicates, where they are installed, put to the same work: place one post after another."""

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

from parvis.core.text.stories.letters import letters_of
from parvis.testing.bench.stories.material import pairs

PERMUTATIONS = 128
BANDS = 32
THRESHOLD = 0.4
PIECE_LETTERS = 4

Place = Callable[[int, str], None]


def installed() -> dict[str, Callable[[], Place]]:
    known = {"rensa": _rensa, "datasketch": _datasketch}
    return {name: make for name, make in known.items() if importlib.util.find_spec(name)}


def scored(name: str) -> Iterator[tuple[float, bool]]:
    """Its own likeness of the given pairs."""
    sketch = {"rensa": _rensa_sketch, "datasketch": _datasketch_sketch}[name]
    for a, b, is_same, _ in pairs():
        yield sketch(a).jaccard(sketch(b)), is_same


def _pieces(text: str) -> list[str]:
    letters = letters_of(text).all.decode("latin-1")
    return [letters[start : start + PIECE_LETTERS] for start in range(max(1, len(letters) - PIECE_LETTERS + 1))]


def _rensa_sketch(text: str) -> Any:
    sketch = importlib.import_module("rensa").RMinHash(PERMUTATIONS, 42)
    sketch.update(_pieces(text))
    return sketch


def _rensa() -> Place:
    index = importlib.import_module("rensa").RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
    held: dict[int, Any] = {}

    def place(key: int, text: str) -> None:
        sketch = _rensa_sketch(text)
        best = max((sketch.jaccard(held[other]) for other in index.query(sketch)), default=0.0)
        if best < THRESHOLD:
            index.insert(key, sketch)
            held[key] = sketch

    return place


def _datasketch_sketch(text: str) -> Any:
    sketch = importlib.import_module("datasketch").MinHash(num_perm=PERMUTATIONS)
    sketch.update_batch([piece.encode() for piece in _pieces(text)])
    return sketch


def _datasketch() -> Place:
    index = importlib.import_module("datasketch").MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    held: dict[int, Any] = {}

    def place(key: int, text: str) -> None:
        sketch = _datasketch_sketch(text)
        best = max((sketch.jaccard(held[other]) for other in index.query(sketch)), default=0.0)
        if best < THRESHOLD:
            index.insert(key, sketch)
            held[key] = sketch

    return place
