"""Chromium against the real web processes, with a house of its own in a directory of its own."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from parvis.testing.prepared import copy_database, named, prepare

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HERE = Path(__file__).parent
CONVERSATIONS = 70
CLOSES_WITHIN_S = 60
SHOWN_WITHIN_MS = 30_000
"""A machine that does much else takes its time; who is quick is not kept waiting."""


@dataclass
class Desk:
    """A running desk. `keys` are the session keys of the cast, by name."""

    address: str
    keys: dict[str, str]
    data_dir: Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed: apt install chromium"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(data_dir: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    return {
        **kept,
        "PARVIS_DATA": str(data_dir),
        "PARVIS_WEB_PROCESSES": "1",
        "DJANGO_SETTINGS_MODULE": "parvis.conf.settings",
        "PYTHONPATH": str(HERE.parents[1] / "src"),
        **_own_database(),
    }


def _own_database() -> dict[str, str]:
    """On PostgreSQL a new database beside the tests' own; on SQLite the data directory has it."""
    server = os.environ.get("PARVIS_DATABASE")
    if not server:
        return {}
    import psycopg

    name = f"desk_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return {"PARVIS_DATABASE": named(server, name)}


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    """The environment of the house that those of the tests are copies of, and its keys."""
    environment = _environment(tmp_path_factory.mktemp("house"))
    return environment, fill(environment, "filling.py")


@pytest.fixture
def desk(tmp_path: Path, _filled: tuple[dict[str, str], dict[str, str]]) -> Iterator[Desk]:
    """A fresh house for each test that changes it."""
    yield from _copied(_filled, tmp_path)


@pytest.fixture(scope="session")
def quiet_desk(
    tmp_path_factory: pytest.TempPathFactory, _filled: tuple[dict[str, str], dict[str, str]]
) -> Iterator[Desk]:
    """One house for all tests that only look."""
    yield from _copied(_filled, tmp_path_factory.mktemp("desk"))


def _copied(house: tuple[dict[str, str], dict[str, str]], place: Path) -> Iterator[Desk]:
    filled, keys = house
    shutil.copytree(filled["PARVIS_DATA"], place, dirs_exist_ok=True)
    environment = _environment(place)
    if "PARVIS_DATABASE" in filled:
        copy_database(filled["PARVIS_DATABASE"], environment["PARVIS_DATABASE"])
    yield from show(place, environment, keys)


def serve(
    data_dir: Path, program: str = "filling.py", *arguments: str, options: dict[str, str] | None = None
) -> Iterator[Desk]:
    """A desk on a house that `program` (beside this file) has filled. `options`: of the installation, by name."""
    environment = {**_environment(data_dir), **(options or {})}
    yield from show(data_dir, environment, fill(environment, program, *arguments))


def fill(environment: dict[str, str], program: str, *arguments: str) -> dict[str, str]:
    """What the program printed: the keys of the people, mostly."""
    python = sys.executable
    prepare(environment)
    filled = subprocess.run(
        [python, str(HERE / program), *(arguments or (str(CONVERSATIONS),))],
        env=environment,
        check=True,
        capture_output=True,
    )
    keys: dict[str, str] = json.loads(filled.stdout.splitlines()[-1])
    return keys


def show(
    data_dir: Path,
    environment: dict[str, str],
    keys: dict[str, str],
    program: tuple[str, ...] = ("-m", "parvis", "web"),
) -> Iterator[Desk]:
    """The pages of a filled house, by the `program` that takes what `parvis web` takes."""
    port = _free_port()
    with (data_dir / "web.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *program, "--port", str(port)], env=environment, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server)
            yield Desk(address, keys, data_dir)
        finally:
            server.terminate()
            server.wait(20)
            print((data_dir / "web.log").read_text(encoding="utf-8", errors="replace"))


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    until_s = time.monotonic() + 120
    while time.monotonic() < until_s:
        assert server.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"{address}/accounts/login/", timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


class Chromium:
    """One browser, and another where that one hangs or has ended."""

    def __init__(self, playwright: Any) -> None:
        self._playwright, self._browser = playwright, None

    def new_context(self, **options: Any) -> Any:
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            )
        return self._browser.new_context(**options)

    def new_page(self, **options: Any) -> Any:
        return self.new_context(**options).new_page()

    def close(self, *contexts: Any) -> None:
        """These, or the browser itself. It was seen to wait for its own end for ever: then it is ended."""
        from playwright.sync_api import Error

        patience = threading.Timer(CLOSES_WITHIN_S, _end_own_chromium)
        patience.start()
        try:
            for one in contexts or filter(None, [self._browser]):
                with suppress(Error):
                    one.close()
        finally:
            patience.cancel()


def _end_own_chromium() -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "chrom" in process.name():
                process.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=SHOWN_WITHIN_MS)
    with sync_playwright() as playwright:
        browser = Chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """`open_page(desk, "/inbox/", who="Camille")`: a page that fails the test on any fault of a script."""
    contexts = []

    def open_one(desk: Desk, path: str, *, who: str = "Camille", **options):
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
        contexts.append(context)
        if who:
            context.add_cookies([{"name": "parvis", "value": desk.keys[who], "url": desk.address}])
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
        page.goto(desk.address + path)
        return page

    yield open_one
    faults = [fault for context in contexts for page in context.pages for fault in page.faults]
    if contexts:
        chromium.close(*contexts)
    assert faults == []
