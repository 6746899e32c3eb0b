"""The disk turns read-only, or full, in the middle of a day: what was written is given back, and work goes on afterwards."""

import html
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from tests.worker.desk import SOURCE, Desk, wait_until
from tests.worker.test_desk_under_stress import _is_sound, fill

from parvis.core.errors import DiskFailing, DiskFull, DiskNotWritable
from parvis.testing.prepared import prepare

pytestmark = pytest.mark.slow
ANSWER = "A long and careful answer, with “signs” & accents: çà et là, that nobody wants to write twice."
AS_ROOT = "a file system of one's own can only be mounted as root"


def shell(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=False)


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    if shell(f"mount -t tmpfs -o size=125m tmpfs {place}").returncode:
        pytest.skip(AS_ROOT)
    yield place
    shell(f"umount -l {place}")


class BreakingDisk:
    """A real ext4 that can be told of a fault, at which the kernel lets nothing be written to it any more."""

    def __init__(self, directory):
        self.image, self.place = directory / "image", directory / "disk"
        self.place.mkdir()
        if shell(f"truncate -s 300M {self.image} && mkfs.ext4 -q -F {self.image}").returncode or not self.mount():
            pytest.skip(AS_ROOT)
        loop = shell(f"losetup -j {self.image} -O NAME -n").stdout.strip().rsplit("/", 1)[-1]
        self.fault = Path(f"/sys/fs/ext4/{loop}/trigger_fs_error")
        if not loop.startswith("loop") or not self.fault.exists():
            self.unmount()
            pytest.skip("this kernel cannot be told of a fault of a disk")

    def mount(self):
        return shell(f"mount -o loop,errors=remount-ro {self.image} {self.place}").returncode == 0

    def unmount(self):
        shell(f"umount {self.place} || umount -l {self.place}")

    def break_(self):
        shell("sync")
        self.fault.write_text("1")

    def mend(self):
        self.unmount()
        shell(f"e2fsck -fy {self.image}")
        assert self.mount()


@pytest.fixture
def breaking_disk(tmp_path):
    disk = BreakingDisk(tmp_path)
    yield disk
    disk.unmount()


def opened(data, log):
    """A demonstration house with its owner signed in."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PARVIS_", "DJANGO_"))}
    environment = {**kept, "PYTHONPATH": str(SOURCE), "PARVIS_DATA": str(data), "LANG": "C.UTF-8"}
    prepare(environment)
    said = subprocess.run(
        [sys.executable, "-m", "parvis", "demo", "--items", "300"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    desk = Desk(data, log)
    desk.start()
    password = re.search(r"password (\S+):", said).group(1)
    desk.post("/accounts/login/", {"login": "olive@example.org", "password": password})
    return desk


def open_talk(desk):
    """(conversation, the item that is answered) of one that can be answered."""
    page = desk.get("/inbox/").text
    for key in re.findall(r"/inbox/(\d+)/", page):
        found = re.search(r'name="item" value="(\d+)"', desk.get(f"/inbox/{key}/").text)
        if found:
            return key, found.group(1)
    raise AssertionError("no conversation can be answered")


def parts(desk):
    return {process.pid for process in psutil.Process(desk.process.pid).children(recursive=True)}


def answer(desk, key, item):
    return desk.post(f"/inbox/{key}/reply/", {"item": item, "text": ANSWER}, **{"Accept-Language": "en"})


def orders(desk):
    """Where each order to send the answer stands."""
    with closing(sqlite3.connect(f"file:{desk.data}/parvis.sqlite3?mode=ro", uri=True)) as database:
        return [state for (state,) in database.execute("SELECT state FROM channels_effect WHERE text = ?", [ANSWER])]


def refuses_with_everything_kept(desk, key, item):
    refused = answer(desk, key, item)
    assert refused.status == 503
    typed = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", refused.text, re.DOTALL)
    assert html.unescape(typed.group(1)) == ANSWER
    assert f'action="/inbox/{key}/reply/"' in refused.text
    return html.unescape(refused.text)


def log_grows_slowly(desk, *, lines, members):
    """No crash, no restart, no storm in the log while the worker waits."""
    before = len(desk.log.read_text().splitlines())
    wait_until(lambda: desk.log.read_text().count("parvis.worker: ") >= 3, 40)
    assert parts(desk) == members
    assert "ended unexpectedly" not in desk.log.read_text()
    assert len(desk.log.read_text().splitlines()) - before < lines


def test_full_disk_gives_back_what_was_written_and_takes_it_once_there_is_room(small_disk, tmp_path):
    desk = opened(small_disk / "data", tmp_path / "log")
    try:
        key, item = open_talk(desk)
        members = parts(desk)
        fill(small_disk)
        for _ in range(60):
            if desk.post(f"/inbox/{key}/note/", {"text": "n" * 4000}).status == 503:
                break
        assert DiskFull().text.fr in refuses_with_everything_kept(desk, key, item)
        assert all(desk.get(path).status == 200 for path in ("/", "/inbox/", f"/inbox/{key}/", "/settings/"))
        log_grows_slowly(desk, lines=120, members=members)
        (small_disk / "filler").unlink()
        wait_until(lambda: answer(desk, key, item).status == 200, 30)
        wait_until(lambda: orders(desk) == ["done"], 60)
        assert parts(desk) == members
    finally:
        desk.stop()
    _is_sound(small_disk / "data" / "parvis.sqlite3")


def test_disk_that_breaks_gives_back_what_was_written_and_after_the_mend_all_is_there(breaking_disk, tmp_path):
    desk = opened(breaking_disk.place / "data", tmp_path / "log")
    try:
        key, item = open_talk(desk)
        desk.post(f"/inbox/{key}/note/", {"text": "kept before it broke"})
        members = parts(desk)
        breaking_disk.break_()
        page = refuses_with_everything_kept(desk, key, item)
        assert DiskFailing().text.fr in page or DiskNotWritable().text.fr in page  # as SQLite happens to notice
        assert all(desk.get(path).status == 200 for path in ("/", "/inbox/", f"/inbox/{key}/", "/settings/"))
        log_grows_slowly(desk, lines=120, members=members)
        said = len(desk.log.read_text())
        desk.stop()
        assert desk.process.returncode == 0
        assert "Traceback" not in desk.log.read_text()[said:]
        breaking_disk.mend()
        _is_sound(breaking_disk.place / "data" / "parvis.sqlite3")
        desk.start()
        assert "kept before it broke" in desk.get(f"/inbox/{key}/").text
        assert orders(desk) == []
        assert answer(desk, key, item).status == 200
        wait_until(lambda: orders(desk) == ["done"], 60)
    finally:
        desk.stop()
