"""The keys of a house: made once, kept in the data directory readable by its owner alone."""

import hashlib
import os
import secrets
from pathlib import Path

from parvis.conf.options import OptionWrong


def house_keys(data_dir: Path, given: tuple[str, ...]) -> tuple[str, ...]:
    """The keys, newest first: those given by option, else those in `secret-keys`, made where there are none."""
    if given:
        return given
    path = data_dir / "secret-keys"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_urlsafe(48))
    return tuple(_read(path).split())


def audit_key(data_dir: Path, given: str) -> bytes:
    """The key of the audit trail's chain: the one given by option, else that in `audit-key`, made once.

    It is a key of its own, so that the chain still verifies after the house's keys were rotated.
    """
    if not given:
        path = data_dir / "audit-key"
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(48))
        given = _read(path)
    return hashlib.sha256(b"parvis audit trail\0" + given.encode()).digest()


def _read(path: Path) -> str:
    """Raises OptionWrong where the file holds nothing: a new key would open none of what is there."""
    if key := path.read_text(encoding="utf-8").strip():
        return key
    raise OptionWrong(f"{path} is empty: put it back from a backup, or remove it where nothing was kept under it yet.")


def _settle(directory: Path) -> None:
    """The directory's own entries too."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_once(path: Path, key: str) -> None:
    """Two processes starting at once agree on one key: the file appears whole, or is another's."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())  # a power cut must not leave an empty key to what is sealed with it
    try:
        os.link(draft, path)
        _settle(path.parent)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
