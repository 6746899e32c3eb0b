"""`parvis html clean FILE --profile comment|article`: the safe part of a piece of HTML. No database is needed."""

import argparse
import sys
from pathlib import Path

from parvis.cli import language, unread
from parvis.core.text.html import Profile, clean_html
from parvis.core.wording import Text

NAME = "html"
HELP = Text("Clean a piece of HTML.", "Assainir un fragment de HTML.")

_CLEAN = Text(
    "print what is safe to show; exit 0: something is left, 1: nothing",
    "afficher ce qui peut être montré sans danger\u202f; code 0\u202f: il reste quelque chose, 1\u202f: rien",
)
_FILE = Text("a file, or - for standard input", "un fichier, ou - pour l’entrée standard")
_PROFILE = Text("how much markup may stay", "combien de balisage peut rester")
_BASE = Text(
    "where relative links start; without it they are dropped",
    "d’où partent les liens relatifs ; sans elle, ils tombent",
)
_NOTHING = Text("Nothing of “{name}” is safe to show.", "Rien de «\u202f{name}\u202f» ne peut être montré sans danger.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    clean = actions.add_parser("clean", help=_CLEAN.in_language(language()))
    clean.add_argument("file", metavar="FILE", help=_FILE.in_language(language()))
    profiles = [profile.value for profile in Profile]
    clean.add_argument("--profile", choices=profiles, required=True, help=_PROFILE.in_language(language()))
    clean.add_argument("--base", default="", metavar="URL", help=_BASE.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    return clean_file(arguments.file, profile=Profile(arguments.profile), base_url=arguments.base)


def clean_file(name: str, *, profile: Profile, base_url: str = "") -> int:
    """Exit code. Raises FileNotUnderstood where the file cannot be opened."""
    clean = clean_html(_text_of(name), profile=profile, base_url=base_url)
    if not clean.strip():
        print(f"parvis: {_NOTHING.format(name=name).in_language(language())}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(clean.encode("utf-8", "replace"))
    if not clean.endswith("\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
    return 0


def _text_of(name: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise unread(name, error) from error
    return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
