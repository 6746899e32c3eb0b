"""What a connector declares. One folder a platform under parvis/connectors; nothing else names it.

A connector is asked what it can do, never who it is. A capability is its function: what is not in
`acts` cannot be done. See docs/extend/connector.md.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from unicodedata import normalize

from msgspec import Struct, structs

from parvis.core.measuring.rules import TextRules
from parvis.core.post import Publishing
from parvis.core.types import Answer, Kind, Parsed, Payload, Recognition, Status
from parvis.core.wording import Text


class Can(StrEnum):
    """What may be asked of a platform."""

    APPROVE = "approve"
    HOLD = "hold"
    SPAM = "spam"
    TRASH = "trash"
    DELETE = "delete"
    REPLY = "reply"
    UPLOAD = "upload"
    """A file that a post will show; nobody sees it before the post."""
    PUBLISH = "publish"
    EDIT = "edit"
    """What we have published ourselves."""
    WITHDRAW = "withdraw"
    """Takes it down again."""


class ByteStream(Protocol):
    """A connection for what is not HTTP, bounded as a request is. Raises RemoteError like one."""

    async def read_line(self, *, wait_s: float | None = None) -> bytes:
        """Up to and with the line feed; `wait_s` where the other side may be silent for longer than usual.

        Raises Unreachable where the other side has closed, TimedOut, AnswerNotUnderstood on a line without end.
        """
        ...

    async def read_exactly(self, size_bytes: int) -> bytes: ...

    async def write(self, data: bytes) -> None: ...

    async def start_tls(self) -> None:
        """Encrypts a connection that was opened with `upgrades`. Raises TlsFailed and its kin."""
        ...

    def stay_open(self) -> None:
        """Goes on without TLS. Raises NotEncrypted unless the house names the host itself."""
        ...

    async def aclose(self) -> None: ...


class Session(Protocol):
    """A connector's only way out: bounded, guarded requests with the channel's own credentials at hand."""

    address: str
    credentials: Mapping[str, str]
    facts: Mapping[str, str]
    now: datetime

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        accept_statuses: frozenset[int] = frozenset(),
    ) -> Answer:
        """The answer of a 2xx, a 304 or one of `accept_statuses`.

        Raises RemoteError: RateLimited, CredentialsRejected (401), RightMissing (403), RemoteGone
        (404, 410), Refused (other 4xx), RemoteBroken (5xx), Unreachable and its kin. `maybe_done` is
        set on it where the request had left and the outcome is not known.
        """
        ...

    async def upload(
        self,
        method: str,
        url: str,
        *,
        file: "File",
        field: str | None,
        data: Mapping[str, str] = MappingProxyType({}),
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        accept_statuses: frozenset[int] = frozenset(),
    ) -> Answer:
        """The same with a file, which is read in pieces and is never whole in memory.

        With `field` it is that field of a form (multipart/form-data) beside `data`; without, the body is
        the file alone, under its own content type. Guarded, bounded and judged as `request` is, with more
        time for a larger file. Raises FileNotUnderstood where the file is not there as it was said.
        """
        ...

    def stream_lines(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        silence_s: float = 60.0,
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str, ...]]]:
        """An answer without an end (server-sent events, a line of JSON each) while the block runs.

        Its lines, in batches, at most two or three a second. Guarded like `request`, and raises what
        that raises, at the beginning or later; ends where the other side ends it. The sign-in goes along
        to the address's origin, and, encrypted, to names below its host.
        """
        ...

    def websocket(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str | bytes, ...]]]:
        """The same for the messages of a WebSocket; `url` is whole, with ws or wss. No redirect is followed."""
        ...

    async def open_stream(
        self, host: str, port: int, *, tls: bool, upgrades: bool = False, line_limit_bytes: int = 65_536
    ) -> ByteStream:
        """A connection to the channel's own host, for protocols other than HTTP; the caller closes it.

        Without TLS only where the house names that host itself (PARVIS_ALLOWED_PRIVATE_HOSTS); raises
        NotEncrypted elsewhere, WayRefused for another host than that of the address or of an address among
        the credentials. `upgrades`: it begins in the open, and the caller says next what becomes of it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Credential:
    """One field of a sign-in."""

    name: str
    label: Text
    help: Text
    secret: bool = False
    required: bool = True


