"""Run as a program by the worker: gives one notice to Apprise in a process that can reach nothing inner.

Reads {"address", "title", "text", "allowed"} from standard input and writes {"outcome", "host", "status"}.
Nothing of the address is written anywhere: Apprise's own log would name it.
"""

import json
import logging
import re
import sys
from typing import Any

from parvis.net.addresses import AllowedHosts
from parvis.orgs.notices.sockets import guard_this_process

_STATUS = re.compile(r"\berror=(\d{3})\b")


class _Statuses(logging.Handler):
    """Of what Apprise says, the HTTP status alone."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[int] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found += [int(one) for one in _STATUS.findall(record.getMessage())]


def send(wanted: dict[str, Any]) -> dict[str, Any]:
    refused = guard_this_process(AllowedHosts(wanted["allowed"]))
    try:
        import apprise
    except ImportError:
        return {"outcome": "missing"}
    statuses = _Statuses()
    logger = logging.getLogger("apprise")
    logger.addHandler(statuses)
    logger.propagate = False
    asset = apprise.AppriseAsset(app_id="Parvis", app_desc="Parvis", app_url="", allow_templates=False)
    asset.async_mode = False
    ways = apprise.Apprise(asset=asset)
    if not ways.add(wanted["address"]):
        return {"outcome": "not_understood"}
    is_sent = ways.notify(title=wanted["title"], body=wanted["text"], body_format=apprise.NotifyFormat.TEXT)
    if is_sent and not refused:
        return {"outcome": "sent"}
    if refused:
        return {"outcome": "refused", "host": refused[0].host}
    return {"outcome": "not_taken", "status": statuses.found[-1] if statuses.found else None}


if __name__ == "__main__":
    json.dump(send(json.load(sys.stdin)), sys.stdout)
