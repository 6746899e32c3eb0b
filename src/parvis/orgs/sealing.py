"""Secrets at rest: sealed with a key derived from the house's own for one purpose, opened only where they are used."""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from parvis.core.errors import KeyMissing


def seal(values: Mapping[str, str], *, purpose: bytes) -> bytes:
    """Encrypted with the newest key; b"" where there is nothing to keep."""
    if not values:
        return b""
    return _fernet(purpose).encrypt(json.dumps(dict(values)).encode())


def unseal(sealed: bytes | memoryview, *, purpose: bytes) -> dict[str, str]:
    """Raises KeyMissing where none of the keys fits, or the stored bytes were changed."""
    if not sealed:
        return {}
    try:
        opened = _fernet(purpose).decrypt(bytes(sealed))
    except InvalidToken:
        raise KeyMissing from None
    values: dict[str, str] = json.loads(opened)
    return values


def _fernet(purpose: bytes) -> MultiFernet:
    return _fernet_of(tuple(settings.SECRET_KEYS), purpose)


@lru_cache(maxsize=8)
def _fernet_of(keys: tuple[str, ...], purpose: bytes) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: bytes) -> bytes:
    """HKDF (RFC 5869): a key of a house signs sessions too, and one use must not weaken the other."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
