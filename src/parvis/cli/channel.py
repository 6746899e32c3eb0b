"""`parvis channel`: what is connected and how it fares; read one now; seal all credentials with the newest key."""

import argparse
import asyncio
import os
from datetime import UTC, datetime

from parvis.cli import language, open_django
from parvis.core.errors import BadInput, Conflict
from parvis.core.wording import Text

NAME = "channel"
HELP = Text("List, read and re-key channels.", "Lister, lire et rechiffrer les canaux.")

_LIST = Text("every channel with its state", "chaque canal et son état")
_SYNC = Text("read one channel now", "lire un canal maintenant")
_ROTATE = Text(
    "seal all credentials again with the newest of PARVIS_SECRET_KEYS",
    "chiffrer de nouveau tous les identifiants avec la clé la plus récente de PARVIS_SECRET_KEYS",
)
_WHICH = Text("number or name", "numéro ou nom")
_NO_CHANNEL = Text("there is no channel called “{name}”", "il n’y a pas de canal nommé « {name} »")
_BUSY = Text("the channel is being read", "le canal est en cours de lecture")
_WORKER = Text("A worker", "Un processus")
_SYNCED = Text("{new} new items, {changed} changed.", "{new} nouveaux éléments, {changed} modifiés.")
_ROTATED = Text("The credentials of {count} channels were sealed again.", "Identifiants de {count} canaux rechiffrés.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help=_LIST.in_language(language()))
    sync = actions.add_parser("sync", help=_SYNC.in_language(language()))
    sync.add_argument("channel", help=_WHICH.in_language(language()))
    actions.add_parser("rotate-keys", help=_ROTATE.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    open_django()
    if arguments.action == "list":
        return _list()
    if arguments.action == "sync":
        return _sync(arguments.channel)
    from parvis.channels.vault import rotate
    from parvis.publishing.calendar_feeds import reseal_feeds

    reseal_feeds()
    print(_ROTATED.format(count=rotate()).in_language(language()))
    return 0


def _list() -> int:
    from parvis.channels.queries import all_channels

    channels = list(all_channels())
    for channel in channels:
        error = (channel.error or {}).get("fr" if language().startswith("fr") else "en", "")
        print(channel.pk, channel.connector, channel.state, channel.item_count, channel.name, error, sep="\t")
    return 0 if channels else 1


def _sync(written: str) -> int:
    from parvis.channels.queries import channel_named
    from parvis.channels.sessions import http_client
    from parvis.channels.sync import SyncResult, hold_channel, sync_channel
    from parvis.jobs.claim import release

    channel = channel_named(written)
    if channel is None:
        raise BadInput(detail=_NO_CHANNEL.format(name=written))
    worker = f"command-{os.getpid()}"
    held = hold_channel(channel, worker=worker, now=datetime.now(UTC))
    if held is None:
        raise Conflict(who=_WORKER, detail=_BUSY)

    async def read() -> SyncResult:
        async with http_client() as client:
            return await sync_channel(held, client, now=datetime.now(UTC), worker=worker)

    try:
        result = asyncio.run(read())
    finally:
        release(held)
    if result.error is not None:
        raise result.error
    print(_SYNCED.format(new=result.new_count, changed=result.changed_count).in_language(language()))
    return 0
