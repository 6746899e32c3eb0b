"""What the leaves of a query look for: folded words, words with stars in them, one edit."""

import unicodedata

from parvis.core.text.normalise import LONGEST_WORD, plain_word, words_of


def folded(text: str) -> list[str]:
    """The folded words, each cut at LONGEST_WORD whatever the length of the text."""
    word = plain_word(text)
    return [word[:LONGEST_WORD] for word in words_of(text)] if word is None else [word]


def folded_parts(text: str) -> list[str]:
    """The folded words of a text with stars, which stay: `l'Été*` gives l, ete*; `foo-*` gives foo, *.

    A star belongs to the letters that it touches.
    """
    parts: list[str] = []
    is_open = False
    for at, piece in enumerate(text.split("*")):
        words = folded(piece)
        if at and not is_open:
            parts.append("*")
        elif at and not parts[-1].endswith("*"):
            parts[-1] += "*"
        if words and at and _touches(piece):
            parts[-1] += words.pop(0)
        parts += words
        is_open = _touches(piece[::-1]) if piece else bool(at)
    return [part[:LONGEST_WORD] for part in parts]


def _touches(piece: str) -> bool:
    """Whether a letter or digit stands at its beginning; what has no width does not count."""
    for sign in piece:
        if words_of(sign):
            return True
        if unicodedata.category(sign)[0] != "M" and unicodedata.category(sign) != "Cf":
            return False
    return False


def pattern_holds(pattern: str, word: str) -> bool:
    """Whether a folded word fits a folded pattern. At most len(word) × count of stars steps."""
    if "*" not in pattern:
        return pattern == word
    first, *middle, last = pattern.split("*")
    if len(word) < len(first) + len(last) or not word.startswith(first) or not word.endswith(last):
        return False
    at, end = len(first), len(word) - len(last)
    for piece in middle:
        found = word.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def is_one_edit(word: str, other: str) -> bool:
    """Whether they are equal but for one letter more, less or other, at most (Levenshtein distance ≤ 1)."""
    if len(word) > len(other):
        word, other = other, word
    if len(other) - len(word) > 1:
        return False
    at = 0
    while at < len(word) and word[at] == other[at]:
        at += 1
    return word[at:] == other[at + 1 :] or word[at + 1 :] == other[at + 1 :]
