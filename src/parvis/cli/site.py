"""`parvis site inspect FILE.html … --url URL`: what a page of one's own site should not contain. No database is needed."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from parvis.cli import language, say, unread
from parvis.core.errors import AddressNotUnderstood
from parvis.core.integrity import Finding, Page, SiteFacts, gather, inspect
from parvis.core.wording import Text

NAME = "site"
HELP = Text(
    "Look at pages of one’s own site for what others have put there.",
    "Chercher dans les pages de son propre site ce que d’autres y ont mis.",
)

_INSPECT = Text(
    "print each finding as a line of JSON (kind, severity, href, evidence); exit 0: some, 1: none",
    "afficher chaque constat en une ligne JSON (kind, severity, href, evidence)\u202f; code 0\u202f: il y en a, 1\u202f: aucun",
)
_FILE = Text(
    "a page as the server gave it, or - for standard input; several ones are taken for pages of the same site",
    "une page telle que le serveur l’a donnée, ou - pour l’entrée standard\u202f; plusieurs sont prises pour des pages "
    "du même site",
)
_URL = Text("where the page was read: the site’s own address", "où la page a été lue\u202f: l’adresse du site")
_PROGRESS = Text("{done} of {count} files", "{done} fichiers sur {count}")
_PROGRESS_FILES = 100
_ADDRESS = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)
_FEWEST_FOR_A_SITE = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    action = actions.add_parser("inspect", help=_INSPECT.in_language(language()))
    action.add_argument("files", nargs="+", metavar="FILE.html", help=_FILE.in_language(language()))
    action.add_argument("--url", required=True, metavar="URL", help=_URL.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    return print_findings(arguments.files, url=arguments.url)


def print_findings(names: Sequence[str], *, url: str) -> int:
    """Exit code. Raises FileNotUnderstood where a file cannot be opened, AddressNotUnderstood for an odd address."""
    if not _ADDRESS.match(url):
        raise AddressNotUnderstood(address=url)
    names = list(dict.fromkeys(names))
    typed = Page.of_bytes(sys.stdin.buffer.read()) if "-" in names else None
    known = _known(names, typed, url=url)
    is_any = False
    for number, (name, page) in enumerate(_pages(names, typed), 1):
        for finding in inspect(page, url=url, known=known):
            is_any = True
            place = {"file": name} if len(names) > 1 else {}
            sys.stdout.buffer.write(msgspec.json.encode(place | line_of(finding)) + b"\n")
        if number % _PROGRESS_FILES == 0:
            say(_PROGRESS.format(done=number, count=len(names)))
    sys.stdout.buffer.flush()
    return 0 if is_any else 1


def line_of(finding: Finding) -> dict[str, Any]:
    """One finding for other programs; the sentences are in the language of the terminal."""
    return {
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "href": finding.href or None,
        "evidence": finding.evidence.in_language(language()),
        "mend": finding.mend.in_language(language()),
    }


def _known(names: Sequence[str], typed: Page | None, *, url: str) -> SiteFacts | None:
    """What several pages tell about their site."""
    if len(names) < _FEWEST_FOR_A_SITE:
        return None
    return gather((page, url) for _, page in _pages(names, typed))


def _pages(names: Sequence[str], typed: Page | None) -> Iterator[tuple[str, Page]]:
    for name in names:
        if name == "-" and typed is not None:
            yield name, typed
            continue
        try:
            yield name, Page.of_bytes(Path(name).read_bytes())
        except (OSError, ValueError) as error:
            raise unread(name, error) from error
