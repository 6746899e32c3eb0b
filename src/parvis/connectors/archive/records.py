"""What the readers of all formats give, and what they share."""

import tarfile
import zipfile
import zlib

from msgspec import Struct

Record = dict[str, object]


class Broken(Struct, frozen=True):
    """A record, or the rest of a file, that cannot be read."""

    detail: str


Read = tuple[Record | Broken, int]
"""A record, and how many bytes of the file have been read."""

RECORD_LIMIT_BYTES = 5_000_000
"""A single record longer than this is taken for a broken file."""

PACKED_WRONG = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
"""What Python says of a packed file that is cut off, broken, encrypted or packed in a way it does not know."""
