"""Requests to one instance, with the channel's token."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from parvis.core.connector import File, Session
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer

Params = Mapping[str, str | int]


class Instance:
    def __init__(self, session: Session) -> None:
        self.session = session
        parts = urlsplit(session.address)
        self.home = f"{parts.scheme}://{parts.netloc}"
        self.host = parts.hostname or ""

    @property
    def signs_in(self) -> bool:
        return bool(self.session.credentials.get("token", "").strip())

    @property
    def headers(self) -> dict[str, str]:
        token = self.session.credentials.get("token", "").strip()
        return {"authorization": f"Bearer {token}"} if token else {}

    async def get(self, path: str, params: Params | None = None) -> Answer:
        return await self.session.request("GET", f"{self.home}/api/{path}", params=params, headers=self.headers)

    async def send(
        self, method: str, path: str, *, json: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {**self.headers, **(headers or {})}
        return await self.session.request(method, f"{self.home}/api/{path}", json=json, headers=sent)

    async def upload(self, path: str, file: File, data: Mapping[str, str]) -> Answer:
        url = f"{self.home}/api/{path}"
        return await self.session.upload("POST", url, file=file, field="file", data=data, headers=self.headers)

    @property
    def streaming(self) -> str:
        """Where streams are: the instance says, often another machine (`configuration.urls.streaming`)."""
        told = urlsplit(self.session.facts.get("streaming", ""))
        scheme = {"wss": "https", "ws": "http"}.get(told.scheme, told.scheme)
        return f"{scheme}://{told.netloc}" if scheme and told.netloc else self.home


def decoded(answer: Answer) -> Any:
    """Raises AnswerNotUnderstood where it is no JSON."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError) as error:
        host = urlsplit(answer.url).hostname or ""
        raise AnswerNotUnderstood(host=host, detail=str(error), answer=answer) from error


def record_of(answer: Answer) -> dict[str, Any]:
    told = decoded(answer)
    if not isinstance(told, dict):
        raise AnswerNotUnderstood(host=urlsplit(answer.url).hostname or "", detail="no object", answer=answer)
    return told


def records_of(answer: Answer) -> list[dict[str, Any]]:
    told = decoded(answer)
    if not isinstance(told, list):
        raise AnswerNotUnderstood(host=urlsplit(answer.url).hostname or "", detail="no list", answer=answer)
    return [one for one in told if isinstance(one, dict)]
