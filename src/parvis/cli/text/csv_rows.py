"""Rows of any CSV that people have: with or without a byte order mark, with commas, semicolons, tabs or bars."""

import codecs
import csv
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from parvis.cli import unread
from parvis.core.errors import BadInput, FileNotUnderstood
from parvis.core.wording import Text

_NO_COLUMN = Text(
    "“{name}” has no column “{column}”; it has {columns}",
    "«\u202f{name}\u202f» n’a pas de colonne «\u202f{column}\u202f»\u202f; il a {columns}",
)
_BROKEN = Text("row {row}: {detail}", "ligne {row}\u202f: {detail}")
_DELIMITERS = ",;\t|"
_SAMPLE_BYTES = 65_536
_MOST_NAMED = 12


class CsvRows:
    """A context that yields the rows after the header, as long as it at least; rows without any cell are left out.

    Bytes that are no UTF-8 stay as they are. Raises FileNotUnderstood where the file cannot be read, BadInput where a
    wanted column is missing.
    """

    def __init__(self, name: str, wanted: Sequence[str]) -> None:
        self.name = name
        self._source = self._opened()
        try:
            sample = self._source.peek(_SAMPLE_BYTES)[:_SAMPLE_BYTES]  # type: ignore[attr-defined]
            encoding = _encoding_of(sample)
            lines = io.TextIOWrapper(self._source, encoding, errors=_errors_of(encoding), newline="")
            self.delimiter = _delimiter_of(sample.decode(encoding, "replace"))
        except OSError as error:
            raise unread(name, error) from error
        csv.field_size_limit(sys.maxsize)
        self._reader = csv.reader(lines, delimiter=self.delimiter)
        self.header = next(self._filled(), [])
        self.places = [self._place_of(column) for column in wanted]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.name != "-":
            self._source.close()

    def __iter__(self) -> Iterator[list[str]]:
        width = len(self.header)
        for row in self._filled():
            yield row if len(row) >= width else row + [""] * (width - len(row))

    def _filled(self) -> Iterator[list[str]]:
        try:
            yield from filter(None, self._reader)
        except OSError as error:
            raise unread(self.name, error) from error
        except csv.Error as error:
            detail = _BROKEN.format(row=self._reader.line_num, detail=str(error))
            raise FileNotUnderstood(name=self.name, detail=detail) from error

    def _opened(self) -> IO[bytes]:
        try:
            return sys.stdin.buffer if self.name == "-" else Path(self.name).open("rb")
        except OSError as error:
            raise unread(self.name, error) from error

    def _place_of(self, column: str) -> int:
        """By its name as it is written; else without regard to capitals and spaces around it."""
        if column in self.header:
            return self.header.index(column)
        loose = [name.strip().casefold() for name in self.header]
        if column.strip().casefold() in loose:
            return loose.index(column.strip().casefold())
        columns = ", ".join(f"“{name}”" for name in self.header[:_MOST_NAMED]) or "–"
        raise BadInput(detail=_NO_COLUMN.format(name=self.name, column=column, columns=columns))


def _encoding_of(sample: bytes) -> str:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _errors_of(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8-sig" else "replace"


def _delimiter_of(sample: str) -> str:
    """What stands most often outside of quotes in the first line that holds anything."""
    is_quoted = False
    counts = dict.fromkeys(_DELIMITERS, 0)
    seen = False
    for char in sample:
        if char == '"':
            is_quoted = not is_quoted
        elif not is_quoted and char in counts:
            counts[char] += 1
        elif not is_quoted and char in "\r\n" and seen:
            break
        seen = seen or not char.isspace()
    return max(counts, key=lambda delimiter: counts[delimiter])
