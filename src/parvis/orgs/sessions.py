"""Sessions as Django keeps them in the database, read in one query with the member whose they are (settings.SESSION_ENGINE).

Whose a session is stands sealed within it. But a process that has served a page of it knows, and asks for
both at once; where it was wrong, the member is read as ever. What was sealed is opened once, not at each page.
"""

from copy import deepcopy
from functools import lru_cache
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from parvis.orgs.asking import forget_read, read_with_session

MOST_KNOWN = 2048


class SessionStore(db.SessionStore):
    """The name is part of the seal: sessions are the same as those of Django's own store."""

    def load(self) -> dict[str, Any]:
        forget_read()
        key = self.session_key
        member_id = _whose.get(key) if key else None
        if key is None or member_id is None:
            return self._remembered(super().load())
        sealed = read_with_session(self, member_id, now=timezone.now())
        return self._remembered(super().load() if sealed is None else self.decode(sealed))

    def decode(self, session_data: Any) -> dict[str, Any]:
        return deepcopy(_opened(session_data))

    def delete(self, session_key: str | None = None) -> None:
        _whose.pop(session_key or self.session_key, None)
        super().delete(session_key)

    def _remembered(self, held: dict[str, Any]) -> dict[str, Any]:
        member_id = held.get(SESSION_KEY)
        if self.session_key and member_id is not None:
            if len(_whose) >= MOST_KNOWN:
                _whose.clear()
            _whose[self.session_key] = int(member_id)
        return held


_whose: dict[str | None, int] = {}
"""The member of a session, as this process last saw it."""


@lru_cache(MOST_KNOWN)
def _opened(session_data: Any) -> dict[str, Any]:
    return db.SessionStore().decode(session_data)
