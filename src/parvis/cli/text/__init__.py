"""`parvis text stories|count|score|train`: engines that read texts. No database is needed."""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

import parvis.connectors
from parvis.cli import language, say, unread
from parvis.cli.text import scores, training
from parvis.core.errors import BadInput, FileNotUnderstood
from parvis.core.measuring import Measure, Measured, TextPart, TextRules
from parvis.core.measuring.platforms import platforms
from parvis.core.text.stories import StoryIndex
from parvis.core.wording import Text

NAME = "text"
HELP = Text(
    "Read texts: which tell the same, how long they are on a platform, and what they are.",
    "Lire des textes\u202f: lesquels disent la même chose, leur longueur sur une plateforme, et ce qu’ils sont.",
)

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
_COUNT = Text(
    "print the length of each file’s text as a platform counts it; exit 0: within the limit, 1: too long",
    "afficher la longueur du texte de chaque fichier comme une plateforme la compte\u202f; code 0\u202f: dans la limite, "
    "1\u202f: trop long",
)
_COUNTED_FILE = Text(
    "a text in UTF-8, or - for standard input; its last line end is the file’s, not the text’s",
    "un texte en UTF-8, ou - pour l’entrée standard\u202f; sa dernière fin de ligne est du fichier, pas du texte",
)
_PLATFORM = Text("whose counting, such as {examples}", "celle qui compte, par exemple {examples}")
_PART = Text(
    "which part of a post the text is: {parts}; text without this option",
    "quelle partie d’une publication est le texte\u202f: {parts}\u202f; text sans cette option",
)
_JSON = Text(
    "print a line of JSON: all units, the limits, what is left, where it is too long",
    "afficher une ligne JSON\u202f: toutes les unités, les limites, ce qui reste, où c’est trop long",
)
_NO_PLATFORM = Text(
    "there are no rules of counting for “{slug}”; known are {known}",
    "aucune règle de comptage n’existe pour «\u202f{slug}\u202f»\u202f; connues\u202f: {known}",
)
_NO_UTF8 = Text("it is not in UTF-8", "il n’est pas en UTF-8")
_TOO_LONG = Text(
    "“{name}” is too long for {slug}: {length} of at most {most} ({unit}).",
    "«\u202f{name}\u202f» est trop long pour {slug}\u202f: {length}, au plus {most} ({unit}).",
)
_PROGRESS = Text("{lines} lines, {stories} stories", "{lines} lignes, {stories} sujets")
_PROGRESS_LINES = 10_000
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""Lines carry no moment, and nothing is forgotten on the way."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    stories = actions.add_parser("stories", help=_STORIES.in_language(language()))
    stories.add_argument("file", metavar="FILE.jsonl", help=_FILE.in_language(language()))
    stories.set_defaults(run_action=lambda arguments: print_stories(arguments.file))
    count = actions.add_parser("count", help=_COUNT.in_language(language()))
    count.add_argument("files", nargs="+", metavar="FILE", help=_COUNTED_FILE.in_language(language()))
    examples = ", ".join(list(platforms())[:3])
    slug_help = _PLATFORM.format(examples=examples).in_language(language())
    count.add_argument("--platform", required=True, metavar="SLUG", help=slug_help)
    part_help = _PART.format(parts=", ".join(TextPart)).in_language(language())
    count.add_argument("--part", choices=list(TextPart), default=TextPart.TEXT, metavar="PART", help=part_help)
    count.add_argument("--json", action="store_true", help=_JSON.in_language(language()))
    count.set_defaults(run_action=print_lengths)
    scores.add_arguments(actions.add_parser("score", help=scores.HELP.in_language(language())))
    training.add_arguments(actions.add_parser("train", help=training.HELP.in_language(language())))


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
            say(_NO_TEXT.format(line=line))
            _print({"doc": line, "story": None})
            continue
        read_count += 1
        placement = index.place(line, text, at=_ANY_TIME)
        likeness = round(placement.likeness, 3)
        _print({"doc": line, "story": placement.story, "nearest": placement.nearest_key, "likeness": likeness})
        if read_count % _PROGRESS_LINES == 0:
            say(_PROGRESS.format(lines=read_count, stories=len(index)))
    sys.stdout.buffer.flush()
    if not read_count:
        say(_NOTHING.format(name=name))
    return 1 if left_out_count or not read_count else 0


def print_lengths(arguments: argparse.Namespace) -> int:
    """Exit code. Raises BadInput for an unknown platform, FileNotUnderstood where a file cannot be read."""
    slug = arguments.platform.lower().replace("_", "-")
    measure = Measure(_rules_of(slug), part=TextPart(arguments.part))
    is_any_over = False
    for name in arguments.files:
        measured = measure(_whole_text(name))
        if arguments.json:
            _print({"file": name, "platform": slug, "part": arguments.part, **_facts_of(measured)})
        else:
            sys.stdout.buffer.write(b"%d\n" % measured.length)
        for over in (counted for counted in measured.units if counted.is_over):
            is_any_over = True
            places = {"length": over.length, "most": over.most, "unit": over.limit.unit.value}
            say(_TOO_LONG.format(name=name, slug=slug, **places))
    sys.stdout.buffer.flush()
    return 1 if is_any_over else 0


def _facts_of(measured: Measured) -> dict[str, Any]:
    units = [
        {
            "unit": counted.limit.unit.value,
            "length": counted.length,
            "most": counted.most,
            "left": counted.left,
            "over": counted.is_over,
            "source": counted.limit.source,
            "checked_on": counted.limit.checked_on,
        }
        for counted in measured.units
    ]
    return {
        "length": measured.length,
        "unit": measured.units[0].limit.unit.value,
        "most": measured.most,
        "left": measured.left,
        "over": measured.is_over,
        "units": units,
        "too_long": measured.too_long,
    }


def _rules_of(slug: str) -> TextRules:
    known = {name: platform.text_rules for name, platform in platforms().items()} | _connected_rules()
    if slug not in known:
        raise BadInput(detail=_NO_PLATFORM.format(slug=slug, known=", ".join(sorted(known))))
    return known[slug]


def _connected_rules() -> dict[str, TextRules]:
    """Of the connectors that are written to."""
    names = sorted(found.name for found in pkgutil.iter_modules(parvis.connectors.__path__) if found.ispkg)
    found = (importlib.import_module(f"{parvis.connectors.__name__}.{name}").connector for name in names)
    return {connector.slug: connector.text_rules for connector in found if connector.text_rules is not None}


def _whole_text(name: str) -> str:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = content.removeprefix(b"\xef\xbb\xbf").decode()
    except OSError as error:
        raise unread(name, error) from error
    except UnicodeDecodeError as error:
        raise FileNotUnderstood(name=name, detail=_NO_UTF8) from error
    return text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")


def _texts(name: str) -> Iterator[tuple[int, str | None]]:
    """Line numbers from 1, empty lines left out, and the text of each, or None where there is none."""
    try:
        with _opened(name) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _text_of(line)
    except OSError as error:
        raise unread(name, error) from error


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
