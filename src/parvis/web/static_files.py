"""Static files under names that hold their hash, compressed ahead; each name is looked up once."""

from functools import lru_cache

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """A page names some twenty files; the names change with a release, never in a running process."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.url = lru_cache(4096)(super().url)
