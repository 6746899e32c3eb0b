"""Housekeeping of files: uploads that nobody goes on with, forms that nobody asks for, bytes that nothing names."""

from datetime import datetime

from parvis.assets import renditions, store, uploading


def keep_files(now: datetime) -> int:
    """How much was removed; each in its own transaction."""
    count = uploading.abandon_stale(now)
    count += renditions.forget_unused(now)
    count += store.remove_unused(now)
    return count + store.sweep(now)
