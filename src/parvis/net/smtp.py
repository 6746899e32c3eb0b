"""A small SMTP client (RFC 5321, 3207, 4954, 1870, 6531): hands one mail over, and knows how far it came.

What was not handed over to its last dot was not sent (RFC 5321, 4.1.1.4); what was, and got no answer, may
have been. Answers are bounded, and every word of the server is kept for whoever must decide.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from parvis.core.connector import ByteStream
from parvis.core.errors import (
    AnswerNotUnderstood,
    BadInput,
    CredentialsRejected,
    RateLimited,
    Refused,
    RemoteError,
)
from parvis.core.wording import Text
from parvis.net.page import plain

LATER_S = 300.0
"""After a 4xx: how long greylisting and busy servers commonly mean."""
LAST_ANSWER_S = 60.0
"""For the answer to a whole mail: a server may look through it first."""
PIECE_BYTES = 256 * 1024
_MOST_LINES = 200
_LINE = re.compile(rb"(\d{3})([ -]?)(.*)", re.DOTALL)
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")
_NOT_SMTP = Text("this is no SMTP server", "ce n’est pas un serveur SMTP")
_NO_WAY_IN = Text("it offers no sign-in by password", "il n’offre pas d’identification par mot de passe")
_NO_UTF8 = Text(
    "it takes no addresses with letters beyond ASCII before the @", "il ne prend pas d’adresses avec d’autres lettres qu’ASCII avant l’@"
)  # fmt: skip
_TOO_LARGE = Text("it takes mails of at most {most} MB", "il prend des messages d’au plus {most} Mo")
_SIGN_IN_REFUSED = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    words: str
    """All lines of it, cleaned of control characters."""


@dataclass(slots=True)
class Smtp:
    """One connection; the stream is closed by whoever opened it."""

    stream: ByteStream
    host: str
    extensions: dict[str, str] = field(default_factory=dict)
    """By name in capitals, what EHLO said of it."""

    async def greet(self, *, upgrades: bool) -> None:
        """`upgrades`: encrypts what began in the open, or raises NotEncrypted where the house does not name the host."""
        await self._judged(await self._reply(), 220, is_greeting=True)
        await self._learn_extensions()
        if not upgrades:
            return
        if "STARTTLS" not in self.extensions:
            self.stream.stay_open()
            return
        await self._ask(b"STARTTLS", 220)
        await self.stream.start_tls()
        await self._learn_extensions()

    @property
    def most_bytes(self) -> int | None:
        """Of a mail; None where it does not say."""
        told = self.extensions.get("SIZE", "")
        return int(told) if told.isascii() and told.isdigit() and int(told) else None

    async def sign_in(self, username: str, password: str) -> None:
        """Nothing where the server asks nobody who they are. Raises CredentialsRejected."""
        offered = self.extensions.get("AUTH", "").upper().split()
        if not offered:
            return
        if "PLAIN" in offered:
            secret = base64.b64encode(f"\0{username}\0{password}".encode())
            await self._ask(b"AUTH PLAIN " + secret, 235)
        elif "LOGIN" in offered:
            await self._ask(b"AUTH LOGIN", 334)
            await self._ask(base64.b64encode(username.encode()), 334)
            await self._ask(base64.b64encode(password.encode()), 235)
        else:
            raise Refused(host=self.host, detail=_NO_WAY_IN)

    async def send(self, mail: bytes, *, sender: str, receiver: str) -> None:
        """Raises RateLimited (a 4xx: later), Refused with the server's words (5xx), or what broke on the way;
        `maybe_done` where the whole mail was handed over and no answer came.
        """
        for address in (sender, receiver):
            if _UNSAFE.search(address) or "@" not in address:
                raise BadInput(detail=f"{address!r} is no mail address")
        if self.most_bytes is not None and len(mail) > self.most_bytes:
            raise Refused(host=self.host, detail=_TOO_LARGE.format(most=f"{self.most_bytes / 1e6:.1f}"))
        said = f"MAIL FROM:<{sender}>" + "".join(self._parameters(mail, sender + receiver))
        await self._ask(said.encode(), 250)
        await self._ask(f"RCPT TO:<{receiver}>".encode(), 250, 251)
        await self._ask(b"DATA", 354)
        for piece in _stuffed(mail):
            await self.stream.write(piece)
        await self.stream.write(b"")  # raises where the connection is known to be gone: the dot was not sent
        try:
            await self.stream.write(b".\r\n")
            reply = await self._reply(wait_s=LAST_ANSWER_S)
        except RemoteError as error:
            error.maybe_done = True
            raise
        await self._judged(reply, 250)

    def _parameters(self, mail: bytes, addresses: str) -> Iterator[str]:
        if "SIZE" in self.extensions:
            yield f" SIZE={len(mail)}"
        if not addresses.isascii():
            if "SMTPUTF8" not in self.extensions:
                raise Refused(host=self.host, detail=_NO_UTF8)
            yield " SMTPUTF8 BODY=8BITMIME" if "8BITMIME" in self.extensions else " SMTPUTF8"

    async def leave(self) -> None:
        await self.stream.write(b"QUIT\r\n")

    async def _learn_extensions(self) -> None:
        reply = await self._ask(b"EHLO [127.0.0.1]", 250)
        lines = (line.partition(" ") for line in reply.words.split("\n")[1:])
        self.extensions = {name.upper(): rest for name, _, rest in lines}

    async def _ask(self, line: bytes, *wanted: int) -> Reply:
        await self.stream.write(line + b"\r\n")
        return await self._judged(await self._reply(), *wanted)

    async def _reply(self, *, wait_s: float | None = None) -> Reply:
        lines: list[str] = []
        for _ in range(_MOST_LINES):
            found = _LINE.fullmatch((await self.stream.read_line(wait_s=wait_s)).rstrip(b"\r\n"))
            if found is None:
                break
            lines.append(plain(found[3].decode("utf-8", "replace")))
            if found[2] != b"-":
                return Reply(int(found[1]), "\n".join(lines))
        raise AnswerNotUnderstood(host=self.host, detail=_NOT_SMTP)

    async def _judged(self, reply: Reply, *wanted: int, is_greeting: bool = False) -> Reply:
        if reply.code in wanted:
            return reply
        words = " ".join(f"{reply.code} {reply.words}".split())[:500].rstrip(".")
        if 400 <= reply.code < 500:
            raise RateLimited(host=self.host, retry_after_s=LATER_S)
        if reply.code in _SIGN_IN_REFUSED:
            raise CredentialsRejected(host=self.host)
        if reply.code >= 500:
            raise Refused(host=self.host, detail=words)
        raise AnswerNotUnderstood(host=self.host, detail=_NOT_SMTP if is_greeting else words)


def _stuffed(mail: bytes) -> Iterator[bytes]:
    """Line ends as the protocol has them, and no line that would end the mail before its end."""
    piece = bytearray()
    for written in BytesIO(mail):
        for line in written.splitlines():
            piece += (b"." if line.startswith(b".") else b"") + line + b"\r\n"
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
