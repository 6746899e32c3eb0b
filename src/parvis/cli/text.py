"""`parvis text stories FILE.jsonl`: engines that read texts. No database is needed."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from parvis.cli import language
from parvis.core.errors import FileNotUnderstood
from parvis.core.text.stories import StoryIndex
from parvis.core.wording import Text

NAME = "text"
HELP = Text("Read texts: which tell the same.", "Lire des textes\u202f: lesquels disent la même chose.")

_STORIES = Text(
    "print for each line the line that its story began with; exit 0: all were read, 1: none, or some hold no text",
    "afficher pour chaque ligne celle où son sujet a commencé\u202f; code 0\u202f: toutes ont été lues, "
    "1\u202f: aucune, ou certaines sont sans texte",
)
_FILE = Text(
    "a file of JSON lines with a “text” each, or - for standard input",
    "un fichier de lignes JSON avec un «\u202ftext\u202f» chacune, ou - pour l’entrée standard",
)
_NO_TEXT = Text(
    "Line {line} holds no JSON object with a text; it has no story.",
    "La ligne {line} ne contient pas d’objet JSON avec un texte\u202f; elle n’a pas de sujet.",
)
_NOTHING = Text("“{name}” holds no text.", "«\u202f{name}\u202f» ne contient aucun texte.")
_PROGRESS = Text("{lines} lines, {stories} stories", "{lines} lignes, {stories} sujets")
_PROGRESS_LINES = 10_000
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""Lines carry no moment, and nothing is forgotten on the way."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    stories = actions.add_parser("stories", help=_STORIES.in_language(language()))
    stories.add_argument("file", metavar="FILE.jsonl", help=_FILE.in_language(language()))
    stories.set_defaults(run_action=lambda arguments: print_stories(arguments.file))


def run(arguments: argparse.Namespace) -> int:
    code: int = arguments.run_action(arguments)
    return code


def print_stories(name: str) -> int:
    """Exit code. Raises FileNotUnderstood where the file cannot be opened."""
    index: StoryIndex[int] = StoryIndex()
    read_count = left_out_count = 0
    for line, text in _texts(name):
        if text is None:
            left_out_count += 1
            _say(_NO_TEXT.format(line=line))
            _print({"doc": line, "story": None})
            continue
        read_count += 1
        placement = index.place(line, text, at=_ANY_TIME)
        likeness = round(placement.likeness, 3)
        _print({"doc": line, "story": placement.story, "nearest": placement.nearest_key, "likeness": likeness})
        if read_count % _PROGRESS_LINES == 0:
            _say(_PROGRESS.format(lines=read_count, stories=len(index)))
    sys.stdout.buffer.flush()
    if not read_count:
        _say(_NOTHING.format(name=name))
    return 1 if left_out_count or not read_count else 0


def _texts(name: str) -> Iterator[tuple[int, str | None]]:
    """Line numbers from 1, empty lines left out, and the text of each, or None where there is none."""
    try:
        with _opened(name) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _text_of(line)
    except OSError as error:
        raise FileNotUnderstood(name=name, detail=error.strerror or type(error).__name__) from error


def _opened(name: str) -> Any:
    source: IO[bytes] = sys.stdin.buffer
    return nullcontext(source) if name == "-" else Path(name).open("rb")


def _text_of(line: bytes) -> str | None:
    try:
        found = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    text = found.get("text") if isinstance(found, dict) else None
    return text if isinstance(text, str) else None


def _print(row: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")


def _say(text: Text) -> None:
    print(f"parvis: {text.in_language(language())}", file=sys.stderr)