class Fetched(Struct, frozen=True, kw_only=True):
    """One step of reading: stored, with its cursor, in one transaction."""

    payloads: tuple[Payload, ...]
    cursor: dict[str, Any]
    """JSON; given back to the next `fetch` as it is here."""
    next_in_s: float | None = None
    """When the source itself says how long to wait before the next reading."""


REQUESTS_PER_MINUTE = "requests_per_minute"
"""A fact that `check` may give: how many its server lets this account make, where it tells; a whole number."""


class Account(Struct, frozen=True, kw_only=True):
    """What `check` found: who we are there."""

    name: str
    can: frozenset[Can]
    """What this account may do, a part of the connector's acts."""
    facts: dict[str, str]
    """Kept with the channel and given back in each Session."""


class Target(Struct, frozen=True, kw_only=True):
    """The item that an order is about."""

    remote_id: str
    kind: Kind
    url: str = ""
    about_id: str = ""
    facts: dict[str, Any] = {}


NO_TARGET = Target(remote_id="", kind=Kind.ARTICLE)
"""Of an order that is about nothing that is there already."""


class Earlier(Struct, frozen=True, kw_only=True):
    """What an earlier part of the same publication came to."""

    remote_id: str
    url: str = ""
    facts: dict[str, Any] = {}


class File(Struct, frozen=True, kw_only=True):
    """What an upload sends."""

    path: Path
    mime: str
    size_bytes: int
    name: str
    """What the platform is told that it is called."""

    def plainly_named(self) -> "File":
        """With a name that every server and address takes."""
        stem, dot, ending = self.name.rpartition(".")
        plain = normalize("NFKD", stem if dot else self.name).encode("ascii", "ignore").decode()
        safe = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:80] or "file"
        return structs.replace(self, name=f"{safe}.{ending}" if dot else safe)


class Looked(Struct, frozen=True, kw_only=True):
    """One thing of the house's own as it stands there now."""

    payloads: tuple[Payload, ...]
    """Taken in like anything else that is read: the item of it is among them."""
    numbers: dict[str, int] = {}
    """likes, boosts, replies, quotes, views: only what the platform tells."""


class Order(Struct, frozen=True, kw_only=True):
    """One effect, as a connector sees it."""

    key: str
    """A UUID that never changes over all attempts."""
    can: Can
    target: Target
    text: str = ""
    """What to say, plain text, for a reply."""
    body: dict[str, Any] = {}
    """What the connector itself made of a post for this part (`Publishing.parts`)."""
    earlier: dict[str, Earlier] = {}
    """By name, the parts of the same publication that are done."""
    file: File | None = None
    files: tuple[File, ...] = ()
    """What goes along in the call itself: those of `body["files"]`."""
    written_at: datetime
    """When the intent was written: nothing of ours can be older."""


class Done(Struct, frozen=True, kw_only=True):
    """The platform carried it out."""

    remote_id: str = ""
    """Of what came to be (a reply); "" where nothing new did."""
    url: str = ""
    status: Status | None = None
    """The target's status after it."""
    payloads: tuple[Payload, ...] = ()
    """The platform's answer, to be taken in like anything else it sends."""
    facts: dict[str, Any] = {}
    """What later parts, edits and withdrawals must know of it. JSON."""


@dataclass(frozen=True, slots=True)
class Harmless:
    """Done twice, it leaves nothing that anybody sees: send again."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The platform itself makes a second try harmless: send again with the same key."""


@dataclass(frozen=True, slots=True)
class ChosenId:
    """We choose the id, so a second try writes the same thing: send again."""


@dataclass(frozen=True, slots=True)
class FindOwn:
    """Read back and compare before any second try."""

    find: Callable[[Session, Order], Awaitable[Done | None]]
    """What an earlier attempt did, or None where it did nothing."""
    wait_s: float = 5.0
    """How long a request that timed out may still be at work on the other side."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """The platform offers no way to know: a person decides."""


Settle = Harmless | IdempotencyKey | ChosenId | FindOwn | AskPerson


@dataclass(frozen=True, slots=True)
class Act:
    """How one thing is done on a platform, and how an unknown outcome of it is settled."""

    perform: Callable[[Session, Order], Awaitable[Done]]
    settle: Settle
    kinds: frozenset[Kind] = frozenset({Kind.COMMENT})
    """The kinds of item it applies to."""
    leads_to: Status | None = None
    """The target's status once done; None where it does not change."""


