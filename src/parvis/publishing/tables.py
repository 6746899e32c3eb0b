"""Tables that people hand in: their encoding, their delimiter, their head, and what their days and times mean."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from parvis.core.errors import BadInput, FileNotUnderstood
from parvis.core.wording import Text

MOST_BYTES = 20_000_000
MOST_ROWS = 5000
FIRST_YEAR, LAST_YEAR = 1900, 2200
COLUMNS = {
    "date": ("date", "day", "jour"),
    "time": ("time", "hour", "heure"),
    "zone": ("zone", "time zone", "timezone", "fuseau", "fuseau horaire"),
    "channels": ("channels", "channel", "canaux", "canal"),
    "title": ("title", "titre"),
    "text": ("text", "texte"),
    "link": ("link", "url", "lien"),
    "alt": ("alt", "description", "texte alternatif"),
    "labels": ("labels", "label", "étiquettes", "étiquette", "etiquettes"),
    "campaign": ("campaign", "campagne"),
    "pillar": ("pillar", "pilier"),
}
_BY_NAME = {name: column for column, names in COLUMNS.items() for name in names}
_DELIMITERS = (",", ";", "\t")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTS = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TIME = re.compile(r"(\d{1,2})\s?[:h.]\s?(\d{2})(?::(\d{2}))?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})\s?h", re.IGNORECASE)
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Table:
    encoding: str
    delimiter: str
    unknown: tuple[str, ...]
    """Columns that mean nothing here."""
    rows: tuple[tuple[int, dict[str, str]], ...]
    """Number, as a table program shows it, and cells by column; empty rows are left out."""


def read_table(data: bytes, *, name: str) -> Table:
    """Raises FileNotUnderstood with why."""
    if len(data) > MOST_BYTES:
        raise FileNotUnderstood(name=name, detail=Text("it is too large", "il est trop grand"))
    text, encoding = _decoded(data, name)
    delimiter = max(_DELIMITERS, key=lambda sign: _known_in(text, sign))
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise FileNotUnderstood(name=name, detail=_BROKEN.format(error=error)) from None
    head_at = next((place for place, line in enumerate(lines) if any(cell.strip() for cell in line)), None)
    if head_at is None:
        raise FileNotUnderstood(name=name, detail=Text("it is empty", "il est vide"))
    head = [_column(cell) for cell in lines[head_at]]
    if "text" not in head:
        raise FileNotUnderstood(name=name, detail=_NO_TEXT)
    if len({one for one in head if one in COLUMNS}) < sum(one in COLUMNS for one in head):
        raise FileNotUnderstood(name=name, detail=Text("a column is there twice", "une colonne y est deux fois"))
    rows = [
        (number, _cells(head, line))
        for number, line in enumerate(lines[head_at + 1 :], head_at + 2)
        if any(cell.strip() for cell in line)
    ]
    if len(rows) > MOST_ROWS:
        raise FileNotUnderstood(name=name, detail=_TOO_MANY.format(most=MOST_ROWS))
    unknown = tuple(
        cell.strip() for cell, one in zip(lines[head_at], head, strict=True) if one not in COLUMNS and cell.strip()
    )
    return Table(encoding, delimiter, unknown, tuple(rows))


def read_day(written: str, *, day_order: str = "") -> date:
    """ISO, d.m.Y, or with slashes as `day_order` says ("dmy", "mdy"). Raises BadInput: never a guess."""
    written = written.strip()
    if found := _ISO.fullmatch(written):
        year, month, day = map(int, found.groups())
    elif found := _DOTS.fullmatch(written):
        day, month, year = map(int, found.groups())
    elif found := _SLASHES.fullmatch(written):
        first, second, year = map(int, found.groups())
        day, month = _by_order(first, second, written, day_order)
    else:
        raise BadInput(detail=_NO_DAY.format(written=written[:40]))
    try:
        found_day = date(year, month, day)
    except ValueError:
        raise BadInput(detail=_NO_DAY.format(written=written[:40])) from None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadInput(detail=_NO_DAY.format(written=written[:40]))
    return found_day


def read_time(written: str) -> time:
    """9:05, 09:05:30, 9h05, 9 h. Raises BadInput."""
    written = written.strip()
    found = _TIME.fullmatch(written)
    hour = _HOUR.fullmatch(written)
    try:
        if found:
            return time(int(found[1]), int(found[2]), int(found[3] or 0))
        if hour:
            return time(int(hour[1]))
    except ValueError:
        pass
    raise BadInput(detail=_NO_TIME.format(written=written[:40]))


def write_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV that a table program opens as it is meant: what would be a formula there is plain text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(defused, head))
    for row in rows:
        writer.writerow([defused(str(cell)) for cell in row])
    return out.getvalue()


def defused(cell: str) -> str:
    """With an apostrophe before what table programs would run (OWASP, CSV injection)."""
    return f"'{cell}" if cell.lstrip(" \n\u00a0").startswith(_BEGINS_FORMULA) else cell


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    for bom, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(bom):
            return _strictly(data, encoding, name), encoding
    head = data[:400]
    if head.count(0) * 3 > len(head) and head:  # UTF-16 without its mark: every second byte of a Latin text
        encoding = "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
        return _strictly(data, encoding, name), encoding
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return _strictly(data, "cp1252", name), "cp1252"


def _strictly(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise FileNotUnderstood(name=name, detail=_NO_ENCODING) from None


def _known_in(text: str, delimiter: str) -> int:
    lines = csv.reader(io.StringIO(text[:10_000], newline=""), delimiter=delimiter)
    try:
        head = next((line for line in lines if any(cell.strip() for cell in line)), [])
    except csv.Error:
        return 0
    return sum(_column(cell) in COLUMNS for cell in head)


def _column(cell: str) -> str:
    written = " ".join(cell.strip().casefold().replace("_", " ").split())
    return _BY_NAME.get(written, f"? {written}")


def _cells(head: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    found = {column: "" for column in head if column in COLUMNS}
    for column, cell in zip(head, line, strict=False):
        if column in COLUMNS:
            found[column] = cell.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    return found


def _by_order(first: int, second: int, written: str, day_order: str) -> tuple[int, int]:
    """Day and month."""
    if day_order:
        return (first, second) if day_order == "dmy" else (second, first)
    if first != second and first <= 12 and second <= 12:
        raise BadInput(detail=_AMBIGUOUS.format(written=written))
    return (first, second) if second <= 12 else (second, first)


_BROKEN = Text("its quotation marks do not match ({error})", "ses guillemets ne se ferment pas ({error})")
_NO_TEXT = Text("it has no column “text”", "il n’a pas de colonne «\u202ftexte\u202f»")
_TOO_MANY = Text("it has more than {most} rows", "il a plus de {most} lignes")
_NO_ENCODING = Text("its characters are in no encoding known here", "son encodage n’est pas connu ici")
_NO_DAY = Text("“{written}” is no day", "«\u202f{written}\u202f» n’est pas une date")
_NO_TIME = Text("“{written}” is no time", "«\u202f{written}\u202f» n’est pas une heure")
_AMBIGUOUS = Text(
    "“{written}” could be two days: say above how days are written",
    "«\u202f{written}\u202f» peut être deux dates\u202f: indiquez plus haut comment elles sont écrites",
)
