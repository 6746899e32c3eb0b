"""`parvis query check|import|match`: the query language from the shell. No database is needed."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from parvis.cli import language, say, unread
from parvis.core.errors import BadInput, FileNotUnderstood, QueryNotUnderstood
from parvis.core.query.cost import Ease, cost_of
from parvis.core.query.dialects import MANNERS
from parvis.core.query.document import document_of
from parvis.core.query.faults import caret_lines
from parvis.core.query.imports import import_query
from parvis.core.query.parser import parse_query
from parvis.core.query.printer import print_query
from parvis.core.query.tree import Query
from parvis.core.wording import Text

NAME = "query"
HELP = Text("Check, import and match queries.", "Vérifier, importer et appliquer des requêtes.")

_CHECK = Text(
    "print a query as it is understood; exit 1: it cannot be read",
    "afficher une requête telle qu’elle est comprise\u202f; code 1\u202f: illisible",
)
_IMPORT = Text("read a query of another tool", "lire une requête d’un autre outil")
_FROM = Text("the tool that it was written for", "l’outil pour lequel elle est écrite")
_MATCH = Text(
    "print for each document, a line of JSON each, the lines of the queries that find it; exit 1: none does",
    "afficher pour chaque document, une ligne JSON chacun, les lignes des requêtes qui le trouvent\u202f; code 1\u202f: aucune",
)
_QUERIES = Text("a file with a query a line", "un fichier, une requête par ligne")
_DOCUMENTS = Text(
    "a file with a JSON document a line, or - for standard input",
    "un fichier, un document JSON par ligne, ou - pour l’entrée standard",
)
_SLOW = Text("slow: {reason}", "lente\u202f: {reason}")
_REFUSED = Text("refused: {reason}", "refusée\u202f: {reason}")
_NOTE = Text("character {at}: {detail}", "caractère {at}\u202f: {detail}")
_NOTHING = Text("Nothing of it could be carried over.", "Rien n’a pu en être repris.")
_LINE = Text("line {n}: {detail}", "ligne {n}\u202f: {detail}")
_NOT_JSON = Text("it is not a JSON object", "ce n’est pas un objet JSON")
_PROGRESS_EVERY = 1000
"""Documents."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    tongue = language()
    check = actions.add_parser("check", help=_CHECK.in_language(tongue), prefix_chars="\0", add_help=False)
    check.add_argument("query", metavar="QUERY")  # it may begin with a hyphen: there are no options
    check.set_defaults(usage=check.format_usage())
    imported = actions.add_parser("import", help=_IMPORT.in_language(tongue))
    imported.add_argument(
        "--from", dest="dialect", choices=sorted(MANNERS), required=True, help=_FROM.in_language(tongue)
    )
    imported.add_argument("query", metavar="QUERY")
    match = actions.add_parser("match", help=_MATCH.in_language(tongue))
    match.add_argument("queries", metavar="QUERIES", help=_QUERIES.in_language(tongue))
    match.add_argument("documents", metavar="DOCS", help=_DOCUMENTS.in_language(tongue))


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "check":
        if arguments.query in {"-h", "--help"}:
            print(arguments.usage, end="")
            return 0
        return check_query(arguments.query)
    if arguments.action == "import":
        return show_import(arguments.query, arguments.dialect)
    return match_files(arguments.queries, arguments.documents)


def check_query(text: str) -> int:
    """Exit code; the parsed form on standard output, or the place of the error on standard error."""
    try:
        query = parse_query(text)
    except QueryNotUnderstood as fault:
        _show(text, fault)
        return 1
    print(print_query(query))
    cost = cost_of(query)
    if cost.reason is not None:
        shape = _REFUSED if cost.kind is Ease.REFUSED else _SLOW
        print(shape.format(reason=cost.reason).in_language(language()))
    return 0


def show_import(text: str, dialect: Any) -> int:
    """Exit code; the query in our language on standard output, what is lost on standard error."""
    try:
        imported = import_query(text, dialect=dialect)
    except QueryNotUnderstood as fault:
        _show(text, fault)
        return 1
    for note in imported.notes:
        say(_NOTE.format(at=note.start + 1, detail=note.text))
    if imported.query.root is None:
        say(_NOTHING)
        return 1
    print(imported.printed)
    return 0


def match_files(queries_name: str, documents_name: str) -> int:
    """Exit code; 1 where nothing was found, or a document could not be read.

    Raises FileNotUnderstood where a file cannot be opened or a query cannot be read.
    """
    from parvis.core.matching import Matcher

    matcher: Matcher[int] = Matcher()
    matcher.add_many(_queries_of(queries_name))
    matcher.settle()
    now = datetime.now(UTC)
    has_found, is_sound = False, True
    for number, line in _lines_of(documents_name):
        try:
            document = document_of(_object(line))
        except BadInput as error:
            say(_LINE.format(n=number, detail=error.text))
            is_sound = False
            continue
        keys = list(matcher.match(document, now=now))
        has_found |= bool(keys)
        print(f'{{"doc": {number}, "queries": {keys}}}')
        _progress(number)
    sys.stdout.flush()
    return 0 if has_found and is_sound else 1


def _queries_of(name: str) -> Iterator[tuple[int, Query]]:
    """(line, query); blank lines and those that begin with # count, but hold none."""
    for number, line in _lines_of(name):
        text = _decoded(line).strip()
        if text.startswith("# ") or text == "#":
            continue
        try:
            yield number, parse_query(text)
        except QueryNotUnderstood as fault:
            raise FileNotUnderstood(name=name, detail=_LINE.format(n=number, detail=_detail(fault))) from fault


def _detail(fault: QueryNotUnderstood) -> Text:
    return Text(fault.text.en.rstrip("."), fault.text.fr.rstrip("."))


def _lines_of(name: str) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers from 1. Raises FileNotUnderstood."""
    try:
        if name == "-":
            yield from _numbered(sys.stdin.buffer)
            return
        with Path(name).open("rb") as file:
            yield from _numbered(file)
    except OSError as error:
        raise unread(name, error) from error


def _numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(file, start=1):
        bare = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if bare.strip():
            yield number, bare


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadInput(detail=_NOT_JSON)
    return found


def _show(text: str, fault: QueryNotUnderstood) -> None:
    say(fault.text)
    for line in caret_lines(text, fault):
        print(f"  {line}", file=sys.stderr)
    if fault.repair is not None:
        print(f"  {fault.repair.in_language(language())}", file=sys.stderr)
    if fault.repaired:
        print(f"  → {fault.repaired}", file=sys.stderr)


def _progress(number: int) -> None:
    if number % _PROGRESS_EVERY == 0 and sys.stderr.isatty():
        print(f"\r{number}", end="", file=sys.stderr)
