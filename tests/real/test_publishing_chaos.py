"""A small storm at each real server: killed workers, a torn network, turned clocks; the server counts what is there.

Each takes two minutes: script/test has the one at WordPress, and PARVIS_TEST_LONG=1 all four. The large one is
`script/bench deliver --chaos`.
"""

import json
import os
import subprocess
import sys

import pytest
from tests.real.conftest import SERVERS
from tests.worker.box import ROOT

pytestmark = [pytest.mark.real, pytest.mark.slow]
PUBLICATIONS, KILLS = 60, 8
LIMIT_S = 900


@pytest.mark.parametrize("name", ["mastodon", "bluesky", "wordpress", "ghost"])
def test_storm_loses_and_doubles_nothing(name, request, shared_root, tmp_path):
    if os.environ.get("PARVIS_DATABASE", "").startswith("postgresql"):
        pytest.skip("the storm has a database of its own; it is seen in the run on SQLite")
    if "PARVIS_TEST_HALVES" in os.environ and "PARVIS_TEST_LONG" not in os.environ and name != "wordpress":
        pytest.skip("one storm a run: PARVIS_TEST_LONG=1 has all of them")
    request.getfixturevalue(name)
    ledger = shared_root / f"{SERVERS[name].script}.json"
    given = os.environ.get(f"PARVIS_TEST_{name.upper()}_DIR")
    directory = given or json.loads(ledger.read_text())["directory"]
    figures = storm(name, directory)
    told = json.dumps(figures, indent=1)
    assert figures["due"]["value"] == PUBLICATIONS and figures["kills"]["value"] >= KILLS, told
    assert (figures["lost"]["value"], figures["doubled"]["value"]) == (0, 0), told
    assert figures["needs_person"]["of"]["without_reason"] == 0, told
    assert figures["sent"]["value"] + figures["needs_person"]["value"] >= PUBLICATIONS, told
    assert sum(figures["due"]["of"]["faults"].get(fault, 0) for fault in ("cut_after", "broken_after", "late")), told


def storm(name, directory):
    """By the last word of each figure."""
    options = ["--servers", name, "--publications", str(PUBLICATIONS), "--kills", str(KILLS), "--most-workers", "2"]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PARVIS_")}
    run = subprocess.run(
        [sys.executable, "-m", "parvis.testing.bench", "deliver", "--chaos", *options],
        env={**kept, "PYTHONPATH": str(ROOT / "src"), f"PARVIS_TEST_{name.upper()}_DIR": str(directory)},
        capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    prefix = f"deliver.chaos.{name}."
    return {row["figure"].removeprefix(prefix): row for row in rows if row["figure"].startswith(prefix)}
