"""`parvis reindex`: write anew what every item is found by, where the rules of folding words have changed."""

import argparse
import sys

from parvis.cli import language, open_django
from parvis.core.wording import Text

NAME = "reindex"
HELP = Text(
    "Write the search index anew, beside everything else that goes on.",
    "Réécrire l’index de recherche, à côté de tout ce qui se passe.",
)
_AFTER = Text("go on after this item (number)", "reprendre après cet élément (numéro)")
_DONE = Text("The index is written anew up to item {last}.", "L’index est réécrit jusqu’à l’élément {last}.")
_NOTHING = Text("There is nothing to write.", "Il n’y a rien à réécrire.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--after", type=int, default=0, metavar="ID", help=_AFTER.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    open_django()
    from parvis.channels.search import fold_again, newest_id

    newest, last = newest_id(), arguments.after
    while (reached := fold_again(last)) is not None:
        last = reached
        if sys.stderr.isatty():
            print(f"\r{last} / {newest}", end="", file=sys.stderr, flush=True)
    done = last > arguments.after
    print((_DONE.format(last=last) if done else _NOTHING).in_language(language()))
    return 0 if done else 1
