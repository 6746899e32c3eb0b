"""What people write about assets, as it is kept."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from parvis.core.errors import BadInput, TextTooLong
from parvis.core.text.normalise import folded_text, words_of
from parvis.core.wording import Text
from parvis.orgs.wanted import name_from

LONGEST_NAME = 200
_LONGEST_END = 20
LONGEST_ALT = 5_000
_MOST_TAGS = 50


def file_name_from(written: str) -> str:
    """The last part of it, in signs that can be shown; a long one is cut before its ending."""
    last = written.replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign if sign.isprintable() else " " for sign in last)
    name = " ".join(shown.split()).strip(". ") or "file"
    path = PurePosixPath(name)
    end = path.suffix if len(path.suffix) <= _LONGEST_END else ""
    stem = name.removesuffix(end)
    return f"{stem[: LONGEST_NAME - len(end)]}{end}"


def title_from(written: str, *, name: str = "") -> str:
    """Where none is written, what the file is called without its ending. Raises FieldMissing, TextTooLong."""
    if not written.strip() and name:
        written = PurePosixPath(name).stem.replace("_", " ")
    return name_from(written, field=Text("title", "titre"), limit=LONGEST_NAME)


def line_from(written: str, *, limit: int) -> str:
    """One line, possibly none. Raises TextTooLong."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in written).split())
    if len(line) > limit:
        raise TextTooLong(length=len(line), limit=limit)
    return line


def text_from(written: str, *, limit: int) -> str:
    text = written.replace("\0", "").strip()
    if len(text) > limit:
        raise TextTooLong(length=len(text), limit=limit)
    return text


def alt_from(written: Mapping[str, str]) -> dict[str, str]:
    """By language; an empty one is none."""
    found = {language_from(tag): text_from(text, limit=LONGEST_ALT) for tag, text in written.items()}
    return {tag: text for tag, text in found.items() if text}


def language_from(written: str) -> str:
    """As in "fr" or "de-CH". Raises BadInput."""
    tag = written.strip()
    if not tag or len(tag) > 20 or not all(part.isalnum() and part.isascii() for part in tag.split("-")):
        raise BadInput(detail=Text("this is not a language", "ce n’est pas une langue"))
    return tag


def tags_from(written: Iterable[str]) -> dict[str, str]:
    """By folded form, as they are written; the same twice is once."""
    found: dict[str, str] = {}
    for one in written:
        tag = line_from(one.lstrip("#"), limit=60)
        if folded := " ".join(words_of(tag))[:60]:
            found.setdefault(folded, tag)
    if len(found) > _MOST_TAGS:
        raise TextTooLong(length=len(found), limit=_MOST_TAGS)
    return found


def focus_from(written: tuple[float, float] | None) -> tuple[float | None, float | None]:
    """Raises BadInput where it lies outside."""
    if written is None:
        return None, None
    x, y = written
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        raise BadInput(
            detail=Text("the focal point lies outside of the picture", "le point d’intérêt est hors de l’image")
        )
    return x, y


def search_text(parts: Iterable[str]) -> str:
    """Folded words with a space around each, each once."""
    words = dict.fromkeys(word for part in parts for word in folded_text(part).split())
    return f" {' '.join(words)} "
