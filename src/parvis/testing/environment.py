"""Loaded by pytest before Django's settings: a data directory of the tests' own, and the loopback allowed."""

import os
import tempfile

os.environ.setdefault("PARVIS_DATA", tempfile.mkdtemp(prefix="parvis-test-"))
os.environ["PARVIS_ALLOWED_PRIVATE_HOSTS"] = "127.0.0.1,localhost"
