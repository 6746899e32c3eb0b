"""What is kept for a moment lies on disk, shared by the web processes.

Where the disk takes nothing, each process keeps it for itself until it does: sign-in attempts are counted
all the same, if less exactly, and no page fails for want of a place to keep something.
"""

import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache

log = logging.getLogger(__name__)
_NOTHING = object()


class DiskCache(FileBasedCache):
    """Adding is atomic over all processes: attempts to sign in are counted under a lock made of it."""

    _dir: str
    _createdir: Callable[[], None]
    _cull: Callable[[], None]
    _write_content: Callable[[BinaryIO, Any, Any], None]
    _key_to_file: Callable[[Any, int | None], str]

    def __init__(self, directory: str, params: dict[str, Any]) -> None:
        with suppress(OSError):  # made when it can be
            super().__init__(directory, params)
        self._refused = LocMemCache(f"refused by {directory}", params)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        kept = self._refused.get(key, _NOTHING, version)
        if kept is not _NOTHING:
            return kept
        try:
            return super().get(key, default, version)
        except OSError:  # one that ran out, on a disk that can only be read
            return default

    def has_key(self, key: Any, version: int | None = None) -> bool:
        try:
            return self._refused.has_key(key, version) or super().has_key(key, version)
        except OSError:
            return False

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        if self.has_key(key, version):
            return False
        try:
            return self._linked(key, value, timeout, version)
        except OSError as error:
            _say(error)
            return self._refused.add(key, value, timeout, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except OSError as error:
            _say(error)
            self._refused.set(key, value, timeout, version)
        else:
            self._refused.delete(key, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        try:
            return self._refused.touch(key, timeout, version) or bool(super().touch(key, timeout, version))
        except OSError:
            return False

    def delete(self, key: Any, version: int | None = None) -> bool:
        was_refused = self._refused.delete(key, version)
        try:
            return super().delete(key, version) or was_refused
        except OSError:
            return was_refused

    def _linked(self, key: Any, value: Any, timeout: Any, version: int | None) -> bool:
        """A finished file gets its name only where nobody has that name: one step, whoever else is at it."""
        self._createdir()
        self._cull()
        handle, path = tempfile.mkstemp(dir=self._dir)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123 - an open handle
                self._write_content(file, timeout, value)
            os.link(path, self._key_to_file(key, version))
        except FileExistsError:
            return False
        finally:
            os.remove(path)  # noqa: PTH107 - as beside it
        return True


def _say(error: OSError) -> None:
    log.warning("Nothing can be kept in the cache: %s", error.strerror)
