"""What is kept for a moment lies on disk, shared by the web processes; where the disk is full, nothing is kept."""

import logging
from typing import Any

from django.core.cache.backends.filebased import FileBasedCache

log = logging.getLogger(__name__)


class DiskCache(FileBasedCache):
    """A page never fails for want of a place to keep something that it can work out again."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except OSError:  # one that ran out, on a disk that can only be read
            return default

    def set(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().set(*args, **kwargs)
        except OSError as error:
            log.warning("Nothing can be kept in the cache: %s", error.strerror)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().touch(*args, **kwargs))
        except OSError:
            return False
