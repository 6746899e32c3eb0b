"""Passwords cannot be tried without end, however many processes and servers there are to ask."""

import contextlib
import http.client
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from tests.worker.test_run import free_port, wait_until

from parvis.testing.prepared import prepare
from parvis.testing.processes import own_database, run_at_once, run_python
from parvis.web.cache import DiskCache

EMAIL = "camille@example.org"
PASSWORD = "correct horse battery 7"
TOKEN = "abcdefghijklmnopqrstuvwxyz012345"
MOST_TRIES = 5
"""For one person, within five minutes."""
CAST = f"""
from parvis.testing.cast import make_cast
camille = make_cast().camille
camille.set_password({PASSWORD!r})
camille.save()
print(camille.email)
"""


@contextlib.contextmanager
def web_server(environment):
    """`parvis web` with its two processes; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "parvis", "web", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(port), 40)
        yield port
    finally:
        process.terminate()
        process.wait(90)


def answers(port):
    try:
        return ask(port, "GET")[0] == 200
    except OSError:
        return False


def ask(port, method, **given):
    """A connection of its own each time, so that the processes of a server take turns."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Cookie": f"csrftoken={TOKEN}", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"csrfmiddlewaretoken": TOKEN, **given}) if given else None
    connection.request(method, "/accounts/login/", body, headers | {"Accept-Language": "en"})
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return answer.status, page


def outcome(port, password):
    status, page = ask(port, "POST", login=EMAIL, password=password)
    if status == 302:
        return "in"
    if "Too many" in page or status == 429:
        return "limited"
    return "wrong" if "not correct" in page else f"{status}"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_limit_holds_over_two_servers_of_two_processes_each(tmp_path):
    environment = own_database(tmp_path)
    prepare(environment)
    assert run_python(CAST, environment) == EMAIL
    with web_server(environment) as one, web_server(environment) as other, ThreadPoolExecutor(16) as threads:
        ports = [one, other] * 40
        told = Counter(threads.map(lambda port: outcome(port, "wrong"), ports))
        assert told["limited"] > 0 and set(told) <= {"wrong", "limited"}, told
        assert told["wrong"] <= MOST_TRIES, told
        assert outcome(one, PASSWORD) == outcome(other, PASSWORD) == "limited"


def cache_in(directory):
    return DiskCache(str(directory), {})


def test_of_all_who_add_the_same_at_once_one_is_told_that_it_was_first(tmp_path):
    """Sign-in attempts are counted under such a lock."""
    for number in range(40):
        caches = [cache_in(tmp_path) for _ in range(8)]
        start = threading.Barrier(len(caches))

        def add(cache, key=f"lock {number}", start=start):
            start.wait()
            return cache.add(key, value=True, timeout=10)

        with ThreadPoolExecutor(len(caches)) as threads:
            assert sum(threads.map(add, caches)) == 1


ADD = """
from parvis.web.cache import DiskCache
from parvis.testing.prepared import prepare
cache = DiskCache({place!r}, {{}})
print(sum(cache.add(f"lock {{n}}", True, 10) for n in range(300)))
"""


def test_processes_count_each_lock_once(tmp_path, db):
    code = ADD.format(place=str(tmp_path / "cache"))
    told = run_at_once(code, own_database(tmp_path), count=3)
    assert sum(map(int, told)) == 300


def test_lock_that_ran_out_can_be_had_again(tmp_path):
    cache = cache_in(tmp_path)
    assert cache.add("lock", 1, timeout=0.05)
    assert not cache.add("lock", 2, timeout=10)
    time.sleep(0.1)
    assert cache.add("lock", 3, timeout=10)
    assert cache.get("lock") == 3
    assert cache.delete("lock") and cache.add("lock", 4)


@pytest.mark.parametrize("kept_before", [True, False])
def test_where_the_disk_takes_nothing_each_process_still_counts_for_itself(tmp_path, monkeypatch, kept_before):
    cache = cache_in(tmp_path)
    if kept_before:
        cache.set("tries", [1])

    def refuse(*_args, **_named):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("tempfile.mkstemp", refuse)
        cache.set("tries", [2, 1])
        assert cache.get("tries") == [2, 1]
        assert cache.add("lock", 1) and not cache.add("lock", 1)
        assert cache.delete("lock") and cache.add("lock", 1)
    cache.set("tries", [3])
    assert cache_in(tmp_path).get("tries") == [3] == cache.get("tries")
