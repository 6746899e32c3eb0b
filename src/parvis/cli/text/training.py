"""`parvis text train --data DIR`: makes the shipped models anew from the free sets, and tells their figures."""

import argparse
import sys
from pathlib import Path

import msgspec

import parvis.core.text
from parvis.cli import language, unread
from parvis.core.wording import Text

HELP = Text(
    "make the shipped models anew from a directory of free sets, and print their figures as JSON lines; exit 0: made",
    "refaire les modèles livrés à partir d’un répertoire de jeux libres, et afficher leurs chiffres en lignes JSON\u202f; "
    "code 0\u202f: faits",
)
_DATA = Text(
    "a directory with a folder a set, each with a data.csv",
    "un répertoire avec un dossier par jeu, chacun avec un data.csv",
)
_OUT = Text(
    "where to write them; the installed program’s own place without this option",
    "où les écrire\u202f; l’emplacement du programme installé sans cette option",
)
_WRITTEN = Text("“{path}” is written.", "«\u202f{path}\u202f» est écrit.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, metavar="DIR", help=_DATA.in_language(language()))
    parser.add_argument("--out", metavar="DIR", help=_OUT.in_language(language()))
    parser.set_defaults(run_action=train)


def train(arguments: argparse.Namespace) -> int:
    """Exit code. Raises FileNotUnderstood for a set that cannot be read."""
    from parvis.core.text.training import making

    out = Path(arguments.out) if arguments.out else Path(parvis.core.text.__path__[0])
    try:
        sets = making.sets_in(Path(arguments.data))
    except OSError as error:
        raise unread(error.filename or arguments.data, error) from error
    for figure in making.figures(sets, say=_say):
        sys.stdout.buffer.write(msgspec.json.encode(figure) + b"\n")
        sys.stdout.buffer.flush()
    for path in making.write(making.make(sets, say=_say), out):
        _say(_WRITTEN.format(path=path).in_language(language()))
    return 0


def _say(sentence: str) -> None:
    print(f"parvis: {sentence}", file=sys.stderr)
