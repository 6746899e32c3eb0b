"""`parvis run`: web and worker under one supervisor, which stays small (no Django in it)."""

import argparse
import ctypes
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from parvis.cli import language
from parvis.conf.hosts import is_everywhere, opened_at, web_address
from parvis.conf.options import OptionWrong, read_options
from parvis.core.wording import Text

NAME = "run"
HELP = Text("Start the desk: pages and worker.", "Démarrer le desk : pages et worker.")

FREE_SPACE_BYTES = 100_000_000
STOP_WITHIN_S = 8.0
RESTART_AFTER_S = 1.0
PR_SET_PDEATHSIG = 1

PORT_TAKEN = Text(
    "Port {port} is taken by another program; choose another one: script/run --port {other}",
    "Le port {port} est déjà pris par un autre programme ; choisissez-en un autre : script/run --port {other}",
)
HOST_UNKNOWN = Text(
    "This machine has no address {host}; choose one of its own: script/run --host 127.0.0.1",
    "Cette machine n’a pas l’adresse {host} ; choisissez l’une des siennes : script/run --host 127.0.0.1",
)
PORT_REFUSED = Text(
    "Port {port} is reserved for the system; choose one above 1023: script/run --port 8000",
    "Le port {port} est réservé au système ; choisissez-en un au-dessus de 1023 : script/run --port 8000",
)
NOT_WRITABLE = Text(
    "The data directory {path} is not writable: {detail}; choose another one with --data.",
    "Le dossier de données {path} n’est pas accessible en écriture : {detail} ; choisissez-en un autre avec --data.",
)
DISK_FULL = Text(
    "The disk with {path} is full ({free} MB free, {needed} MB needed); make room and start again. Nothing was changed.",
    "Le disque de {path} est plein ({free} Mo libres, {needed} Mo nécessaires) ; libérez de la place et recommencez. "
    "Rien n’a été changé.",
)
NOT_PREPARED = Text(
    "The database or the static files could not be brought up to date; the lines above say why.",
    "La base ou les fichiers statiques n’ont pas pu être mis à jour ; les lignes ci-dessus disent pourquoi.",
)
READY = Text(
    "Parvis is open at {address} (Ctrl-C stops it).", "Parvis est ouvert à l’adresse {address} (Ctrl-C l’arrête)."
)
READY_FOR_ALL = Text(
    "Parvis is open at {address} for everybody who reaches this machine, and at {local} on it (Ctrl-C stops it).",
    "Parvis est ouvert à l’adresse {address} pour quiconque atteint cette machine, et sur elle à {local} "
    "(Ctrl-C l’arrête).",
)
ENTER = Text(
    "\nOpen this link to enter (once, within 24 hours):\n\n    {link}\n",
    "\nOuvrez ce lien pour entrer (une fois, dans les 24 heures) :\n\n    {link}\n",
)
STOPPING = Text("Stopping …", "Arrêt …")
FELL = Text("{name} ended unexpectedly and is started again.", "{name} s’est arrêté de façon inattendue et redémarre.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, help="the data directory (PARVIS_DATA)")
    parser.add_argument("--demo", action="store_true", help="a demonstration house, in a data directory of its own")


@dataclass
class Part:
    """A child process that is kept running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    start_at: float = 0.0
    started: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=die_with_parent)  # noqa: PLW1509
        self.started.append(time.monotonic())


def run(args: argparse.Namespace) -> int:
    try:
        options = read_options()
    except OptionWrong as error:
        return _refuse(Text(str(error), str(error)))
    data = data_dir(args, options["PARVIS_DATA"])
    os.environ["PARVIS_DATA"] = str(data)
    address = options["PARVIS_ADDRESS"] or web_address(args.host, args.port)
    os.environ["PARVIS_ADDRESS"] = address
    if trouble := _trouble_with(data) or _trouble_at(args.host, args.port):
        return _refuse(trouble)
    prepare = [*_parvis(), "prepare", "--address", opened_at(address), *(["--demo"] if args.demo else [])]
    prepared = subprocess.run(prepare, stdout=subprocess.PIPE, text=True, check=False)
    if prepared.returncode != 0:
        return _refuse(NOT_PREPARED)
    return _Supervisor(args.host, args.port, link=prepared.stdout.strip()).run()


def data_dir(args: argparse.Namespace, named: Path) -> Path:
    """Where the house lies; a demonstration beside the real one, under its name with “-demo”."""
    if args.data:
        chosen: Path = args.data.resolve()
        return chosen
    named = named.resolve()
    return named.parent / f"{named.name}-demo" if args.demo else named


def _parvis() -> list[str]:
    return [sys.executable, "-m", "parvis"]


def _say(text: Text) -> None:
    print(text.in_language(language()), file=sys.stderr, flush=True)


def _refuse(text: Text) -> int:
    _say(Text(f"parvis: {text.en}", f"parvis : {text.fr}"))
    return 1


def _named(host: str) -> str:
    return "127.0.0.1" if is_everywhere(host) else host


def _trouble_with(data: Path) -> Text | None:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)  # sessions and mails lie there
        probe = data / f".probe-{os.getpid()}"
        probe.write_bytes(b"0" * 65_536)
        probe.unlink()
        free = shutil.disk_usage(data).free
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return DISK_FULL.format(path=data, free=0, needed=FREE_SPACE_BYTES // 1_000_000)
        return NOT_WRITABLE.format(path=data, detail=os.strerror(error.errno or errno.EIO))
    if free < FREE_SPACE_BYTES:
        return DISK_FULL.format(path=data, free=free // 1_000_000, needed=FREE_SPACE_BYTES // 1_000_000)
    return None


def _trouble_at(host: str, port: int) -> Text | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EACCES:
                return PORT_REFUSED.format(port=port)
            if error.errno == errno.EADDRINUSE:
                return PORT_TAKEN.format(port=port, other=port + 1)
            return HOST_UNKNOWN.format(host=host)
        except OverflowError:
            return PORT_REFUSED.format(port=port)
    return None


def die_with_parent() -> None:
    """A child of a supervisor that was killed ends too, instead of holding the port."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class _Supervisor:
    def __init__(self, host: str, port: int, *, link: str) -> None:
        self.host, self.port, self.link = host, port, link
        self.parts = [
            Part("web", [*_parvis(), "web", "--host", host, "--port", str(port)]),
            Part("worker", [*_parvis(), "worker", "--quiet"]),
        ]
        self.is_stopping = False
        self.is_announced = False

    def run(self) -> int:
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)
        for part in self.parts:
            part.start()
        while not self.is_stopping:
            self._look_after()
            time.sleep(0.1 if not self.is_announced else 0.5)
        return self._stop()

    def _ask_to_stop(self, number: int, frame: object) -> None:
        del number, frame
        self.is_stopping = True

    def _look_after(self) -> None:
        if not self.is_announced and self._is_open():
            self.is_announced = True
            self._announce()
        for part in self.parts:
            if part.process is None:
                if time.monotonic() >= part.start_at:
                    part.start()
            elif part.process.poll() is not None and not self.is_stopping:
                _say(FELL.format(name=part.name))
                part.process = None
                part.start_at = time.monotonic() + min(RESTART_AFTER_S * 2 ** _recent(part.started), 60)

    def _is_open(self) -> bool:
        try:
            with socket.create_connection((_named(self.host), self.port), timeout=0.5):
                return True
        except OSError:
            return False

    def _announce(self) -> None:
        local = web_address(_named(self.host), self.port)
        if is_everywhere(self.host):
            _say(READY_FOR_ALL.format(address=opened_at(os.environ["PARVIS_ADDRESS"]), local=local))
        else:
            _say(READY.format(address=local))
        if self.link:
            _say(ENTER.format(link=self.link))

    def _stop(self) -> int:
        _say(STOPPING)
        running = [part.process for part in self.parts if part.process and part.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for process in running:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return 0


def _recent(starts: list[float]) -> int:
    """How often it was started within the last minute."""
    return sum(1 for at in starts if at > time.monotonic() - 60)
