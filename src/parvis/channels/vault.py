"""Credentials at rest: sealed with a key derived from the house's own, opened only where they are used."""

from collections.abc import Mapping

from django.db import transaction

from parvis.channels.models import Channel
from parvis.core.connector import Credential
from parvis.orgs import sealing
from parvis.orgs.notices.routes import reseal_routes

_PURPOSE = b"parvis channel credentials 1"
_ROWS_A_BATCH = 100


def seal(credentials: Mapping[str, str]) -> bytes:
    """Encrypted with the newest key; b"" where there is nothing to keep."""
    return sealing.seal(credentials, purpose=_PURPOSE)


def unseal(sealed: bytes | memoryview) -> dict[str, str]:
    """Raises KeyMissing where none of the keys fits, or the stored bytes were changed."""
    return sealing.unseal(sealed, purpose=_PURPOSE)


def rotate() -> int:
    """Seals every channel's credentials anew with the newest key, and the ways of notices; how many channels there were.

    Rows change in small transactions, each locked while it is read, so that nobody's new password
    is overwritten. Raises KeyMissing at the first that cannot be opened; it stays as it is.
    """
    count, last_id = 0, 0
    while True:
        with transaction.atomic():
            rows = Channel.objects.select_for_update(of=("self",)).exclude(sealed_credentials=b"")
            batch = list(rows.filter(id__gt=last_id).order_by("id").only("sealed_credentials")[:_ROWS_A_BATCH])
            for channel in batch:
                channel.sealed_credentials = seal(unseal(channel.sealed_credentials))
            Channel.objects.bulk_update(batch, ["sealed_credentials"])
        if not batch:
            reseal_routes()
            return count
        count, last_id = count + len(batch), batch[-1].pk


def merged(kept: Mapping[str, str], given: Mapping[str, str], *, fields: tuple[Credential, ...]) -> dict[str, str]:
    """What was kept, with what was given; a secret that was left empty stays what it was.

    Fields that the connector does not ask for are dropped.
    """
    result = {}
    for field in fields:
        value = given.get(field.name, "").strip()
        if not value and (field.secret or field.name not in given):
            value = kept.get(field.name, "")
        if value:
            result[field.name] = value
    return result
