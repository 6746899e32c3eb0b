"""Folding: the words of a text, so that everything that compares texts agrees on what a word is.

Case, accents, ligatures (œ, æ, ß), full-width forms, apostrophes and zero-width characters make no
difference. Scripts written without spaces are cut into overlapping pairs of characters.
"""

import codecs
import re
import unicodedata

LONGEST_WORD = 40
"""Characters; what is longer is cut, here and in what is searched for."""

BAR = "|"
"""Stands between the words of a title and those of a text; no folded word contains it."""
_BETWEEN = "\x1f"
"""Stands between title and text before they are folded."""
_UNFOLDED = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "œ": "oe", "æ": "ae", "ŋ": "ng"}
"""Letters whose stroke or ligature Unicode does not take apart."""
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Thai, Lao, Burmese, Khmer, kana, Han and Hangul."""
_DRESS = re.compile("[\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Variation selectors, which say how a sign is drawn (❤ or ❤️), and the joiner of graphemes."""
_MARKS_KEPT = frozenset({0, 9})
"""Combining classes that carry the sound of a word: vowel signs and viramas of the scripts of India."""


def words_of(text: str) -> list[str]:
    """The folded words in their order. `L’Œuvre d'été` gives l, oeuvre, d, ete."""
    return folded_text(text).split()


def plain_word(text: str) -> str | None:
    """What a text folds to where it is easily seen to be one word; None: ask `words_of`."""
    if len(text) > LONGEST_WORD:
        return None
    if text.isascii():
        return text.lower() if text.isalnum() else None
    try:
        folded = text.encode("latin-1").translate(_LATIN).decode("ascii")
    except UnicodeError:
        return None
    return folded if folded.isalnum() else None


def folded_text(text: str) -> str:
    """The words of `words_of` with one space or more between them: for who does not need them one by one."""
    return cut(_folded(text.replace(_BETWEEN, " "))).decode()


def folded_pair(title: str, text: str) -> bytes:
    """` words of the title | words of the text `, with one space or more around each, in UTF-8.

    Words may be longer than LONGEST_WORD: see `cut`.
    """
    if _BETWEEN in title or _BETWEEN in text:
        title, text = title.replace(_BETWEEN, " "), text.replace(_BETWEEN, " ")
    return _folded(f" {title} {_BETWEEN} {text} ")


def _folded(text: str) -> bytes:
    """In UTF-8; `_BETWEEN` becomes BAR.

    Nearly all texts of Western Europe are one byte a letter once a few signs are replaced, and a table of 256
    folds those many times as quickly as a look-up a letter. Both ways say the same.
    """
    if text.isascii():
        return text.encode().translate(_LATIN)
    narrow = text
    for sign, plain in _OFTEN:
        narrow = narrow.replace(sign, plain)
    try:
        folded = narrow.encode("latin-1", _NARROWING).translate(_LATIN)
    except UnicodeError:
        return BAR.join(map(_folded_by_letter, text.split(_BETWEEN))).encode()
    for marker, letters in _SEVERAL:
        if marker in folded:
            folded = folded.replace(marker, letters)
    return folded


def cut(folded: bytes) -> bytes:
    """The same with no word longer than LONGEST_WORD; the very same where there is none."""
    if _TOO_LONG not in folded.translate(_SHAPE):
        return folded
    return f" {' '.join([word[:LONGEST_WORD] for word in folded.decode().split()])} ".encode()


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
    if category == "Cf" or _DRESS.match(char):
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
_OFTEN = tuple((sign, "oe" if sign == "œ" else " ") for sign in "’…–“”„œ\u202f")
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
        is_alone = folded.isascii() and (unicodedata.category(parts[0])[0] != "M" or _DRESS.match(parts[0]))
        plain = self[sign] = folded if is_alone else sign
        return plain


_PLAIN = _Plain()
codecs.register_error(_NARROWING, _narrowed)


def _latin_table() -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """One byte for one byte, and what stands for each control byte that marks several letters, or none."""
    table, markers = bytearray(), dict[str, str]()
    for code in range(256):
        if chr(code) == _BETWEEN:
            table.append(ord(BAR))
            continue
        folded = _folded_by_letter(chr(code))
        folded = folded if folded.strip() or not folded else " "
        if len(folded) != 1 or not folded.isascii():
            folded = markers.setdefault(folded, chr(len(markers) + 1))
        table.append(ord(folded))
    return bytes(table), tuple((marker.encode(), letters.encode()) for letters, marker in markers.items())


_LATIN, _SEVERAL = _latin_table()

_SHAPE = bytes(ord(" ") if chr(code) == " " else ord("x") for code in range(256))
_TOO_LONG = b"x" * (LONGEST_WORD + 1)
