"""Letters for what is drawn into a picture: a font of the machine that has them all, else Pillow's own.

Pillow's own has little more than ASCII, so that a machine without fonts still shows French, German and the
like: accents are put together from signs that it has. Whatever neither can draw is refused by name.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from parvis.core.errors import MediaUnfit
from parvis.core.wording import Text

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

FONTS = (
    "NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "Helvetica.ttc",
    "NotoSansArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf", "NotoSansCJK-Regular.ttc", "FreeSans.ttf",
)  # fmt: skip
"""Wherever the system keeps them."""
_NO_LETTER = "\U0010fffd"
_ABOVE = {"\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0308": "..", "\u030a": "°"}
_BELOW = {"\u0327": ","}
_INSTEAD = {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "–": "-", "—": "-", "€": "EUR", "−": "-", "‑": "-"}
_GAP_SHARE = 0.06
CANNOT_DRAW = Text(
    "the letters {letters} cannot be drawn into the picture with the fonts of this machine; "
    "attach these subtitles to the post instead",
    "les caractères {letters} ne peuvent être incrustés avec les polices de cette machine\u202f; "
    "joignez plutôt ces sous-titres à la publication",
)


@dataclass(frozen=True, slots=True)
class Lettering:
    font: "FreeTypeFont"
    is_own: bool
    """Pillow's own font, with accents put on by hand."""

    def length(self, text: str) -> float:
        return self.font.getlength(self._bare(text))

    def write(self, pen: "ImageDraw", text: str, *, middle: tuple[float, float], edge: int) -> None:
        """White with a dark edge."""
        look = {"font": self.font, "fill": "white", "stroke_width": edge, "stroke_fill": "black"}
        bare = self._bare(text)
        pen.text(middle, bare, anchor="mm", **look)  # type: ignore[arg-type]
        if not self.is_own:
            return
        left = middle[0] - self.font.getlength(bare) / 2
        foot = middle[1] + self.font.getbbox(bare, anchor="mm")[1] - self.font.getbbox(bare, anchor="ms")[1]
        for before, base, mark in _marked(text):
            at = left + self.font.getlength(self._bare(before)) + self.font.getlength(base) / 2
            sign = _ABOVE.get(mark) or _BELOW[mark]
            pen.text((at, foot + self._rise(base, sign, mark)), sign, anchor="ms", **look)  # type: ignore[arg-type]

    def _rise(self, base: str, sign: str, mark: str) -> float:
        """From the line that letters stand on; upwards is less than nothing."""
        letter, drawn = self._ink(base), self._ink(sign)
        if mark in _BELOW:
            return -drawn[0]
        return letter[0] - drawn[1] - self.font.size * _GAP_SHARE

    def _ink(self, text: str) -> tuple[float, float]:
        """Top and bottom of what is drawn, from the line that letters stand on."""
        mask, offset = self.font.getmask2(text, anchor="ms")
        inked = mask.getbbox() or (0, 0, 0, 0)
        return offset[1] + inked[1], offset[1] + inked[3]

    def _bare(self, text: str) -> str:
        return _bare(text) if self.is_own else _spaced(text)


def lettering_for(texts: Iterable[str], *, size: int) -> Lettering:
    """The first font that has every letter. Raises MediaUnfit, naming those that none has."""
    from PIL import ImageFont

    letters = {letter for text in texts for letter in _spaced(text)} - {" "}
    for name in FONTS:
        font = _named(name, size)
        if font is not None and not _missing(font, letters):
            return Lettering(font, is_own=False)
    own = ImageFont.load_default(size)
    assert isinstance(own, ImageFont.FreeTypeFont)
    missing = [letter for letter in sorted(letters) if _missing(own, set(_bare(letter)) - {" "})]
    if missing:
        raise MediaUnfit(detail=CANNOT_DRAW.format(letters=" ".join(missing[:10])))
    return Lettering(own, is_own=True)


@lru_cache(maxsize=64)
def _named(name: str, size: int) -> "FreeTypeFont | None":
    from PIL import ImageFont

    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def _missing(font: "FreeTypeFont", letters: Iterable[str]) -> list[str]:
    none = bytes(font.getmask(_NO_LETTER))
    return [
        letter
        for letter in letters
        if unicodedata.category(letter) not in ("Cf", "Mn") and bytes(font.getmask(letter)) == none
    ]


def _spaced(text: str) -> str:
    return "".join(" " if letter.isspace() else letter for letter in text)


def _bare(text: str) -> str:
    """Without the marks that are drawn by hand."""
    instead = "".join(_INSTEAD.get(letter, letter) for letter in _spaced(text))
    apart = unicodedata.normalize("NFD", instead)
    return "".join(letter for letter in apart if letter not in _ABOVE and letter not in _BELOW)


def _marked(text: str) -> Iterable[tuple[str, str, str]]:
    """What stands before, the letter, and its mark."""
    apart = unicodedata.normalize("NFD", "".join(_INSTEAD.get(letter, letter) for letter in _spaced(text)))
    for place, mark in enumerate(apart):
        if place and (mark in _ABOVE or mark in _BELOW):
            yield apart[: place - 1], apart[place - 1], mark
