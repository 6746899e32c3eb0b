"""Which numbers have been seen, small enough to travel in a cursor: what was there and is missing is gone."""

import base64
import zlib
from collections.abc import Iterable

BLOCK = 8192


class Seen:
    """A set of record ids, kept as one compressed bit string for each 8,192 numbers.

    A million comments in a row take some 6 kB, a hundred thousand spread over fifty million 600 kB.
    """

    def __init__(self, blocks: dict[str, str] | None = None) -> None:
        self._written: dict[int, str] = {int(number): bits for number, bits in (blocks or {}).items()}
        self._open: dict[int, int] = {}

    def add(self, ids: Iterable[int]) -> None:
        for number in ids:
            block, bit = divmod(number, BLOCK)
            self._open[block] = self._bits(block) | (1 << bit)

    def remove(self, ids: Iterable[int]) -> None:
        for number in ids:
            block, bit = divmod(number, BLOCK)
            self._open[block] = self._bits(block) & ~(1 << bit)

    def between(self, low: int, high: int | None) -> list[int]:
        """The numbers from `low` to `high`, both included; without end where `high` is None."""
        last_block = max([*self._written, *self._open], default=-1) if high is None else high // BLOCK
        found: list[int] = []
        for block in range(max(0, low) // BLOCK, last_block + 1):
            found.extend(self._numbers(block))
        return [number for number in found if number >= low and (high is None or number <= high)]

    def __contains__(self, number: int) -> bool:
        return bool(self._bits(number // BLOCK) >> (number % BLOCK) & 1)

    def written(self) -> dict[str, str]:
        """As JSON keeps it."""
        for block, bits in self._open.items():
            self._written[block] = _pack(bits)
        self._open.clear()
        return {str(block): bits for block, bits in sorted(self._written.items()) if bits}

    def _bits(self, block: int) -> int:
        if block not in self._open:
            packed = self._written.get(block, "")
            return _unpack(packed) if packed else 0
        return self._open[block]

    def _numbers(self, block: int) -> list[int]:
        bits, start = self._bits(block), block * BLOCK
        digits = bin(bits)[:1:-1] if bits else ""
        return [start + place for place, digit in enumerate(digits) if digit == "1"]


def _pack(bits: int) -> str:
    if not bits:
        return ""
    return base64.b85encode(zlib.compress(bits.to_bytes(BLOCK // 8, "little"), 6)).decode()


def _unpack(packed: str) -> int:
    return int.from_bytes(zlib.decompress(base64.b85decode(packed)), "little")
