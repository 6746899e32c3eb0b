"""What a reader takes for one sign: extended grapheme clusters (UAX 29), and which of them are emoji (UTS 51)."""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import regex

_CLUSTER = regex.compile(r"\X")

_SIGN = r"(?:[\p{Extended_Pictographic}--[\u00a9\u00ae]]|[\u00a9\u00ae](?=\ufe0f))(?!\ufe0e)"
_TOUCHED = rf"(?:\p{{Emoji_Modifier_Base}}\p{{Emoji_Modifier}}|{_SIGN}\ufe0f?)"
EMOJI = regex.compile(
    rf"(?V1)\p{{Regional_Indicator}}{{2}}|[0-9#*]\ufe0f?\u20e3|{_SIGN}[\U000e0020-\U000e007e]+\U000e007f"
    rf"|{_TOUCHED}(?:\u200d{_TOUCHED})*|\p{{Regional_Indicator}}|\p{{Emoji_Modifier}}"
)
"""One emoji with all that belongs to it: skin tone, joiners, flags, keycaps.

Every well-formed sequence counts as one, also those that no font draws as one; © and ® only with the selector
that makes them emoji.
"""


def clusters(text: str) -> Iterator[str]:
    """One after the other; together they are the text."""
    if text.isascii() and "\r" not in text:
        return iter(text)
    return (found.group() for found in _CLUSTER.finditer(text))


def grapheme_count(text: str) -> int:
    return sum(1 for _ in clusters(text))


class Reading(NamedTuple):
    """A text as it is counted, and where each of its characters comes from."""

    counted: str
    places: list[int] | None
    """For each character of `counted`, and its end, the place in the text; None where nothing has moved."""

    def place(self, index: int) -> int:
        return index if self.places is None else self.places[index]


def read(text: str, *, composes: bool) -> Reading:
    """With line ends as one character, as Parvis sends them, and composed (NFC) where the platform does so first."""
    moves = "\r\n" in text or (composes and not unicodedata.is_normalized("NFC", text))
    if not moves:
        return Reading(text, None)
    counted: list[str] = []
    places: list[int] = []
    place = 0
    for cluster in clusters(text):
        read_as = "\n" if cluster == "\r\n" else unicodedata.normalize("NFC", cluster) if composes else cluster
        counted.append(read_as)
        same = len(read_as) == len(cluster)
        places.extend(place + step if same else place for step in range(len(read_as)))
        place += len(cluster)
    places.append(place)
    return Reading("".join(counted), places)
