"""`parvis replay`: parse kept payloads again after a connector was mended."""

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from parvis.cli import language, open_django
from parvis.core.errors import BadInput
from parvis.core.wording import Text

if TYPE_CHECKING:
    from parvis.channels.intake import Replayed

NAME = "replay"
HELP = Text("Parse kept payloads again.", "Analyser de nouveau les données conservées.")

_CHANNEL = Text("only this channel (number or name)", "ce canal seulement (numéro ou nom)")
_ALL = Text("those that were parsed well, too", "aussi celles qui ont été bien analysées")
_NEWER = Text(
    "leave out what this version of a connector, or an older one, had parsed",
    "laisser ce que cette version du connecteur, ou une plus ancienne, avait analysé",
)
_NO_CHANNEL = Text("there is no channel called “{name}”", "il n’y a pas de canal nommé « {name} »")
_DONE = Text(
    "{envelopes} payloads parsed again: {mended} mended, {new} new items, {changed} changed.",
    "{envelopes} données analysées de nouveau : {mended} réparées, {new} nouveaux éléments, {changed} modifiés.",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("channel", nargs="?", help=_CHANNEL.in_language(language()))
    parser.add_argument("--all", action="store_true", help=_ALL.in_language(language()))
    parser.add_argument("--newer-than", type=int, metavar="VERSION", help=_NEWER.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    open_django()
    from parvis.channels.intake import replay, replay_count
    from parvis.channels.queries import channel_named

    channel = channel_named(arguments.channel) if arguments.channel else None
    if arguments.channel and channel is None:
        raise BadInput(detail=_NO_CHANNEL.format(name=arguments.channel))
    chosen = {"everything": arguments.all, "newer_than_version": arguments.newer_than}
    total = replay_count(channel, **chosen)
    done = replay(channel, now=datetime.now(UTC), progress=lambda so_far: _show(so_far, total), **chosen)
    counts = {"envelopes": done.envelope_count, "mended": done.mended_count}
    print(_DONE.format(**counts, new=done.new_count, changed=done.changed_count).in_language(language()))
    return 0 if done.envelope_count else 1


def _show(so_far: "Replayed", total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{so_far.envelope_count} / {total}", end="", file=sys.stderr, flush=True)
