"""The desk while its disk fills up, its database is held by another program, and its processes are killed."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.error
from pathlib import Path

import psutil
import pytest
from tests.worker.desk import SOURCE, Desk, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "data", tmp_path / "log")
    yield desk
    desk.stop()


@pytest.fixture
def disk(tmp_path):
    """A real file system with little more room than a start asks for."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=112m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted as root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place):
    with (place / "filler").open("wb", buffering=0) as filler:
        for size in (1_000_000, 4096, 1):
            try:
                while True:
                    filler.write(b"0" * size)
            except OSError:
                continue


def test_full_disk_is_said_on_the_page_and_nothing_committed_is_lost(disk, tmp_path):
    desk = Desk(disk / "data", tmp_path / "log")
    try:
        desk.start()
        desk.open_house()
        kept = {f"Dep-{number}" for number in range(5) if desk.add_department(number).status == 200}
        assert desk.departments() == kept
        fill(disk)
        refused = [desk.add_department(number) for number in range(5, 40)]
        last = refused[-1]
        assert last.status == 503
        assert "full" in last.text
        kept = desk.departments()
        assert {f"Dep-{number}" for number in range(5)} <= kept
        for path in ("/", "/inbox/", "/departments/"):
            assert desk.get(path).status == 200, path
        (disk / "filler").unlink()
        wait_until(lambda: desk.add_department(99).status == 200)
        assert desk.departments() == kept | {"Dep-99"}
        wait_until(lambda: "None is running" not in desk.get("/settings/").text)
    finally:
        desk.stop()
    _is_sound(disk / "data" / "parvis.sqlite3")


def _is_sound(path):
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_database_held_by_another_program_is_said_on_the_page_and_passes(desk):
    desk.start()
    desk.open_house()
    desk.add_department(1)
    holding = sqlite3.connect(desk.data / "parvis.sqlite3", isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    try:
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(desk.add_department(2)))
        waiting.start()
        waiting.join(45)
        assert answers[0].status == 503
        assert "busy" in answers[0].text
        assert desk.departments() == {"Dep-1"}
    finally:
        holding.execute("ROLLBACK")
        holding.close()
    assert desk.add_department(3).status == 200
    assert desk.departments() == {"Dep-1", "Dep-3"}


def test_whatever_is_killed_between_clicks_nothing_said_to_be_saved_is_lost(desk):
    desk.start()
    desk.open_house()
    saved = set()
    for number in range(24):
        family = psutil.Process(desk.process.pid).children(recursive=True)
        if number % 8 == 7:
            desk.process.kill()
            desk.process.wait(90)
            psutil.wait_procs(family, timeout=15)
            desk.start()
        elif number % 2 and family:
            family[number % len(family)].kill()
        try:
            if desk.add_department(number).status == 200:
                saved.add(f"Dep-{number}")
        except (urllib.error.URLError, OSError):
            continue
    wait_until(lambda: status_or_none(desk) == 200, 60)
    assert saved
    assert saved <= desk.departments()
    desk.stop()
    _is_sound(desk.data / "parvis.sqlite3")


def status_or_none(desk):
    try:
        return desk.get("/departments/").status
    except (urllib.error.URLError, OSError):
        return None


def test_two_desks_on_one_directory_share_the_house(desk, tmp_path):
    desk.start()
    desk.open_house()
    other = Desk(desk.data, tmp_path / "other-log")
    try:
        other.start()
        assert desk.add_department(1).status == 200
        for cookie in desk.jar:
            other.jar.set_cookie(cookie)
        assert other.departments() == {"Dep-1"}
        assert other.add_department(2).status == 200
        assert desk.departments() == {"Dep-1", "Dep-2"}
    finally:
        other.stop()
    assert desk.add_department(3).status == 200


def postgresql(act, directory):
    """In a process of its own: the wheel stops no server while one that started it lives."""
    command = [sys.executable, "-m", "parvis.testing.postgresql", act, str(directory)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(SOURCE)}, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def server():
    """A PostgreSQL of this test's own, in a place that its user may enter."""
    directory = Path(tempfile.mkdtemp(prefix="parvis-pg-"))
    directory.chmod(0o755)
    yield directory
    postgresql("stop", directory)
    shutil.rmtree(directory, ignore_errors=True)


def test_desk_goes_on_by_itself_after_its_postgresql_was_restarted(server, tmp_path):
    desk = Desk(tmp_path / "data", tmp_path / "log", options={"PARVIS_DATABASE": postgresql("start", server)})
    try:
        desk.start()
        desk.open_house()
        assert desk.add_department(1).status == 200
        members = {process.pid for process in psutil.Process(desk.process.pid).children(recursive=True)}
        postgresql("stop", server)
        while_gone = desk.get("/inbox/")
        assert while_gone.status == 503
        assert "does not answer" in while_gone.text
        postgresql("start", server)
        wait_until(lambda: desk.get("/inbox/").status == 200, 30)
        assert all(desk.get("/inbox/").status == 200 for _ in range(20))
        assert desk.add_department(2).status == 200
        assert desk.departments() == {"Dep-1", "Dep-2"}
        assert {process.pid for process in psutil.Process(desk.process.pid).children(recursive=True)} == members
        wait_until(lambda: "None is running" not in desk.get("/settings/").text)
    finally:
        desk.stop()
