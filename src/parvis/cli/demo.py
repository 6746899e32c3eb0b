"""`parvis demo`: a house to look around in, clearly marked as a demonstration."""

import argparse
import secrets
import sys
from datetime import UTC, datetime

from parvis.cli import language, open_django
from parvis.core.errors import BadInput
from parvis.core.wording import Text

NAME = "demo"
HELP = Text("Fill an empty house as a demonstration.", "Remplir une maison vide en démonstration.")

_ITEMS = Text("how many items (2,000)", "nombre de messages (2 000)")
_SEED = Text("the same number gives the same house (1)", "le même nombre donne la même maison (1)")
_FILLED = Text(
    "The demonstration “{name}” is filled: {items} items in {conversations} conversations.",
    "La démonstration « {name} » est remplie : {items} messages dans {conversations} conversations.",
)
_SIGN_IN = Text(
    "Everybody signs in with the password {password}:", "Tout le monde s’identifie avec le mot de passe {password} :"
)
_TOO_FEW = Text("at least {least} items are needed", "il faut au moins {least} messages")
_PROGRESS = Text("{done} of {all} items", "{done} messages sur {all}")
LEAST = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--items", type=int, default=2000, metavar="N", help=_ITEMS.in_language(language()))
    parser.add_argument("--seed", type=int, default=1, metavar="N", help=_SEED.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    if arguments.items < LEAST:
        raise BadInput(detail=_TOO_FEW.format(least=LEAST))
    open_django()
    from parvis.flows.demo import fill_demo

    password = secrets.token_urlsafe(9)
    demo = fill_demo(
        now=datetime.now(UTC),
        password=password,
        item_count=arguments.items,
        seed=arguments.seed,
        progress=_show_progress if sys.stderr.isatty() else None,
    )
    if sys.stderr.isatty():
        print(file=sys.stderr)
    name = demo.company.house.name
    filled = _FILLED.format(name=name, items=demo.item_count, conversations=demo.conversation_count)
    print(filled.in_language(language()))
    print(_SIGN_IN.format(password=password).in_language(language()))
    for member in [demo.company.owner, *demo.company.members]:
        print(f"  {member.email}  {member.name}")
    return 0


def _show_progress(done: int, total: int) -> None:
    print(f"\r{_PROGRESS.format(done=done, all=total).in_language(language())}", end="", file=sys.stderr, flush=True)
