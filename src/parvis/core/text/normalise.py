"""Folding: the words of a text, so that everything that compares texts agrees on what a word is.

Case, accents, ligatures (œ, æ, ß), full-width forms, apostrophes and zero-width characters make no
difference. Scripts written without spaces are cut into overlapping pairs of characters.
"""

import re
import unicodedata

LONGEST_WORD = 40
"""Characters; what is longer is cut, here and in what is searched for."""

_UNFOLDED = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "œ": "oe", "æ": "ae", "ŋ": "ng"}
"""Letters whose stroke or ligature Unicode does not take apart."""
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Thai, Lao, Burmese, Khmer, kana, Han and Hangul."""
_MARKS_KEPT = frozenset({0, 9})
"""Combining classes that carry the sound of a word: vowel signs and viramas of the scripts of India."""


def words_of(text: str) -> list[str]:
    """The folded words in their order. `L’Œuvre d'été` gives l, oeuvre, d, ete."""
    words = text.translate(_ASCII).split() if text.isascii() else _words_beyond_ascii(text)
    if len(text) > LONGEST_WORD:
        return [word[:LONGEST_WORD] for word in words]
    return words


def _words_beyond_ascii(text: str) -> list[str]:
    try:
        return text.replace("’", " ").encode("latin-1").translate(_LATIN).decode("ascii").split()
    except UnicodeError:
        folded = unicodedata.normalize("NFKC", text).translate(_FOLD)
        if _SPACELESS.search(folded):
            folded = _SPACELESS.sub(_in_pairs, folded)
        return folded.split()


def _in_pairs(run: re.Match[str]) -> str:
    chars = run[0]
    pairs = [chars] if len(chars) == 1 else [chars[start : start + 2] for start in range(len(chars) - 1)]
    return f" {' '.join(pairs)} "


class _Folding(dict[int, str]):
    """What each character folds to, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_char(chr(code))
        return folded


def _fold_char(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    if category[0] == "M":
        return char if unicodedata.combining(char) in _MARKS_KEPT and category != "Me" else ""
    if category[0] not in "LN":
        return " "
    if _SPACELESS.match(char):
        return char
    bare = "".join(part for part in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(part))
    folded = "".join(_UNFOLDED.get(part, part) for part in bare.casefold())
    return "".join(part if part.isalnum() else " " for part in folded)


_FOLD = _Folding()
_ASCII = {code: _fold_char(chr(code)) for code in range(128)}


def _latin_byte(code: int) -> int:
    """One byte for one byte; NUL, which is then no ASCII, where one letter becomes two."""
    folded = _fold_char(chr(code))
    return ord(folded) if len(folded) == 1 and folded.isascii() else 255


_LATIN = bytes(_latin_byte(code) for code in range(256))
