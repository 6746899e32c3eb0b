"""One request on its way, and where a redirect may take it.

Reads follow redirects anywhere the guard allows, but what identifies us stays with the origin it was
meant for. Writes follow 307 and 308 within their origin only: a 301 would turn a POST into a GET that
"succeeds" without having written anything, and another origin has no business with our words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import httpx2

from parvis.core.errors import AddressNotUnderstood, AnswerUnusable, NotEncrypted
from parvis.core.wording import Text
from parvis.net.files import FileBody

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEPING_METHOD = frozenset({307, 308})
_LEAVES_OPEN = frozenset({302, 303})
"""After a write these usually mean "done, look here" (a comment form answers so)."""
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_PORTABLE = frozenset(
    {"accept", "accept-encoding", "accept-language", "user-agent", "if-none-match", "if-modified-since"}
)
"""Headers that may go to another origin; every other one might identify us."""
_MOVED_RETRY_S = 3600.0

Origin = tuple[str, str, int]


def origin_of(url: httpx2.URL) -> Origin:
    """Scheme, host and port: what credentials are bound to. A WebSocket has the origin of a page from there."""
    scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
    port = url.port if url.port is not None else {"https": 443}.get(scheme, 80)
    return scheme, url.host.lower().rstrip("."), port


def is_of_the_same_house(target: httpx2.URL, home: httpx2.URL) -> bool:
    """Whether a stream may be told who we are: at the home's own origin, or encrypted at a name below its host.

    Platforms serve their streams from another machine (streaming.example.org for example.org); whoever
    gives out names below a host holds the host as well.
    """
    theirs, ours = origin_of(target), origin_of(home)
    return theirs == ours or (theirs[0] == ours[0] == "https" and theirs[1].endswith(f".{ours[1]}"))


def url_of(text: str) -> httpx2.URL:
    """Raises AddressNotUnderstood."""
    try:
        url = httpx2.URL(text.strip())
    except httpx2.InvalidURL as error:
        raise AddressNotUnderstood(address=text[:200]) from error
    if not url.scheme or b"%" in url.raw_host:
        raise AddressNotUnderstood(address=text[:200])
    return url


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request to one address. Header names are lower case."""

    method: str
    url: httpx2.URL
    headers: Mapping[str, str]
    body: bytes | FileBody = b""
    accept_statuses: frozenset[int] = frozenset()

    @property
    def is_safe(self) -> bool:
        """True where asking twice changes nothing."""
        return self.method in _SAFE_METHODS

    @property
    def host(self) -> str:
        return self.url.host

    def is_redirected_by(self, status: int) -> bool:
        return status in REDIRECTS and status not in self.accept_statuses

    def after(self, status: int, location: str) -> "Hop":
        """Where the redirect leads. Raises NotEncrypted, and AnswerUnusable where it cannot be followed."""
        target = self._target(location)
        is_elsewhere = origin_of(target) != origin_of(self.url)
        if not self.is_safe and (is_elsewhere or status not in _KEEPING_METHOD):
            raise AnswerUnusable(
                host=self.host,
                detail=_moved(target),
                maybe_done=status in _LEAVES_OPEN,
                retry_after_s=_MOVED_RETRY_S,
            )
        headers = {name: value for name, value in self.headers.items() if not is_elsewhere or name in _PORTABLE}
        if len(headers) < len(self.headers) and self.url.scheme == "https" and target.scheme == "http":
            raise NotEncrypted(host=target.host)
        return replace(self, url=target, headers=headers)

    def _target(self, location: str) -> httpx2.URL:
        try:
            return self.url.join(location)
        except httpx2.InvalidURL as error:
            detail = Text("it sends on to something that is no address", "il renvoie vers ce qui n’est pas une adresse")
            raise AnswerUnusable(host=self.host, detail=detail, retry_after_s=_MOVED_RETRY_S) from error


def _moved(target: httpx2.URL) -> Text:
    place = f"{target.scheme}://{target.host}{target.path}"[:200]
    return Text(f"it sends this request on to {place}", f"il renvoie cette requête vers {place}")
