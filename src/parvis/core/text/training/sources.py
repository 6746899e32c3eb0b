"""The sets that may train what ships: each with its licence and whom to credit; read from a directory given by name.

A set is `DIRECTORY/<name>/data.csv` with the columns text, label and lang. Whatever is not listed here never trains.
"""

import csv
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

Row = Mapping[str, str]
OWN_LINES = Path(__file__).parents[1] / "classify" / "words" / "lines.txt"


class Example(NamedTuple):
    source: str
    text: str
    label: str
    language: str
    group: str
    """Texts of one group are on the same side of a split."""


class Source(NamedTuple):
    name: str
    licence: str
    credit: str
    tasks: tuple[str, ...]
    group: str = ""
    """Column by which texts belong together; "" where each stands alone."""
    only_language: str = ""


SOURCES = (
    Source("lid_short", "CC BY 4.0", "Leipzig Corpora Collection, by way of lingua-py (Apache-2.0)", ("language",)),
    Source("lid_udhr_ch", "public domain", "Universal Declaration of Human Rights, UDHR in Unicode", ("language",)),
    Source(
        "lid_gsw", "texts of their authors, annotations CC BY 4.0",
        "NOAH’s Corpus of Swiss German Dialects (Hollenstein, Aepli)", ("language",),
    ),
    Source("spam_youtube", "CC BY 4.0", "TubeSpam (Alberto, Lochter, Almeida 2015)", ("spam", "language"), "video"),
    Source(
        "spam_sms_en_fr_de", "CC BY 4.0", "SMS Spam Collection (Almeida, Gómez Hidalgo 2011), English rows",
        ("spam",), "grp", only_language="en",
    ),
    Source("spam_telegram", "MIT", "tg-spam (umputun)", ("spam",)),
    Source("tox_fr_mlma", "MIT", "MLMA hate speech (Ousidhoum et al. 2019)", ("toxicity", "language")),
    Source("tox_de_germeval2018", "CC BY 4.0", "GermEval 2018 (Wiegand et al.)", ("toxicity", "language")),
    Source("tox_en_davidson", "MIT", "Davidson et al. 2017", ("toxicity", "language")),
)  # fmt: skip


def examples_of(source: Source, directory: Path) -> Iterator[Example]:
    """Raises FileNotFoundError where the set is not there."""
    for number, row in enumerate(_rows(directory / source.name / "data.csv")):
        language = row.get("lang", "")
        if not source.only_language or language == source.only_language:
            group = row[source.group] if source.group else str(number)
            yield Example(source.name, row["text"], row["label"], language, group)


def own_lines() -> Iterator[Example]:
    """Lines that were written for this, each with the task in its source's name."""
    for number, line in enumerate(OWN_LINES.read_text(encoding="utf-8").splitlines()):
        if not line.startswith("#"):
            language, task, label, text = line.split("|", 3)
            yield Example(f"own_{task}", text, label, language, str(number))


def _rows(path: Path) -> Iterator[Row]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
