"""Loaded by pytest before Django's settings: a data directory of the tests' own, and the loopback allowed.

What is drawn at random is the same in every run, and no machine is too slow for it; PARVIS_TEST_LONG draws anew.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings

if "PARVIS_DATA" not in os.environ:
    os.environ["PARVIS_DATA"] = tempfile.mkdtemp(prefix="parvis-test-")
    atexit.register(shutil.rmtree, os.environ["PARVIS_DATA"], ignore_errors=True)
if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # each process of several has its own
    own = Path(os.environ["PARVIS_DATA"]) / worker
    own.mkdir(parents=True, exist_ok=True)
    os.environ["PARVIS_DATA"] = str(own)
os.environ["PARVIS_ALLOWED_PRIVATE_HOSTS"] = "127.0.0.1,localhost"
settings.register_profile("parvis", deadline=None, derandomize="PARVIS_TEST_LONG" not in os.environ)
settings.load_profile("parvis")
