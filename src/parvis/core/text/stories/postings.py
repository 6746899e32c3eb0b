"""Which founders have a band: three columns of whole numbers, as objects of Python would take ten times the room."""

from array import array
from collections.abc import Iterable

_FIRST_SLOTS = 1024
_NONE = -1
_MOST_READ = 24
"""A band that very many have tells little: only the newest of them are read."""


class Postings:
    """A hash table with chains, the newest first. Nothing is taken out: whoever forgets builds another."""

    __slots__ = ("_bands", "_founders", "_heads", "_next")

    def __init__(self) -> None:
        self._bands = array("i")
        self._founders = array("i")
        self._next = array("i")
        self._heads = array("i", [_NONE]) * _FIRST_SLOTS

    def add(self, founder: int, bands: Iterable[int]) -> None:
        for band in bands:
            self._bands.append(band)
            self._founders.append(founder)
            self._next.append(self._chain(band, len(self._next)))
        if len(self._bands) > len(self._heads):
            self._grow()

    def shared(self, bands: Iterable[int]) -> dict[int, int]:
        """How many of the bands each founder has."""
        heads, following, held, founders = self._heads, self._next, self._bands, self._founders
        mask = len(heads) - 1
        counts: dict[int, int] = {}
        for band in bands:
            place = heads[band & mask]
            left = _MOST_READ
            while place >= 0 and left:
                if held[place] == band:
                    founder = founders[place]
                    counts[founder] = counts.get(founder, 0) + 1
                    left -= 1
                place = following[place]
        return counts

    def _chain(self, band: int, place: int) -> int:
        """Puts a place in front of its chain and returns what was there."""
        slot = band & (len(self._heads) - 1)
        before = self._heads[slot]
        self._heads[slot] = place
        return before

    def _grow(self) -> None:
        self._heads = array("i", [_NONE]) * (2 * len(self._heads))
        for place, band in enumerate(self._bands):
            self._next[place] = self._chain(band, place)
