"""One homeserver as its client-server API shows it (https://spec.matrix.org/v1.15/client-server-api/, read 2026-11)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from parvis.core.connector import File, Session
from parvis.core.errors import AnswerNotUnderstood, NotEncrypted, RateLimited, Refused
from parvis.core.types import Answer
from parvis.net.addresses import is_inner_name
from parvis.net.page import json_of

CLIENT = "/_matrix/client/v3"
MEDIA = "/_matrix/media/v3"
_LIMITED = frozenset({429})


class Homeserver:
    """Requests with the channel's token."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.host = urlsplit(session.address).hostname or session.address

    async def ask(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
    ) -> Answer:
        """A good answer; `path` is given in parts, which are escaped here. Raises RemoteError."""
        url = self._address(CLIENT + "".join("/" + quote(part, safe="") for part in path))
        answer = await self.session.request(
            method, url, params=params, json=json, headers=self._headers, accept_statuses=_LIMITED
        )
        return self._judged(answer)

    async def upload(self, file: File) -> Answer:
        """Its answer names the file's own address (`content_uri`)."""
        answer = await self.session.upload(
            "POST",
            self._address(f"{MEDIA}/upload"),
            file=file,
            field=None,
            headers=self._headers,
            params={"filename": file.name},
            accept_statuses=_LIMITED,
        )
        return self._judged(answer)

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.session.credentials.get('access_token', '')}"}

    def _address(self, path: str) -> str:
        if urlsplit(self.session.address).scheme != "https" and not is_inner_name(self.host):
            raise NotEncrypted(host=self.host)
        return self.session.address.rstrip("/") + path

    def _judged(self, answer: Answer) -> Answer:
        if answer.status == 429:
            raise RateLimited(host=self.host, retry_after_s=_pause_s(answer), answer=answer)
        return answer

    async def upload_bytes(self) -> int | None:
        """How large a file may be; None where it does not say. It asks for the sign-in since Matrix 1.11."""
        for place in ("/_matrix/client/v1/media/config", f"{MEDIA}/config"):
            try:
                answer = await self.session.request("GET", self._address(place), headers=self._headers)
            except Refused:
                continue
            told = self.object_in(answer).get("m.upload.size")
            return told if isinstance(told, int) and not isinstance(told, bool) and told > 0 else None
        return None

    async def read(self, *path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """The object in the answer to a GET."""
        return self.object_in(await self.ask("GET", path, params=params))

    def object_in(self, answer: Answer) -> dict[str, Any]:
        told = json_of(answer)
        if not isinstance(told, dict):
            raise AnswerNotUnderstood(host=self.host, detail=type(told).__name__, answer=answer)
        return told


async def own_id(server: Homeserver) -> str:
    """Who we are, also where nothing was checked before."""
    return server.session.facts.get("user_id") or str((await server.read("account", "whoami")).get("user_id", ""))


def error_code(error: Refused) -> str:
    """Matrix's own code for a refusal ("M_FORBIDDEN"), "" where it gave none."""
    try:
        said = json_of(error.answer) if error.answer is not None else {}
    except AnswerNotUnderstood:
        return ""
    return str(said.get("errcode", "")) if isinstance(said, dict) else ""


def _pause_s(answer: Answer) -> float | None:
    """Retry-After since Matrix 1.10; `retry_after_ms` in the answer before."""
    told = answer.headers.get("retry-after", "")
    if told.isdigit():
        return float(told)
    try:
        said = json_of(answer)
    except AnswerNotUnderstood:
        return None
    wait_ms = said.get("retry_after_ms") if isinstance(said, dict) else None
    return wait_ms / 1000 if isinstance(wait_ms, int | float) else None
