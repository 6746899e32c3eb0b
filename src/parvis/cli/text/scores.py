"""`parvis text score FILE.csv --task …`: the same rows with label, score and language added, as they come."""

import argparse
import csv
import io
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from parvis.cli import language, say
from parvis.cli.text.csv_rows import CsvRows
from parvis.core.errors import BadInput
from parvis.core.wording import Text

HELP = Text(
    "print a CSV with label, score (0 to 1) and language added to each row; exit 0: all were scored, 1: none held a text",
    "afficher un CSV avec label, score (0 à 1) et language ajoutés à chaque ligne\u202f; code 0\u202f: toutes sont notées, "
    "1\u202f: aucune n’a de texte",
)
_FILE = Text("a CSV with a header, or - for standard input", "un CSV avec un en-tête, ou - pour l’entrée standard")
_TASK = Text("what to tell of each text", "ce qu’il faut dire de chaque texte")
_COLUMN = Text("the column that is read; text without this option", "la colonne lue\u202f; text sans cette option")
_LANGUAGES = Text(
    "the house’s own languages, such as fr,de,it,en: what is clearly another one is unknown",
    "les langues de la maison, par exemple fr,de,it,en\u202f: ce qui est clairement d’une autre reste inconnu",
)
_NO_LANGUAGE = Text(
    "no model knows the language “{code}”; known are {known}",
    "aucun modèle ne connaît la langue «\u202f{code}\u202f»\u202f; connues\u202f: {known}",
)
_NO_NUMPY = Text(
    "numpy, which the models need, is not installed; install it beside Parvis",
    "numpy, dont les modèles ont besoin, n’est pas installé\u202f; installez-le à côté de Parvis",
)
_NOTHING = Text("“{name}” holds no text.", "«\u202f{name}\u202f» ne contient aucun texte.")
_PROGRESS = Text("{rows} rows", "{rows} lignes")
TASKS = ("spam", "toxicity", "sentiment", "language")
ADDED = ("label", "score", "language")
GIVEN = "given_{name}"
"""What a column of the file is called whose name is one of the added ones."""
BATCH_ROWS = 1_000
PROGRESS_ROWS = 10_000
_LIKELY_FROM = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.csv", help=_FILE.in_language(language()))
    parser.add_argument("--task", required=True, choices=TASKS, help=_TASK.in_language(language()))
    parser.add_argument("--text-column", default="text", metavar="NAME", help=_COLUMN.in_language(language()))
    parser.add_argument("--languages", metavar="CODES", help=_LANGUAGES.in_language(language()))
    parser.set_defaults(run_action=print_scores)


def print_scores(arguments: argparse.Namespace) -> int:
    """Exit code. Raises FileNotUnderstood where the file cannot be read, BadInput where its column is missing."""
    own = _own_languages(arguments.languages)
    told_of([""], arguments.task, own)  # fails before anything is printed, where the models cannot be read
    text_count = row_count = 0
    with CsvRows(arguments.file, [arguments.text_column]) as rows:
        _write([[*_renamed(rows.header), *ADDED]], rows.delimiter)
        width, place = len(rows.header), rows.places[0]
        for batch in _batches(rows):
            texts = [_readable(row[place]) for row in batch]
            told = told_of(texts, arguments.task, own)
            told = [found if text.strip() else ("", "", "") for text, found in zip(texts, told, strict=True)]
            _write(
                [[*row[:width], *found, *row[width:]] for row, found in zip(batch, told, strict=True)], rows.delimiter
            )
            text_count += sum(bool(text.strip()) for text in texts)
            row_count += len(batch)
            if row_count // PROGRESS_ROWS > (row_count - len(batch)) // PROGRESS_ROWS:
                say(_PROGRESS.format(rows=row_count))
    say(_PROGRESS.format(rows=row_count) if text_count else _NOTHING.format(name=arguments.file))
    return 0 if text_count else 1


def told_of(texts: Sequence[str], task: str, languages: Sequence[str] | None) -> list[tuple[str, str, str]]:
    """Label, score and language of each text."""
    try:
        from parvis.core.text.classify.prior import CLASSES, TONE, scores_of, shipped, vectors_and_features
        from parvis.core.text.language import identify
    except ModuleNotFoundError as error:
        raise BadInput(detail=_NO_NUMPY) from error
    guesses = identify(texts, languages=languages)
    codes = [guess.language for guess in guesses]
    if task == "language":
        return [(guess.language, f"{guess.share:.4f}", guess.language) for guess in guesses]
    features, vectors = vectors_and_features(texts, codes)
    shares = shipped().shares(features, vectors, task)
    scores = scores_of(shares, task).tolist()
    if task == TONE:
        names = [CLASSES[TONE][place] for place in shares.argmax(axis=1).tolist()]
    else:
        names = [CLASSES[task][score >= _LIKELY_FROM] for score in scores]
    return [(name, f"{score:.4f}", code) for name, score, code in zip(names, scores, codes, strict=True)]


def _own_languages(written: str | None) -> list[str] | None:
    if written is None:
        return None
    try:
        from parvis.core.text.language import languages_known
    except ModuleNotFoundError as error:
        raise BadInput(detail=_NO_NUMPY) from error
    codes = [code.strip().lower() for code in written.split(",") if code.strip()]
    for code in codes:
        if code not in languages_known():
            raise BadInput(detail=_NO_LANGUAGE.format(code=code, known=", ".join(sorted(languages_known()))))
    return codes


def _renamed(header: Sequence[str]) -> list[str]:
    """The added columns keep their names; the file's own columns of these names are told apart."""
    return [GIVEN.format(name=name.strip().lower()) if name.strip().lower() in ADDED else name for name in header]


def _write(rows: Sequence[Sequence[str]], delimiter: str) -> None:
    lines = io.StringIO(newline="")
    csv.writer(lines, delimiter=delimiter, lineterminator="\n").writerows(rows)
    sys.stdout.buffer.write(lines.getvalue().encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def _batches(rows: CsvRows) -> Iterator[list[list[str]]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH_ROWS)):
        yield batch


def _readable(text: str) -> str:
    """Without the halves of characters that stand for bytes that are no UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
