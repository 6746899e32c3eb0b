"""Which story each arriving post belongs to.

A story is its founder and what is like the founder. Nobody is compared with those who joined later, so that
A like B and B like C cannot drift from one thing to another. Only founders are held.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from parvis.core.text.stories.comparing import SAME_FROM, likeness
from parvis.core.text.stories.postings import Postings
from parvis.core.text.stories.signature import Signature, bands_of, signature_of

Key = TypeVar("Key", bound=Hashable)

_MOST_COMPARED = 6
_BANDS_A_SHARED = 4
"""Of so many bands one must be shared to be worth a comparison."""
_KEPT_WHEN_FULL = 0.75


@dataclass(frozen=True, slots=True)
class Placement(Generic[Key]):
    """`story` is the key of the story's founder: the post itself, where it tells something new."""

    story: Key
    nearest_key: Key | None
    """The founder that is most like the post, also where that is not enough; None where nothing resembles it."""
    likeness: float


@dataclass(frozen=True, slots=True)
class StoryRow(Generic[Key]):
    """One story as a database holds it."""

    key: Key
    signature: Signature
    bands: tuple[int, ...]
    last_at: datetime


class StoryIndex(Generic[Key]):
    """The stories of a window in time; beyond `most_stories` those that rested longest are forgotten."""

    def __init__(self, rows: Iterable[StoryRow[Key]] = (), *, most_stories: int = 500_000) -> None:
        self._most_stories = most_stories
        self._restore(rows)

    def __len__(self) -> int:
        return len(self._keys)

    def place(self, key: Key, text: str, *, at: datetime) -> Placement[Key]:
        """Each key once. What comes late is welcome: a story's last moment never goes back."""
        signature = signature_of(text)
        if not signature:
            return Placement(key, None, 0.0)
        founder = self._by_signature.get(signature)
        if founder is not None:
            return self._joined(founder, 1.0, at)
        bands = bands_of(signature)
        founder, nearness = self._nearest(signature, bands)
        if founder is not None and nearness >= SAME_FROM:
            return self._joined(founder, nearness, at)
        placement = Placement(key, None if founder is None else self._keys[founder], nearness)
        self._found(StoryRow(key, signature, bands, at))
        return placement

    def learn(self, row: StoryRow[Key]) -> None:
        """A story that was founded elsewhere."""
        self._found(row)

    def forget(self, before: datetime) -> int:
        """How many stories were dropped because nothing joined them since."""
        kept = [row for row in self.rows() if row.last_at >= before]
        dropped_count = len(self) - len(kept)
        if dropped_count:
            self._restore(kept)
        return dropped_count

    def rows(self) -> Iterator[StoryRow[Key]]:
        """All that is needed to make an equal index of it."""
        for key, signature, last_at in zip(self._keys, self._signatures, self._last_at, strict=True):
            yield StoryRow(key, signature, bands_of(signature), last_at)

    def _restore(self, rows: Iterable[StoryRow[Key]]) -> None:
        self._keys: list[Key] = []
        self._last_at: list[datetime] = []
        self._signatures: list[Signature] = []
        self._by_signature: dict[Signature, int] = {}
        self._postings = Postings()
        for row in rows:
            self._found(row)

    def _found(self, row: StoryRow[Key]) -> None:
        if len(self) >= self._most_stories:
            self._make_room()
        founder = len(self._keys)
        self._keys.append(row.key)
        self._last_at.append(row.last_at)
        self._signatures.append(row.signature)
        self._by_signature.setdefault(row.signature, founder)
        self._postings.add(founder, row.bands)

    def _joined(self, founder: int, nearness: float, at: datetime) -> Placement[Key]:
        self._last_at[founder] = max(self._last_at[founder], at)
        key = self._keys[founder]
        return Placement(key, key, nearness)

    def _nearest(self, signature: Signature, bands: tuple[int, ...]) -> tuple[int | None, float]:
        candidates = ((founder, self._signatures[founder]) for founder in self._candidates(bands))
        return nearest_of(signature, candidates)

    def _candidates(self, bands: tuple[int, ...]) -> list[int]:
        """The founders that share most bands, the newest first among equals."""
        least = max(1, len(bands) // _BANDS_A_SHARED)
        shared = [(count, founder) for founder, count in self._postings.shared(bands).items() if count >= least]
        shared.sort(reverse=True)
        return [founder for _, founder in shared[:_MOST_COMPARED]]

    def _make_room(self) -> None:
        kept_count = int(self._most_stories * _KEPT_WHEN_FULL)
        latest = sorted(range(len(self)), key=self._last_at.__getitem__)[-kept_count:]
        chosen = set(latest)
        self._restore([row for founder, row in enumerate(self.rows()) if founder in chosen])


def nearest_of(signature: Signature, candidates: Iterable[tuple[Key, Signature]]) -> tuple[Key | None, float]:
    """The first among the most alike, and how alike; None where nothing is alike at all."""
    found, best = None, 0.0
    for key, other in candidates:
        nearness = likeness(signature, other)
        if nearness > best:
            found, best = key, nearness
    return found, best
