"""How fast this machine is now: rounds/s of one fixed loop of pure Python, SQLite and zlib.

One round: 20,000 steps of integer arithmetic and dictionary writes; 1,000 rows put into an SQLite table
in memory with an index and read back in order; 256 kB of repeating text compressed at level 6 and back.
"""

import sqlite3
import time
import zlib

TEXT = b"".join(b"%d a house and its public meet on the square. " % number for number in range(5_700))[:262_144]
MEASURE_S = 2.0


def score(when: str) -> dict[str, object]:
    """One row for the bench's output: {"figure": "machine.score", "value": rounds/s of CPU time, …}."""
    rounds = 0
    start = time.process_time()
    while time.process_time() - start < MEASURE_S:
        _round()
        rounds += 1
    value = round(rounds / (time.process_time() - start), 2)
    return {"figure": "machine.score", "value": value, "unit": "rounds/s/core", "of": {"when": when}}


def _round() -> None:
    seen: dict[int, int] = {}
    number = 1
    for step in range(20_000):
        number = (number * 1_103_515_245 + 12_345) % 2_147_483_648
        seen[number % 1_024] = step
    rows = sqlite3.connect(":memory:")
    rows.execute("create table t (id integer primary key, word text)")
    rows.execute("create index w on t (word)")
    rows.executemany("insert into t (word) values (?)", ((str(n * 7_919 % 1_000),) for n in range(1_000)))
    rows.execute("select word from t order by word").fetchall()
    rows.close()
    zlib.decompress(zlib.compress(TEXT, 6))
