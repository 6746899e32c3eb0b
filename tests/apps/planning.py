"""What the tests of planning share: several people or workers at the same moment, on both databases."""

import threading
import time

from django.db import OperationalError, connection


def at_once(*works):
    """Runs each in a thread of its own, all from the same moment; what went wrong.

    Threads of one process share the tests' SQLite database in memory, which answers “locked” where a file waits.
    """
    gate, faults = threading.Barrier(len(works)), []

    def run_one(work):
        try:
            gate.wait(10)
            _until_free(work)
        except Exception as error:  # noqa: BLE001 - the test's own thread says what went wrong
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run_one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return faults


def _until_free(work):
    for _ in range(2000):
        try:
            return work()
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.002)
    raise AssertionError("the database stayed locked")
