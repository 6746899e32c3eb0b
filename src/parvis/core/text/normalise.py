"""Folding: the words of a text, so that everything that compares texts agrees on what a word is.

Case, accents, ligatures (œ, æ, ß), full-width forms, apostrophes and zero-width characters make no
difference. Scripts written without spaces are cut into overlapping pairs of characters.
"""

import codecs
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
    return folded_text(text).split()


def folded_text(text: str) -> str:
    """The words of `words_of` with one space or more between them: for who does not need them one by one.

    Nearly all texts of Western Europe are one byte a letter once a few signs are replaced, and a table of 256
    folds those many times as quickly as a look-up a letter. Both ways say the same.
    """
    folded = text.encode().translate(_LATIN).decode() if text.isascii() else _folded_narrow(text)
    return _cut(folded) if len(folded) > LONGEST_WORD else folded


def _folded_narrow(text: str) -> str:
    narrow = text
    for sign, plain in _OFTEN:
        narrow = narrow.replace(sign, plain)
    try:
        folded = narrow.encode("latin-1", _NARROWING).translate(_LATIN).decode("ascii")
    except UnicodeError:
        return _folded_by_letter(text)
    for marker, letters in _SEVERAL:
        if marker in folded:
            folded = folded.replace(marker, letters)
    return folded


def _cut(folded: str) -> str:
    """No word longer than LONGEST_WORD. To find that there is none takes no look at each word."""
    shape = folded.encode("latin-1", "replace").translate(_SHAPE)
    if _TOO_LONG not in shape:
        return folded
    return " ".join([word[:LONGEST_WORD] for word in folded.split()])


def _folded_by_letter(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).translate(_FOLD)
    return _SPACELESS.sub(_in_pairs, folded) if _SPACELESS.search(folded) else folded


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
_OFTEN = tuple((sign, "oe" if sign == "œ" else " ") for sign in "’…–“”œ\u202f")
"""What most often stands between one-byte letters."""
_NARROWING = "parvis-narrowing"
"""Name of the way to encode what has no byte; see `_narrowed`."""


def _narrowed(error: UnicodeError) -> tuple[str, int]:
    """The plain letters of signs that have no byte (€, ™, emoji, Š); raises where only the slow way is right."""
    assert isinstance(error, UnicodeEncodeError)
    plain = "".join(map(_PLAIN.__getitem__, error.object[error.start : error.end]))
    if not plain.isascii():
        raise error
    return plain, error.end


class _Plain(dict[str, str]):
    """A sign's folded letters where no neighbour can change them; itself, which is no ASCII, where one can."""

    def __missing__(self, sign: str) -> str:
        parts = unicodedata.normalize("NFKD", sign)
        folded = _folded_by_letter(sign)
        is_alone = folded.isascii() and not any(unicodedata.category(part)[0] == "M" for part in parts[:1])
        plain = self[sign] = folded if is_alone else sign
        return plain


_PLAIN = _Plain()
codecs.register_error(_NARROWING, _narrowed)


def _latin_table() -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """One byte for one byte, and what stands for each control byte that marks several letters, or none."""
    table, markers = bytearray(), dict[str, str]()
    for code in range(256):
        folded = _folded_by_letter(chr(code))
        folded = folded if folded.strip() or not folded else " "
        if len(folded) != 1 or not folded.isascii():
            folded = markers.setdefault(folded, chr(len(markers) + 1))
        table.append(ord(folded))
    return bytes(table), tuple((marker, letters) for letters, marker in markers.items())


_LATIN, _SEVERAL = _latin_table()

_SHAPE = bytes(ord(" ") if chr(code) == " " else ord("x") for code in range(256))
_TOO_LONG = b"x" * (LONGEST_WORD + 1)