class Delivery(Struct, frozen=True, kw_only=True):
    """What was posted to a channel's own address, before anybody believes it. Header names are lower case."""

    headers: Mapping[str, str]
    body: bytes


class Heard(Struct, frozen=True, kw_only=True):
    """A delivery that was understood."""

    id: str
    """Its sender's name for it: the same again is answered as the first was, and not read."""
    payload: Payload


@dataclass(frozen=True, slots=True)
class Hook:
    """How a platform is heard that speaks first: it posts to an address of ours, signed."""

    secret: str
    """The credential that the house makes up and shows once."""
    check_signed: Callable[[Delivery, str, datetime], None]
    """With the secret, and when it came. Raises BadInput in words for whoever sends."""
    read: Callable[[Delivery, Mapping[str, str]], Heard]
    """By the channel's facts. Pure. Raises BadInput in words for whoever sends."""
    facts_of: Callable[[str], dict[str, str]]
    """What somebody wrote about the form of its deliveries, as facts of the channel. Raises BadInput."""
    written: Callable[[Mapping[str, str]], str]
    """The same back, to be changed."""
    help: Text
    """What may be written there."""
    example: Callable[[str], str]
    """Lines for a shell that deliver something to an address; the secret is in $SECRET."""


NO_GUIDE = Text("", "")


def _always(_facts: Mapping[str, str]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Connector:
    """One platform."""

    slug: str
    name: Text
    version: int
    """Raised whenever `parse` changes what it gives; kept with each envelope."""
    recognise: Callable[[Answer], list[Recognition]]
    """What an opened address is; pure, empty where it is nothing of this platform's."""
    fetch: Callable[[Session, Mapping[str, Any]], AsyncIterator[Fetched]] | None
    """Reads on from a cursor ({} at first), oldest first; overlaps rather than misses. None: nothing is ever read."""
    parse: Callable[[Payload], Parsed]
    """Pure. Raises AnswerNotUnderstood where the payload as a whole makes no sense."""
    check: Callable[[Session], Awaitable[Account]]
    """Who we are there. Raises RemoteError in words that help."""
    newest: Callable[[Session], AsyncIterator[Fetched]] | None = None
    """The newest few of each kind, for a first look; without it that is the beginning of `fetch`."""
    credentials: tuple[Credential, ...] = ()
    guide: Text = NO_GUIDE
    """How to come by the credentials, in three lines."""
    acts: Mapping[Can, Act] = field(default_factory=dict)
    interval_s: float = 60.0
    """How often it is read, where the source does not say."""
    requests_per_minute: float = 60.0
    """The pace of orders sent to one channel."""
    opens_conversations: frozenset[Kind] = frozenset({Kind.COMMENT, Kind.MENTION, Kind.MESSAGE, Kind.REVIEW})
    """The kinds of item that wait for somebody when they come from here."""
    recognise_typed: Callable[[str], list[Recognition]] | None = None
    """What was typed, before anything is opened: for addresses that no browser opens, such as name@host. Pure."""
    stream: Callable[[Session, Mapping[str, Any]], AsyncIterator[Fetched]] | None = None
    """What happens there, as it happens, until the connection drops: it then ends or raises RemoteError.

    The first step says that the connection stands (it may hold nothing): what was missed until then is
    read by `fetch`, and only then what the stream brought meanwhile is stored. A step's cursor holds only
    the parts that it moves; the rest of the channel's cursor stays.
    """
    has_stream: Callable[[Mapping[str, str]], bool] = _always
    """By a channel's facts, whether it has a stream; asked only where there is `stream`."""
    stream_resumes: bool = False
    """True where the stream itself begins at the cursor: then nothing is read by `fetch` beside it."""
    carries_everything: bool = False
    """True where a stream brings all that a whole network says: only what the house looks for is kept of it."""
    look: Callable[[Session, Target], Awaitable[Looked]] | None = None
    """Reads one post of the house again, with its figures. Raises RemoteGone where it is there no longer.

    None: it is compared with what `fetch` brings.
    """
    publishing: Publishing | None = None
    """How it takes posts; its `acts` carry out UPLOAD, PUBLISH, EDIT and WITHDRAW."""
    hook: Hook | None = None
    """How it is heard where it speaks first; its channels have an address of their own."""
    text_rules: TextRules | None = None
    """How it counts what is written there, and its limits; None where nothing is published there."""
