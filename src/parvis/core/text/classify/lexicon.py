"""Words that somebody wrote down by what they tell: insults, praise, what spam sells. One list a language.

A word counts in its own language alone ("die" is no threat in German); where the language is not known, any word of four
letters or more counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from parvis.core.text.normalise import words_of

EVERY = "any"
_DIRECTORY = Path(__file__).with_name("words")
_LEAST_LETTERS_UNKNOWN = 4
_LEAST_PREFIX = 3
_MOST_REMEMBERED = 50_000
_NEIGHBOURS = {
    "gsw": ("gsw", "de"),
    "ca": ("es",),
    "hr": ("hr",),
    "sr": ("sr",),
    "uk": ("uk", "ru"),
    "rm": ("rm", "it"),
}
_FAMILIES = ("spam", "toxicity", "sentiment")


def categories() -> tuple[str, ...]:
    """`family.category`, in the order in which they are counted."""
    return tuple(dict.fromkeys(category for category, _, _ in _entries()))


@cache
def lexicon_of(language: str) -> "Lexicon":
    """The words of a language and those of every language."""
    order = {category: place for place, category in enumerate(categories())}
    wanted = _NEIGHBOURS.get(language, (language,))
    entries: dict[str, set[int]] = {}
    for category, word_language, word in _entries():
        if word_language in (EVERY, *wanted) or (not language and len(word.rstrip("*")) >= _LEAST_LETTERS_UNKNOWN):
            entries.setdefault(word, set()).add(order[category])
    return Lexicon({word: tuple(sorted(places)) for word, places in entries.items()})


class Lexicon(dict[str, tuple[int, ...]]):
    """By folded word the places of its categories; `()` for a word that is in none."""

    def __init__(self, entries: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        self._entries = entries

    def __missing__(self, word: str) -> tuple[int, ...]:
        found = self._entries.get(word)
        if found is None:
            prefixes = (word[:length] + "*" for length in range(len(word), _LEAST_PREFIX - 1, -1))
            found = next((self._entries[prefix] for prefix in prefixes if prefix in self._entries), ())
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[word] = found
        return found

    def found_in(self, words: Sequence[str]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Place of each word that is listed, and its categories."""
        for place, word in enumerate(words):
            if found := self[word]:
                yield place, found


@cache
def _entries() -> tuple[tuple[str, str, str], ...]:
    """Category, language, folded word; a word that folds to several is left out."""
    return tuple(entry for family in _FAMILIES for entry in _read(family))


def _read(family: str) -> Iterator[tuple[str, str, str]]:
    category = ""
    for line in (_DIRECTORY / f"{family}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            category = f"{family}.{line.strip('[]')}"
        elif ":" in line and not line.startswith("#"):
            language, _, written = line.partition(":")
            for word in written.split():
                folded = words_of(word)
                if len(folded) == 1:
                    yield category, language, folded[0] + ("*" if word.endswith("*") else "")
