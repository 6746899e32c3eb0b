"""One Ghost site as its Admin API shows it: addresses, sign-in, and what its refusals mean."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from parvis.core.connector import File, Session
from parvis.core.errors import (
    AnswerNotUnderstood,
    Conflict,
    CredentialsRejected,
    NotEncrypted,
    Refused,
    RemoteGone,
    RightMissing,
)
from parvis.core.types import Answer
from parvis.core.wording import Text
from parvis.net.addresses import is_inner_name

API = "ghost/api/admin/"
TOKEN_LIVES_S = 300
"""The longest that Ghost takes is documented as five minutes: https://docs.ghost.org/admin-api/#token-authentication, read 2026-11."""
VERSION = "v5.0"
"""Of the API that this was written for; Ghost 6 answers it too."""
REFUSALS = frozenset({400, 401, 403, 404, 409, 413, 415, 422})
_KEY = re.compile(r"([0-9a-f]{24}):((?:[0-9a-f]{2}){32})", re.IGNORECASE)
_NO_SHAPE = Text("data of another shape than Ghost gives", "des données d’une autre forme que celles de Ghost")
_CLOCKS = Text(
    "its clock and that of this machine are more than five minutes apart; set them right",
    "son horloge et celle de cette machine ont plus de cinq minutes d’écart\u202f; mettez-les à l’heure",
)
_WHO = Text("somebody", "quelqu’un")
_CHANGED_THERE = Text(
    "the article was changed on the site since; look at it there, and change it there",
    "l’article a été modifié sur le site entre-temps\u202f; regardez-le là-bas et modifiez-le là-bas",
)


def token_of(key: str, *, at_s: float) -> str:
    """A JWT for one request (RFC 7519, HS256). Raises ValueError where the key is none."""
    found = _KEY.fullmatch(key.strip())
    if found is None:
        raise ValueError("an Admin API key is 24 signs, a colon and 64 signs")
    head = _packed({"alg": "HS256", "typ": "JWT", "kid": found[1].lower()})
    claims = _packed({"iat": int(at_s), "exp": int(at_s) + TOKEN_LIVES_S, "aud": "/admin/"})
    signed = f"{head}.{claims}"
    signature = hmac.new(bytes.fromhex(found[2]), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_in_base64(signature)}"


def _packed(part: Mapping[str, Any]) -> str:
    return _in_base64(json.dumps(part, separators=(",", ":")).encode())


def _in_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def rows_of(answer: Answer, name: str) -> list[dict[str, Any]]:
    """The list of that name. Raises AnswerNotUnderstood where there is none."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise AnswerNotUnderstood(host=answer.url, detail=_NO_SHAPE, answer=answer) from error
    rows = told.get(name) if isinstance(told, dict) else None
    if not isinstance(rows, list):
        raise AnswerNotUnderstood(host=answer.url, detail=_NO_SHAPE, answer=answer)
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]


def quoted(text: str) -> str:
    """A string of a filter: https://docs.ghost.org/content-api/filtering, read 2026-11."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Site:
    """Requests to the API of the channel's site, each with a token of its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.host = urlsplit(session.address).hostname or session.address

    def url(self, route: str) -> str:
        return f"{self.session.address.rstrip('/')}/{API}{route}"

    def _headers(self) -> dict[str, str]:
        """Raises NotEncrypted, or CredentialsRejected for a key that is none."""
        is_open = urlsplit(self.session.address).scheme != "https"
        if is_open and not is_inner_name(self.host):
            raise NotEncrypted(host=self.host)
        try:
            token = token_of(self.session.credentials.get("key", ""), at_s=time.time())
        except ValueError as error:
            raise CredentialsRejected(host=self.host) from error
        return {"authorization": f"Ghost {token}", "accept-version": VERSION}

    async def ask(
        self, method: str, route: str, *, params: Mapping[str, str | int] | None = None, json: object = None
    ) -> Answer:
        """A good answer. Raises what a refusal means."""
        answer = await self.session.request(
            method, self.url(route), params=params, json=json, headers=self._headers(), accept_statuses=REFUSALS
        )
        return self._judged(answer)

    async def read(self, route: str, *, params: Mapping[str, str | int] | None = None) -> Answer:
        return await self.ask("GET", route, params=params)

    async def upload(self, route: str, file: File, data: Mapping[str, str]) -> Answer:
        answer = await self.session.upload(
            "POST", self.url(route), file=file, field="file", data=data, headers=self._headers(),
            accept_statuses=REFUSALS,
        )  # fmt: skip
        return self._judged(answer)

    def _judged(self, answer: Answer) -> Answer:
        if answer.status < 400:
            return answer
        code, words = self.reason(answer)
        match answer.status:
            case _ if "jwt expired" in words:
                raise Refused(host=self.host, detail=_CLOCKS, answer=answer)
            case 401:
                raise CredentialsRejected(host=self.host, answer=answer)
            case 400 if code == "INVALID_JWT":
                raise CredentialsRejected(host=self.host, answer=answer)
            case 403:
                raise RightMissing(host=self.host, detail=words, answer=answer)
            case 404:
                raise RemoteGone(host=self.host, detail=words, answer=answer)
            case 409 if code == "UPDATE_COLLISION":
                raise Conflict(who=_WHO, detail=_CHANGED_THERE)
        raise Refused(host=self.host, detail=words, answer=answer)

    def reason(self, answer: Answer) -> tuple[str, str]:
        """The code and the words of a refusal; both in English, as Ghost says them."""
        try:
            errors = json.loads(answer.body)["errors"]
            first = errors[0]
            said = [str(first[name]).rstrip(".") for name in ("message", "context") if first.get(name)]
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            return "", f"HTTP {answer.status}"
        return str(first.get("code") or ""), ": ".join(dict.fromkeys(said)) or f"HTTP {answer.status}"
