"""Apprise, in a process of its own: it does its own HTTP, and is a heavy guest in a worker."""

import asyncio
import contextlib
import json
import os
import sys
from http import HTTPStatus
from pathlib import Path

from django.conf import settings

from parvis.core.errors import (
    AddressRefused,
    BadInput,
    HouseError,
    ParvisError,
    RateLimited,
    Refused,
    RemoteBroken,
    RemoteError,
    TimedOut,
)
from parvis.core.wording import Text
from parvis.orgs.notices.addresses import service_of
from parvis.orgs.notices.routes import APPRISE_MISSING

LIMIT_S = 30
_KEPT = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""No key of the house, no proxy: it would dial for whoever asks."""
_NOT_READ = Text(
    "Apprise cannot read this address of “{service}”", "Apprise ne lit pas cette adresse «\u202f{service}\u202f»"
)
_SOURCE = str(Path(__file__).resolve().parents[3])


async def send_by_apprise(address: str, *, title: str, text: str) -> None:
    """Raises BadInput, RemoteError or HouseError with why it did not leave; none of them names the address."""
    wanted = {
        "address": address, "title": title, "text": text,
        "allowed": list(settings.OPTIONS["PARVIS_ALLOWED_PRIVATE_HOSTS"]),
    }  # fmt: skip
    said = await _in_child(json.dumps(wanted).encode(), service_of(address))
    if said.get("outcome") != "sent":
        raise _error(said, service_of(address))


async def _in_child(wanted: bytes, service: str) -> dict[str, object]:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parvis.orgs.notices.apprise_child",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**environment, "PYTHONPATH": _SOURCE, "HOME": "/nonexistent"}, cwd="/", start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT_S):
            answer, _ = await child.communicate(wanted)
    except TimeoutError:
        raise TimedOut(host=service, limit_s=LIMIT_S) from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    try:
        said: dict[str, object] = json.loads(answer)
    except ValueError:
        return {}
    return said


def _error(said: dict[str, object], service: str) -> ParvisError:
    match said.get("outcome"):
        case "missing":
            return HouseError(detail=APPRISE_MISSING)
        case "not_understood":
            return BadInput(detail=_NOT_READ.format(service=service))
        case "refused":
            return AddressRefused(host=service, address=str(said.get("host", "")))
    return _of_status(said.get("status"), service)


def _of_status(status: object, service: str) -> RemoteError:
    if not isinstance(status, int):
        return RemoteError(host=service, detail=Text("the notice was not taken", "l’avis n’a pas été pris"))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(host=service)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RemoteBroken(host=service, status=status)
    return Refused(host=service, detail=f"HTTP {status}")
