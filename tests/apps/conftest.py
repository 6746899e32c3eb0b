import pytest


@pytest.fixture
def files(settings, tmp_path):
    """A data directory of the test's own: what lies in it is all that the library has on the disk."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return tmp_path / "files"
