"""`parvis run`: starts, says in one sentence what is wrong, stops cleanly, leaves nothing behind."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from parvis.cli.run import add_arguments, data_dir
from parvis.conf.hosts import own_hosts
from parvis.testing.prepared import prepare

COMMAND = [sys.executable, "-m", "parvis", "run"]


def environment(**more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PARVIS_")}
    source = str(Path(__file__).resolve().parents[2] / "src")
    return {**kept, "PYTHONPATH": source, "LANG": "C.UTF-8", **more}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def refused(*arguments, **more):
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment(**more), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_taken_port_is_named_in_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} is taken" in refused("--port", str(port), "--data", str(tmp_path))


def test_taken_port_is_named_in_french_too(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "est déjà pris" in refused("--port", port, "--data", str(tmp_path), LANG="fr_CH.UTF-8")


def test_data_directory_that_cannot_be_written_is_named(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    assert "is not writable" in refused("--port", str(free_port()), "--data", str(file / "data"))


def test_wrong_option_is_named(tmp_path):
    line = refused("--port", str(free_port()), "--data", str(tmp_path), PARVIS_ENVELOPE_DAYS="soon")
    assert "PARVIS_ENVELOPE_DAYS" in line


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of one megabyte, full."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted as root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_full_disk_is_named_and_nothing_is_written(small_disk):
    (small_disk / "filler").write_bytes(b"0" * 900_000)
    assert "is full" in refused("--port", str(free_port()), "--data", str(small_disk))
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@pytest.fixture
def first_desk(tmp_path):
    """On a directory that is not there yet."""
    yield from started(tmp_path)


@pytest.fixture
def desk(tmp_path):
    prepare(environment(PARVIS_DATA=str(tmp_path / "data")))
    yield from started(tmp_path)


def started(place):
    port, log = free_port(), place / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, "--port", str(port), "--data", str(place / "data")], env=environment(), stdout=file, stderr=file
        )
    try:
        process.port, process.log = port, log
        wait_until(lambda: "Parvis is open" in log.read_text(), 180)
        yield process
    finally:
        if process.poll() is None:
            process.kill()


def wait_until(claim, limit_s=15.0):
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if claim():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come true in time")


def status_of(port):
    return status_at(f"http://127.0.0.1:{port}/")


def status_at(address, host=None):
    request = urllib.request.Request(address, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def family(process):
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def all_gone(processes):
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_desk_opens_and_stops_cleanly(desk, number):
    assert status_of(desk.port) == 200
    members = family(desk)
    assert len(members) >= 4
    desk.send_signal(number)
    assert desk.wait(90) == 0
    wait_until(lambda: all_gone(members))


@pytest.mark.slow
def test_first_start_prints_a_sign_in_link(first_desk):
    wait_until(lambda: f"http://127.0.0.1:{first_desk.port}/enter/" in first_desk.log.read_text())


@pytest.mark.slow
def test_sign_in_link_is_the_last_thing_on_the_terminal(desk):
    worker = next(one for one in family(desk) if one.cmdline()[3:4] == ["worker"])
    wait_until(lambda: worker.num_threads() > 2)  # it works by now
    time.sleep(0.5)
    lines = desk.log.read_text().strip().splitlines()
    assert lines[-1].strip().startswith(f"http://127.0.0.1:{desk.port}/enter/"), lines
    assert not any("INFO" in line for line in lines)


def test_demonstration_lies_beside_the_house_under_its_name(tmp_path):
    def place(*arguments, named):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        return data_dir(parser.parse_args(arguments), named)

    assert place("--demo", named=tmp_path / "newsroom") == tmp_path / "newsroom-demo"
    assert place("--demo", named=tmp_path / "data") == tmp_path / "data-demo"
    assert place(named=tmp_path / "newsroom") == tmp_path / "newsroom"
    assert place("--demo", "--data", str(tmp_path / "chosen"), named=tmp_path / "data") == tmp_path / "chosen"


@pytest.mark.slow
def test_data_directory_is_open_to_its_owner_alone(first_desk, tmp_path):
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_desk_that_listens_to_all_is_open_to_the_network_and_to_no_strange_name(tmp_path):
    outside = next((host for host in own_hosts() if host[0].isdigit()), None)
    if outside is None:
        pytest.skip("this machine has no address but the loopback")
    prepare(environment(PARVIS_DATA=str(tmp_path / "data")))
    port, log = free_port(), tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, "--host", "0.0.0.0", "--port", str(port), "--data", str(tmp_path / "data")],
            env=environment(), stdout=file, stderr=file,
        )  # fmt: skip
    try:
        wait_until(lambda: f"http://{outside}:{port}/enter/" in log.read_text(), 60)
        assert status_at(f"http://{outside}:{port}/accounts/login/") == 200
        assert status_at(f"http://{outside}:{port}/accounts/login/", host="evil.example") == 400
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0


@pytest.mark.slow
def test_killed_supervisor_leaves_no_process_and_no_port_behind(desk):
    members = family(desk)
    desk.kill()
    desk.wait(90)
    wait_until(lambda: all_gone(members))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["worker", "web"])
def test_part_that_dies_is_started_again(desk, name):
    part = next(p for p in family(desk) if p.cmdline()[-len(p.cmdline()) + 3 :][:1] == [name])
    part.kill()
    wait_until(lambda: f"{name} ended unexpectedly" in desk.log.read_text())
    wait_until(lambda: any(p.cmdline()[3:4] == [name] for p in family(desk)))
    wait_until(lambda: status_of_or_none(desk.port) == 200, 30)


def status_of_or_none(port):
    try:
        return status_of(port)
    except OSError:
        return None


def test_disk_that_can_only_be_read_is_named(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert "is not writable" in refused("--port", str(free_port()), "--data", str(small_disk))
