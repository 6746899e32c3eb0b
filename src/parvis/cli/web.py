"""`parvis web`: the web server alone; `parvis run` starts it with everything else."""

import argparse
import gc
import os
from importlib import import_module

from parvis.cli import open_django
from parvis.cli.run import die_with_parent
from parvis.conf.hosts import web_address
from parvis.conf.options import read_options
from parvis.core.wording import Text

NAME = "web"
GARBAGE_AT = 20_000
"""Objects more than before, at which Python looks for garbage."""
HELP = Text("Serve the pages (a part of `parvis run`).", "Servir les pages (une partie de `parvis run`).")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)


def run(args: argparse.Namespace) -> int:
    if not read_options()["PARVIS_ADDRESS"]:
        os.environ["PARVIS_ADDRESS"] = web_address(args.host, args.port)
    from granian.constants import Interfaces, Loops, RuntimeModes
    from granian.log import LogLevels
    from granian.server import Server

    open_django()
    from django.conf import settings
    from django.db import connections

    from parvis.web.server import Application

    app = Application()
    import_module(settings.ROOT_URLCONF)  # all screens: a fault in one shows at the start
    gc.collect()
    gc.freeze()  # the processes part below and share what is loaded by now
    gc.set_threshold(GARBAGE_AT)  # a page makes thousands of objects and leaves few: looking so often found nothing

    def in_web_process(*_: object) -> Application:
        die_with_parent()
        connections.close_all()
        return app

    server = Server(
        "parvis.web.server:application",
        address=args.host,
        port=args.port,
        interface=Interfaces.ASGINL,
        workers=settings.OPTIONS["PARVIS_WEB_PROCESSES"],
        runtime_mode=RuntimeModes.st,
        loop=Loops.asyncio,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        backlog=1024,
    )
    server.serve(target_loader=in_web_process, wrap_loader=False)
    return 0
