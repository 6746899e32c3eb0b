"""The keys of a house outlive a power cut, and are never made anew where something may be sealed with them."""

import os
import subprocess
import sys

import pytest

from parvis.conf.keys import audit_key, house_keys
from parvis.conf.options import OptionWrong


def test_keys_are_made_once_and_read_by_their_owner_alone(tmp_path):
    first = house_keys(tmp_path, ())
    assert house_keys(tmp_path, ()) == first
    assert audit_key(tmp_path, "") == audit_key(tmp_path, "")
    assert [path.stat().st_mode & 0o077 for path in tmp_path.iterdir()] == [0, 0]


def test_key_is_on_the_disk_itself_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    real_link = os.link
    monkeypatch.setattr(os, "fsync", lambda _: done.append("fsync"))
    monkeypatch.setattr(os, "link", lambda *names: (done.append("link"), real_link(*names)))
    house_keys(tmp_path, ())
    assert done == ["fsync", "link", "fsync"]


@pytest.mark.parametrize("read", [lambda place: house_keys(place, ()), lambda place: audit_key(place, "")])
def test_empty_key_is_named_instead_of_being_used(tmp_path, read):
    for name in ("secret-keys", "audit-key"):
        (tmp_path / name).write_text("\n")
    with pytest.raises(OptionWrong, match=r"key.* is empty"):
        read(tmp_path)


def test_command_says_so_in_one_sentence(tmp_path):
    (tmp_path / "secret-keys").write_text("")
    environment = {**os.environ, "PARVIS_DATA": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "parvis", "channel", "list"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("parvis: ") and "secret-keys is empty" in line
