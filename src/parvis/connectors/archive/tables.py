"""CSV, JSON Lines and JSON arrays: records of named fields. Encoding and delimiter are found out."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec

from parvis.connectors.archive import json_stream
from parvis.connectors.archive.fields import field_of
from parvis.connectors.archive.records import RECORD_LIMIT_BYTES, Broken, Read

DELIMITERS = ",;\t|"
DECODER_CHUNK_BYTES = 1_048_576


def is_csv(path: Path, sample: bytes) -> bool:
    """Whether a file's first line names a column with a text."""
    first = sample.decode(_encoding(path), "replace").lstrip("\ufeff").splitlines()[:1]
    names = next(csv.reader(first, delimiter=_delimiter(first[0])), []) if first else []
    return bool({"body", "title"} & {field_of(name) for name in names})


def read_csv(path: Path) -> Iterator[Read]:
    """Each row by the names in the first line; a row with other than its number of fields is Broken."""
    csv.field_size_limit(RECORD_LIMIT_BYTES)
    encoding = _encoding(path)
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, errors="replace", newline="") as text:
        first = text.readline()
        text.seek(0)
        rows = csv.reader((line.replace("\0", "") for line in text), delimiter=_delimiter(first))
        names = [name.lstrip("\ufeff").strip() for name in next(rows, [])]
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Broken(f"line {rows.line_num}: {error}"), raw.tell()
                continue
            if not row:
                continue
            if len(row) == len(names):
                yield dict(zip(names, row, strict=True)), raw.tell()
            else:
                yield Broken(f"line {rows.line_num}: {len(row)} fields instead of {len(names)}"), raw.tell()


def read_json_lines(path: Path) -> Iterator[Read]:
    decode = msgspec.json.Decoder().decode
    read_bytes = 0
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(RECORD_LIMIT_BYTES), b""), 1):
            read_bytes += len(line)
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if not text:
                continue
            try:
                found = decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield Broken(f"line {number}: {error}"), read_bytes
                continue
            yield found if isinstance(found, dict) else Broken(f"line {number}: no object"), read_bytes


def read_json_array(path: Path) -> Iterator[Read]:
    with path.open("rb") as file:
        for found, read_bytes in json_stream.members(file):
            yield found if isinstance(found, dict | Broken) else Broken("no object"), read_bytes


def _encoding(path: Path) -> str:
    """By the byte order mark, else UTF-8 where all of it is that, else what Windows writes."""
    with path.open("rb") as file:
        mark = file.read(3)
        if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(mark)
            while piece := file.read(DECODER_CHUNK_BYTES):
                decoder.decode(piece)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _delimiter(line: str) -> str:
    """The one that parts the first line most often, outside quotation marks."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)
