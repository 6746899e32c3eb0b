"""One wiki as its API shows it. MediaWiki answers its own refusals with HTTP 200 and an `error` object."""

from typing import Any
from urllib.parse import urlsplit

from parvis.connectors.mediawiki.scope import scope_of
from parvis.core.connector import Session
from parvis.core.errors import (
    AnswerNotUnderstood,
    AnswerUnusable,
    CredentialsRejected,
    NotEncrypted,
    RateLimited,
    Refused,
    RemoteBroken,
    RightMissing,
)
from parvis.core.types import Answer
from parvis.core.wording import Text
from parvis.net.addresses import is_inner_name
from parvis.net.page import json_of, plain
from parvis.net.pauses import pause_asked_s

MOST_QUESTIONS = 3_000
"""In one reading: a turn asks for a few hundred; a list that goes on for ever would never end."""
MAX_LAG_S = 5
"""https://www.mediawiki.org/wiki/Manual:Maxlag_parameter, read 2026-11: what tools that need no answer at once send."""
WAIT_CODES = frozenset({"maxlag", "ratelimited", "readonly", "concurrency-limit"})
CLOSED_CODES = frozenset({"readapidenied", "permissiondenied", "blocked"})

ENDLESS = Text("its list has no end", "sa liste n’a pas de fin")
CLOSED = Text(
    "it shows its pages to signed-in accounts only; give an access token",
    "il ne montre ses pages qu’aux comptes identifiés ; donnez un jeton d’accès",
)


class Wiki:
    """Questions to the API of the channel's wiki, one after the other."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.scope = scope_of(session.address)
        self.host = urlsplit(session.address).hostname or session.address
        self._asked_count = 0

    async def ask(self, **asked: str | int) -> dict[str, Any]:
        """What it answers. Raises what its refusal means: see `_refusal`."""
        self._asked_count += 1
        if self._asked_count > MOST_QUESTIONS:
            raise AnswerUnusable(host=self.host, detail=ENDLESS)
        params: dict[str, str | int] = {"format": "json", "formatversion": 2, "maxlag": MAX_LAG_S, **asked}
        answer = await self.session.request("GET", self.scope.api, params=params, headers=self._headers())
        said = json_of(answer)
        if not isinstance(said, dict):
            raise AnswerNotUnderstood(host=self.host, detail=type(said).__name__, answer=answer)
        if isinstance(error := said.get("error"), dict):
            raise self._refusal(error, answer)
        return said

    async def query(self, **asked: str | int) -> dict[str, Any]:
        """The same for action=query. What is missing in the answer is empty."""
        said = await self.ask(action="query", **asked)
        return {**said, "query": said.get("query") or {}}

    def _headers(self) -> dict[str, str]:
        token = self.session.credentials.get("access_token")
        if not token:
            return {}
        if urlsplit(self.session.address).scheme != "https" and not is_inner_name(self.host):
            raise NotEncrypted(host=self.host)
        return {"authorization": f"Bearer {token}"}

    def _refusal(self, error: dict[str, Any], answer: Answer) -> Exception:
        code, detail = str(error.get("code", "")), plain(str(error.get("info", ""))).rstrip(".")
        if code in WAIT_CODES:
            pause_s = pause_asked_s(answer.headers, self.session.now)
            return RateLimited(host=self.host, retry_after_s=pause_s, answer=answer)
        if code.startswith(("mwoauth", "assert")):
            return CredentialsRejected(host=self.host, answer=answer)
        if code in CLOSED_CODES:
            return RightMissing(host=self.host, detail=CLOSED if code == "readapidenied" else detail, answer=answer)
        if code.startswith("internal_api_error"):
            return RemoteBroken(host=self.host, status=code, answer=answer)
        return Refused(host=self.host, detail=detail or code, answer=answer)


def error_code(error: Refused) -> str:
    """MediaWiki's own code for a refusal, "" where it gave none."""
    try:
        said = json_of(error.answer) if error.answer is not None else {}
    except AnswerNotUnderstood:
        return ""
    told = said.get("error") if isinstance(said, dict) else None
    return str(told.get("code", "")) if isinstance(told, dict) else ""
