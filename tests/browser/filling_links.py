"""Run as a program: a house with an invitation and a sign-in link open, or (with “empty”) one that nobody opened yet.

Prints where each link leads.
"""

import json
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

import django

django.setup()

from parvis.orgs.links import invite, sign_in_link  # noqa: E402
from parvis.orgs.rights import Role  # noqa: E402
from parvis.testing.cast import make_cast  # noqa: E402

ADDRESS = "http://desk.example.org"


def paths(*, is_empty: bool) -> dict[str, str]:
    now = datetime.now(UTC)
    if is_empty:
        return {"open": _path(sign_in_link(address=ADDRESS, now=now))}
    cast = make_cast()
    _link, token = invite(
        cast.maud, email="new@example.org", role=Role.COMMUNITY_MANAGER, department=cast.news, now=now
    )
    return {
        "join": f"/enter/{token}",
        "sign_in": _path(sign_in_link(address=ADDRESS, now=now, member=cast.camille, by=cast.olive)),
    }


def _path(link: str | None) -> str:
    assert link
    return urlsplit(link).path


if __name__ == "__main__":
    print(json.dumps(paths(is_empty=sys.argv[1:] == ["empty"])))
