"""XRPC calls of one channel: to the server where the account signs in, else to a view that answers anybody.

A sign-in is asked for once and renewed, never once a reading: a server allows 30 in 5 minutes and 300 a
day (https://docs.bsky.app/docs/advanced-guides/rate-limits, read 2026-11). It lives in memory alone.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from parvis.connectors.bluesky.addresses import PUBLIC_VIEW
from parvis.core.connector import File, Session
from parvis.core.errors import AnswerNotUnderstood, CredentialsRejected, Refused, RemoteGone, RightMissing
from parvis.core.types import Answer

Params = Mapping[str, str | int | Sequence[str]]

_DEFAULT_LIFE = timedelta(minutes=90)
_RENEWED_BEFORE = timedelta(minutes=5)
_REFUSALS = frozenset({400, 401, 403})
_TOKEN_FAULTS = frozenset({"ExpiredToken", "InvalidToken"})
_LOCKED_OUT = frozenset({"AccountTakedown", "AuthFactorTokenRequired", "AuthenticationRequired"})
_GONE = ("Profile not found", "Post not found", "Could not locate record", "Actor not found")


@dataclass(frozen=True, slots=True)
class SignIn:
    did: str
    handle: str
    access: str
    refresh: str
    good_until: datetime


_signed_in: dict[str, SignIn] = {}


class Service:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.host = urlsplit(session.address).hostname or ""
        parts = urlsplit(session.address)
        self.home = f"{parts.scheme}://{parts.netloc}"
        self.view = session.facts.get("view", "") or PUBLIC_VIEW

    @property
    def signs_in(self) -> bool:
        return bool(self.session.credentials.get("identifier") and self.session.credentials.get("app_password"))

    async def get(self, method: str, params: Params | None = None) -> Answer:
        """As the account where there is one, else from the view. Raises RemoteError."""
        query = "?" + urlencode(params, doseq=True) if params else ""
        if not self.signs_in:
            return await self._plain("GET", f"{self.view}/xrpc/{method}{query}")
        return await self._signed("GET", f"{self.home}/xrpc/{method}{query}")

    async def post(self, method: str, body: Mapping[str, Any]) -> Answer:
        return await self._signed("POST", f"{self.home}/xrpc/{method}", json=body)

    async def upload(self, method: str, file: File) -> Answer:
        """The bytes alone, as the account."""
        url = f"{self.home}/xrpc/{method}"

        async def send(headers: Mapping[str, str]) -> Answer:
            answer = await self.session.upload(
                "POST", url, file=file, field=None, headers=headers, accept_statuses=_REFUSALS
            )
            return self._judged(answer)

        return await self._as_account(send)

    async def who(self) -> SignIn:
        """Raises CredentialsRejected, also where there are no credentials."""
        if not self.signs_in:
            raise CredentialsRejected(host=self.host)
        key = self._key()
        known = _signed_in.get(key)
        if known is None:
            known = await self._sign_in()
        elif known.good_until <= self.session.now:
            known = await self._renewed(known)
        _signed_in[key] = known
        return known

    def _key(self) -> str:
        """Of place, name and password, none of which can be read out of it."""
        given = self.session.credentials
        told = "\0".join((self.home, given["identifier"], given["app_password"]))
        return hashlib.sha256(told.encode()).hexdigest()

    async def _sign_in(self) -> SignIn:
        given = self.session.credentials
        body = {"identifier": given["identifier"].strip().removeprefix("@"), "password": given["app_password"].strip()}
        answer = await self._plain("POST", f"{self.home}/xrpc/com.atproto.server.createSession", json=body)
        return self._sign_in_of(answer)

    async def _renewed(self, known: SignIn) -> SignIn:
        headers = {"authorization": f"Bearer {known.refresh}"}
        try:
            url = f"{self.home}/xrpc/com.atproto.server.refreshSession"
            answer = await self._plain("POST", url, headers=headers)
        except Refused:
            return await self._sign_in()
        return self._sign_in_of(answer)

    def _sign_in_of(self, answer: Answer) -> SignIn:
        told = decoded(answer)
        try:
            access = str(told["accessJwt"])
            until = _end_of(access) or self.session.now + _DEFAULT_LIFE
            return SignIn(
                str(told["did"]), str(told["handle"]), access, str(told["refreshJwt"]), until - _RENEWED_BEFORE
            )
        except KeyError as error:
            raise AnswerNotUnderstood(host=self.host, detail=f"no {error}", answer=answer) from error

    async def _signed(self, method: str, url: str, *, json: object = None) -> Answer:
        return await self._as_account(lambda headers: self._plain(method, url, headers=headers, json=json))

    async def _as_account(self, send: Callable[[Mapping[str, str]], Awaitable[Answer]]) -> Answer:
        """With a new sign-in where the server has forgotten the one in use."""
        for is_last in (False, True):
            who = await self.who()
            headers = {"authorization": f"Bearer {who.access}"}
            try:
                return await send(headers)
            except CredentialsRejected:
                _signed_in.pop(self._key(), None)
                if is_last:
                    raise
        raise AssertionError

    async def _plain(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, json: object = None
    ) -> Answer:
        answer = await self.session.request(method, url, json=json, headers=headers, accept_statuses=_REFUSALS)
        return self._judged(answer)

    def _judged(self, answer: Answer) -> Answer:
        if answer.status < 400:
            return answer
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> Refused:
        """Servers answer 400 to much that other platforms tell apart by the status."""
        told = _told(answer)
        code, message = str(told.get("error") or ""), str(told.get("message") or "").rstrip(".")
        detail = message or code or f"HTTP {answer.status}"
        if answer.status == 401 or code in _TOKEN_FAULTS or code in _LOCKED_OUT:
            return CredentialsRejected(host=self.host, answer=answer)
        if any(message.startswith(words) for words in _GONE):
            return RemoteGone(host=self.host, detail=detail, answer=answer)
        kind = RightMissing if answer.status == 403 else Refused
        return kind(host=self.host, detail=detail, answer=answer)


def decoded(answer: Answer) -> dict[str, Any]:
    """Raises AnswerNotUnderstood where it is no JSON object."""
    try:
        told = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError) as error:
        host = urlsplit(answer.url).hostname or ""
        raise AnswerNotUnderstood(host=host, detail=str(error), answer=answer) from error
    if not isinstance(told, dict):
        raise AnswerNotUnderstood(host=urlsplit(answer.url).hostname or "", detail="no object", answer=answer)
    return told


def _told(answer: Answer) -> dict[str, Any]:
    try:
        return decoded(answer)
    except AnswerNotUnderstood:
        return {}


def _end_of(token: str) -> datetime | None:
    """When a token ends, as it says itself; None where it does not."""
    try:
        part = token.split(".")[1]
        told = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return datetime.fromtimestamp(float(told["exp"]), UTC)
    except (IndexError, ValueError, KeyError, TypeError, OverflowError, msgspec.DecodeError):
        return None
