"""What somebody has typed while adding a channel: kept in their session, sealed, until it is saved or dropped.

Nothing typed is lost by an error or by going back, and no secret is ever sent back to the browser.
"""

from datetime import datetime

import msgspec
from django.http import HttpRequest
from msgspec import Struct

from parvis.channels.vault import seal, unseal
from parvis.core.errors import KeyMissing
from parvis.core.types import Recognition

_NAME = "channel_draft"


class Sample(Struct, frozen=True, kw_only=True):
    """One of the first items, as it is shown before anything is saved."""

    kind: str
    title: str
    text: str
    author: str
    status: str
    published_at: datetime | None


class Checked(Struct, frozen=True, kw_only=True):
    """What the check found."""

    account: str
    can: list[str]
    facts: dict[str, str]
    samples: list[Sample]
    problem_count: int = 0
    """What could not be understood among them."""


class Draft(Struct, kw_only=True):
    address: str = ""
    found: list[Recognition] = []
    chosen: int = 0
    name: str = ""
    department_id: int | None = None
    credentials: dict[str, str] = {}
    checked: Checked | None = None

    @property
    def recognition(self) -> Recognition | None:
        return self.found[self.chosen] if 0 <= self.chosen < len(self.found) else None


def draft_of(request: HttpRequest) -> Draft:
    """An empty one where there is none, or none that can be opened any more."""
    sealed = request.session.get(_NAME, "")
    try:
        return msgspec.json.decode(unseal(sealed.encode()).get("draft", "{}"), type=Draft)
    except (KeyMissing, msgspec.MsgspecError):
        return Draft()


def keep(request: HttpRequest, draft: Draft) -> None:
    request.session[_NAME] = seal({"draft": msgspec.json.encode(draft).decode()}).decode()


def drop(request: HttpRequest) -> None:
    request.session.pop(_NAME, None)
