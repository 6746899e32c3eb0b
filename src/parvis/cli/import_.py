"""`parvis import FILE --channel NAME`: take in an archive; stopped at any moment, it goes on where it was."""

import argparse
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from parvis.cli import language, open_django
from parvis.core.errors import BadInput
from parvis.core.wording import Text

if TYPE_CHECKING:
    from parvis.jobs.models import Job

NAME = "import"
HELP = Text("Take in an archive file.", "Importer un fichier d’archive.")

_FILE = Text(
    "WordPress export (WXR), Mastodon archive, CSV or JSON Lines",
    "export WordPress (WXR), archive Mastodon, CSV ou JSON Lines",
)
_CHANNEL = Text("the channel that it belongs to (number or name)", "le canal concerné (numéro ou nom)")
_NO_CHANNEL = Text("there is no channel called “{name}”", "il n’y a pas de canal nommé « {name} »")
_DONE = Text(
    "{done} records read, {problems} could not be understood.",
    "{done} enregistrements lus, {problems} incompréhensibles.",
)
_WAIT_S = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=_FILE.in_language(language()))
    parser.add_argument("--channel", required=True, help=_CHANNEL.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    open_django()
    from parvis.channels.queries import channel_named
    from parvis.flows.importing import import_file
    from parvis.jobs.models import JobState

    channel = channel_named(arguments.channel)
    if channel is None:
        raise BadInput(detail=_NO_CHANNEL.format(name=arguments.channel))
    job = _finished(import_file(arguments.file, channel=channel, member=None, now=datetime.now(UTC)))
    if job.state != JobState.DONE:
        print(f"parvis: {job.error or job.state}", file=sys.stderr)
        return 1
    print(_DONE.format(done=job.done_count, problems=job.problem_count).in_language(language()))
    return 0


def _finished(job: "Job") -> "Job":
    """Works on waiting jobs, this one among them, until it has ended: here or in a worker that was quicker."""
    from parvis.jobs.work import run_jobs

    while job.finished_at is None:
        if not run_jobs(f"command-{os.getpid()}", datetime.now(UTC)):
            time.sleep(_WAIT_S)
        job.refresh_from_db()
        _show(job)
    return job


def _show(job: "Job") -> None:
    if sys.stderr.isatty():
        share = job.cursor.get("read_bytes", 0) / (job.cursor.get("total_bytes") or 1)
        bar = "#" * int(share * 40)
        print(f"\r[{bar:40}] {share:4.0%}  {job.done_count}", end="", file=sys.stderr, flush=True)
