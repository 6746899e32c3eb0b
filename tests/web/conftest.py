"""Pages without the build of static files, and passwords that hash quickly."""

import pytest
from django.core.cache import caches


@pytest.fixture(autouse=True)
def _quick_pages(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    caches["pages"].clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
