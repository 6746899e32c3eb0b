"""`parvis feed read FILE|URL`: the entries of a feed as JSON lines, sanitised. No database is needed."""

import argparse
import asyncio
import importlib
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

import parvis.connectors
from parvis.cli import language, say, unread
from parvis.core.connector import Connector
from parvis.core.errors import AnswerNotUnderstood, RemoteError
from parvis.core.text.html import Profile, clean_html, plain_as_html
from parvis.core.types import Answer, ItemRecord, Kind, Parsed, Payload, ProfileRecord
from parvis.core.wording import Text

NAME = __name__.rpartition(".")[2]
HELP = Text("Read a feed and print its entries.", "Lire un flux et afficher ses entrées.")

_READ = Text(
    "print each entry as a line of JSON; exit 0: some, 1: none or no feed",
    "afficher chaque entrée en une ligne JSON\u202f; code 0\u202f: il y en a, 1\u202f: aucune, ou pas un flux",
)
_SOURCE = Text("a file, an address, or - for standard input", "un fichier, une adresse, ou - pour l’entrée standard")
_NO_FEED = Text("“{name}” holds no feed.", "«\u202f{name}\u202f» ne contient pas de flux.")
_NOTHING = Text("The feed holds no entry.", "Le flux ne contient aucune entrée.")
_TROUBLE = Text("{where}: {detail}", "{where}\u202f: {detail}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    read_action = actions.add_parser("read", help=_READ.in_language(language()))
    read_action.add_argument("source", metavar="FILE|URL", help=_SOURCE.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    return read(arguments.source)


def read(source: str) -> int:
    """Exit code. Raises FileNotUnderstood where a file cannot be opened, AddressNotUnderstood for an odd address."""
    connector = _connector()
    try:
        if source.startswith(("http://", "https://")):
            parsed, url = asyncio.run(_opened(connector, source))
        else:
            url = ""
            parsed = connector.parse(Payload(endpoint=NAME, url=url, body=_bytes_of(source)))
    except AnswerNotUnderstood:
        return _no(_NO_FEED.format(name=source))
    except RemoteError as error:
        return _no(error.text)
    for problem in parsed.problems:
        say(_TROUBLE.format(where=problem.where, detail=problem.detail))
    if not parsed.items:
        return _no(_NOTHING)
    for item in parsed.items:
        sys.stdout.buffer.write(msgspec.json.encode(line_of(item, url)) + b"\n")
    sys.stdout.buffer.flush()
    return 0


def line_of(item: ItemRecord, url: str = "") -> dict[str, Any]:
    """One entry for other programs; `content` is always safe HTML."""
    html = item.body if item.body_is_html else plain_as_html(item.body)
    profile = Profile.COMMENT if item.kind is Kind.COMMENT else Profile.ARTICLE
    return {
        "id": item.remote_id,
        "title": item.title,
        "url": item.url,
        "author": _author_line(item.author),
        "author_url": item.author.url if item.author else "",
        "published_at": _moment(item.published_at),
        "updated_at": _moment(item.updated_at),
        "content": clean_html(html, profile=profile, base_url=item.facts.get("base_url") or item.url or url),
        "language": item.language,
        "kind": item.kind.value,
        "parent_id": item.parent_id,
        "media": [{"url": media.url, "type": media.kind, "size_bytes": media.size_bytes} for media in item.media],
    }


def _author_line(author: ProfileRecord | None) -> str:
    """“Name (e-mail)”, or the one that is known."""
    if author is None:
        return ""
    email = author.remote_id.removeprefix("mailto:") if author.remote_id.startswith("mailto:") else ""
    return f"{author.name} ({email})" if author.name and email else author.name or email


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _connector() -> Connector:
    found: Connector = importlib.import_module(f"{parvis.connectors.__name__}.{NAME}").connector
    return found


def _bytes_of(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise unread(source, error) from error


async def _opened(connector: Connector, address: str) -> tuple[Parsed, str]:
    """What is at an address: a feed, or a page that names one."""
    from parvis.conf.options import read_options
    from parvis.net import ClientOptions, HttpClient

    allowed = frozenset(read_options()["PARVIS_ALLOWED_PRIVATE_HOSTS"])
    async with HttpClient(ClientOptions(allowed_private_hosts=allowed)) as client:
        answer = await client.request("GET", address)
        try:
            return _parsed(connector, answer), answer.url
        except AnswerNotUnderstood:
            named = sorted(connector.recognise(answer), key=lambda found: -found.certainty)
            if not named:
                raise
        answer = await client.request("GET", named[0].address)
        return _parsed(connector, answer), answer.url


def _parsed(connector: Connector, answer: Answer) -> Parsed:
    headers: Mapping[str, str] = answer.headers
    return connector.parse(
        Payload(endpoint=NAME, url=answer.url, body=answer.body, content_type=headers.get("content-type", ""))
    )


def _no(text: Text) -> int:
    say(text)
    return 1
