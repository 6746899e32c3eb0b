"""Loaded by pytest before Django's settings: a data directory of the tests' own, and the loopback allowed."""

import atexit
import os
import shutil
import tempfile

if "PARVIS_DATA" not in os.environ:
    os.environ["PARVIS_DATA"] = tempfile.mkdtemp(prefix="parvis-test-")
    atexit.register(shutil.rmtree, os.environ["PARVIS_DATA"], ignore_errors=True)
os.environ["PARVIS_ALLOWED_PRIVATE_HOSTS"] = "127.0.0.1,localhost"
