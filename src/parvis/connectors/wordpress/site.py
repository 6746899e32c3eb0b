"""One WordPress site as its REST API shows it: addresses, sign-in, and what its refusals mean."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from parvis.connectors.wordpress.decode import plain, record
from parvis.core.connector import File, Session
from parvis.core.errors import (
    AnswerNotUnderstood,
    CredentialsRejected,
    NotEncrypted,
    RateLimited,
    Refused,
    RemoteBroken,
    RemoteGone,
    RightMissing,
)
from parvis.core.types import Answer
from parvis.core.wording import Text
from parvis.net.addresses import is_inner_name

REFUSALS = frozenset({400, 401, 403, 404, 409, 410, 500, 501})
FLOOD_WAIT_S = 15.0
"""WordPress takes one comment in 15 s from those who do not moderate (wp-includes/comment.php)."""

SIGN_IN_WANTED = Text(
    "it shows its data to signed-in accounts only; give a name and an application password",
    "il ne montre ses données qu’aux comptes identifiés ; donnez un nom et un mot de passe d’application",
)
NO_RIGHT = Text("its role on the site does not allow it", "son rôle sur le site ne le permet pas")


class Site:
    """Requests to the API of the channel's site; the session signs them where there are credentials.

    WordPress takes the spaces out of an application password itself.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.host = urlsplit(session.address).hostname or session.address

    @property
    def signs_in(self) -> bool:
        return bool(self.session.credentials.get("username"))

    def url(self, route: str) -> tuple[str, dict[str, str]]:
        """The address and query of a route such as "wp/v2/posts", with pretty permalinks and without."""
        parts = urlsplit(self.session.address)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if "rest_route" in query:
            query["rest_route"] = "/" + route
            return urlunsplit(parts._replace(query="", fragment="")), query
        return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/" + route, query="", fragment="")), query

    async def ask(
        self,
        method: str,
        route: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        accept_statuses: frozenset[int] = REFUSALS,
    ) -> Answer:
        """Any answer that WordPress itself gave; `understood` tells a good one from a refusal."""
        self._hold_password_back()
        url, query = self.url(route)
        return await self.session.request(
            method,
            url,
            params={**query, **(params or {})},
            json=json,
            accept_statuses=accept_statuses,
        )

    async def upload(self, route: str, file: File, data: Mapping[str, str]) -> Answer:
        """The same for a file, with what is told of it as fields of one form."""
        self._hold_password_back()
        url, query = self.url(route)
        return await self.session.upload(
            "POST", url, file=file, field="file", data=data, params=query, accept_statuses=REFUSALS
        )

    async def read(self, route: str, *, params: Mapping[str, str | int] | None = None) -> Answer:
        """A good answer. Raises what `refusal` makes of any other."""
        answer = await self.ask("GET", route, params=params)
        if answer.status >= 400:
            raise self.refusal(answer)
        return answer

    async def read_record(self, route: str, *, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        return record((await self.read(route, params=params)).body, host=self.host)

    def refusal(self, answer: Answer, *, maybe_done: bool = False) -> Exception:
        """What a refusal means, by its HTTP status: the codes do not tell a wrong password from none."""
        code, message = self.reason(answer)
        if answer.status == 401:
            return self._not_signed_in()
        if answer.status == 403:
            return RightMissing(host=self.host, detail=NO_RIGHT, answer=answer)
        if code == "comment_flood":
            return RateLimited(host=self.host, retry_after_s=FLOOD_WAIT_S, answer=answer)
        if answer.status in (404, 410):
            return RemoteGone(host=self.host, detail=message or answer.url, answer=answer)
        if answer.status == 500:
            return RemoteBroken(host=self.host, status=answer.status, maybe_done=maybe_done, answer=answer)
        return Refused(host=self.host, detail=message or str(answer.status), answer=answer)

    def _not_signed_in(self) -> Exception:
        if self.signs_in:
            return CredentialsRejected(host=self.host)
        return RightMissing(host=self.host, detail=SIGN_IN_WANTED)

    def reason(self, answer: Answer) -> tuple[str, str]:
        """The code and the message of a refusal, "" where it has none."""
        try:
            said = record(answer.body, host=self.host)
        except AnswerNotUnderstood:
            return "", ""
        return str(said.get("code", "")), plain(str(said.get("message", ""))).rstrip(".")

    def _hold_password_back(self) -> None:
        is_open = urlsplit(self.session.address).scheme != "https"
        if self.signs_in and is_open and not is_inner_name(self.host):
            raise NotEncrypted(host=self.host)
