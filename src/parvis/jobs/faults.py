"""What went wrong in words: a fault of ours in one line of the log, a trouble of the machine as an error of its own."""

import errno
import traceback

from django.db import InterfaceError, OperationalError

from parvis.core.errors import DatabaseBusy, DatabaseGone, DiskFailing, DiskFull, DiskNotWritable, HouseError


def one_line(error: BaseException) -> str:
    """`ValueError at parvis/channels/intake.py:88`: kind and place, never values, which may hold a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    own = [frame for frame in frames if "/parvis/" in frame.filename]
    frame = (own or frames)[-1]
    return f"{type(error).__name__} at {'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno}"


def house_trouble(error: BaseException | None) -> HouseError | None:
    """Disk or database, where one of them is behind it; None: something else."""
    if isinstance(error, OSError):
        found = _OF_DISK.get(error.errno or 0)
        return found() if found else None
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    said = str(error).lower()
    return next((kind for words, kind in _OF_DATABASE if words in said), DatabaseGone)()


_OF_DISK: dict[int, type[HouseError]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EROFS: DiskNotWritable,
    errno.EIO: DiskFailing,
}
_OF_DATABASE: tuple[tuple[str, type[HouseError]], ...] = (
    ("disk is full", DiskFull),
    ("no space left on device", DiskFull),
    ("readonly database", DiskNotWritable),
    ("disk i/o error", DiskFailing),
    ("input/output error", DiskFailing),
    ("is locked", DatabaseBusy),
    ("lock timeout", DatabaseBusy),
    ("deadlock detected", DatabaseBusy),
)
"""Words of SQLite and PostgreSQL, in lower case; anything else that they cannot do is taken for their absence."""
