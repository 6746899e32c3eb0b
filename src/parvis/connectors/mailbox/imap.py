"""A small IMAP client (RFC 3501 with RFC 2177 IDLE) that can only look: it knows no command that changes anything.

Everything that a server sends is bounded: the length of a line, the lines and the bytes of one answer.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from parvis.core.connector import ByteStream
from parvis.core.errors import (
    AnswerNotUnderstood,
    AnswerTooLarge,
    CredentialsRejected,
    RateLimited,
    Refused,
    RemoteBroken,
    RemoteError,
    RemoteGone,
    TimedOut,
    Unreachable,
)
from parvis.core.wording import Text
from parvis.net.page import plain

LINE_LIMIT_BYTES = 2_000_000
"""A search in a box of 200,000 mails answers in one line."""
MOST_ANSWER_BYTES = 24_000_000
MOST_ANSWER_LINES = 20_000
_LITERAL = re.compile(rb"~?\{(\d{1,12})\+?\}\r?\n\Z")
_CODE = re.compile(rb"\[([A-Za-z-]+)(?: ([^\]]*))?\]")
_NUMBERS = re.compile(rb"\d{1,10}")
_SLOW_DOWN = frozenset({b"LIMIT", b"OVERQUOTA", b"INUSE"})
_NOT_IMAP = Text("this is no IMAP server", "ce n’est pas un serveur IMAP")
_MIXED_UP = Text("answers that do not belong to the question", "des réponses qui ne correspondent pas à la question")
_QUOTABLE = re.compile(rb"[\x20-\x7e]*\Z")
_LISTED = re.compile(
    rb'\* LIST \(([^)]*)\) (?:"(?:[^"\\]|\\.)"|NIL) (?:"((?:[^"\\]|\\.)*)"|([^\s"]+))\Z', re.IGNORECASE
)
_SENT_NAMES = frozenset({"sent", "sent items", "sent messages", "sent mail", "envoy&aok-s", "gesendet"})
"""In the protocol's own letters."""


@dataclass(slots=True)
class Line:
    """One answer of a server: `text` without its literals (a NUL stands for each), and these."""

    text: bytes
    literals: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Box:
    """What EXAMINE tells of a folder."""

    validity: int
    count: int
    next_uid: int | None


class Imap:
    """One connection. Commands raise RemoteError; the stream is closed by whoever opened it."""

    def __init__(self, stream: ByteStream, host: str) -> None:
        self._stream = stream
        self._host = host
        self._number = 0
        self._count = 0
        """Mails in the folder, as far as the server has said."""
        self._has_news = False
        """More than there were when they were last searched for."""
        self.capabilities: frozenset[bytes] = frozenset()

    async def sign_in(self, username: str, password: str) -> None:
        """Raises CredentialsRejected, and AnswerNotUnderstood where the greeting is no IMAP server's."""
        greeting = await self._line()
        if greeting.text.upper().startswith(b"* BYE"):
            raise self._goodbye(greeting)
        if not greeting.text.upper().startswith((b"* OK", b"* PREAUTH")):
            raise AnswerNotUnderstood(host=self._host, detail=_NOT_IMAP)
        await self._learn_capabilities()
        if greeting.text.upper().startswith(b"* PREAUTH"):
            return
        if b"AUTH=PLAIN" in self.capabilities:
            await self._authenticate(username, password)
        else:
            await self._command(b"LOGIN", username.encode(), password.encode())
        await self._learn_capabilities()

    async def examine(self, folder: str) -> Box:
        """Opens a folder for reading alone: nothing in it can change, not even what is marked as new."""
        lines = await self._command(b"EXAMINE", folder.encode())
        told = {b"EXISTS": 0}
        for line in lines:
            if found := re.match(rb"\* (\d{1,10}) EXISTS", line.text, re.IGNORECASE):
                told[b"EXISTS"] = int(found[1])
            elif (code := _CODE.search(line.text)) and code[2] and code[2].isdigit():
                told[code[1].upper()] = int(code[2][:10])
        return Box(told.get(b"UIDVALIDITY", 0), told[b"EXISTS"], told.get(b"UIDNEXT"))

    async def search(self, criteria: str) -> list[int]:
        """UIDs, ascending."""
        self._has_news = False
        lines = await self._command(b"UID SEARCH " + criteria.encode("ascii"))
        found = [line.text for line in lines if line.text.upper().startswith(b"* SEARCH")]
        return sorted({int(number) for text in found for number in _NUMBERS.findall(text)})

    async def fetch(self, numbers: str, items: str, *, by_uid: bool = True) -> list[Line]:
        """The FETCH answers alone, as they came."""
        command = b"UID FETCH " if by_uid else b"FETCH "
        lines = await self._command(command + f"{numbers} ({items})".encode("ascii"))
        return [line for line in lines if re.match(rb"\* \d{1,10} FETCH \(", line.text, re.IGNORECASE)]

    async def sent_folders(self) -> list[str]:
        """Where copies of what was sent are kept, as the protocol writes their names (RFC 6154); else as most call it."""
        folders = [one for line in await self._command(b'LIST "" "*"') if (one := _listed(line.text))]
        marked = [name for flags, name in folders if "\\sent" in flags]
        return marked or [name for _, name in folders if re.split(r"[./]", name)[-1].lower() in _SENT_NAMES]

    async def wait_for_news(self, *, at_most_s: float) -> bool:
        """Waits in IDLE until the server tells of something new; False where the time was over first.

        At once where it has told meanwhile, beside another answer: it does not say it twice.
        """
        if self._has_news:
            return True
        await self._send(b"IDLE")
        await self._continuation()
        has_news = await self._hears_of_news(at_most_s)
        await self._stream.write(b"DONE\r\n")
        await self._answer()
        return has_news

    async def _hears_of_news(self, at_most_s: float) -> bool:
        try:
            for _ in range(MOST_ANSWER_LINES):
                line = await self._line(wait_s=at_most_s)
                self._note(line)
                if re.match(rb"\* \d{1,10} (?:EXISTS|RECENT)", line.text, re.IGNORECASE):
                    return True
                if line.text.upper().startswith(b"* BYE"):
                    raise self._goodbye(line)
        except TimedOut:
            return False
        raise AnswerTooLarge(host=self._host, limit_mb=f"{MOST_ANSWER_BYTES / 1e6:g}")

    def _note(self, line: Line) -> None:
        if found := re.match(rb"\* (\d{1,10}) (EXISTS|EXPUNGE)\Z", line.text, re.IGNORECASE):
            count = int(found[1]) if found[2].upper() == b"EXISTS" else max(self._count - 1, 0)
            self._has_news = self._has_news or count > self._count
            self._count = count

    async def leave(self) -> None:
        await self._send(b"LOGOUT")

    async def _learn_capabilities(self) -> None:
        lines = await self._command(b"CAPABILITY")
        found = [line.text for line in lines if line.text.upper().startswith(b"* CAPABILITY")]
        self.capabilities = frozenset(word for text in found for word in text.upper().split()[2:])

    async def _authenticate(self, username: str, password: str) -> None:
        secret = base64.b64encode(f"\0{username}\0{password}".encode())
        if b"SASL-IR" in self.capabilities:
            await self._send(b"AUTHENTICATE PLAIN " + secret)
        else:
            await self._send(b"AUTHENTICATE PLAIN")
            await self._continuation()
            await self._stream.write(secret + b"\r\n")
        await self._answer(b"LOGIN")

    async def _command(self, name: bytes, *arguments: bytes) -> list[Line]:
        """An argument that cannot be quoted travels as a literal, once the server asks for it."""
        self._number += 1
        written = b"P%d %s" % (self._number, name)
        for argument in arguments:
            if _QUOTABLE.match(argument):
                written += b' "' + argument.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
                continue
            await self._stream.write(written + b" {%d}\r\n" % len(argument))
            await self._continuation()
            written = argument
        await self._stream.write(written + b"\r\n")
        return await self._answer(name)

    async def _send(self, command: bytes) -> None:
        self._number += 1
        await self._stream.write(b"P%d %s\r\n" % (self._number, command))

    async def _continuation(self) -> None:
        for _ in range(100):
            line = await self._line()
            if line.text.startswith(b"+"):
                return
            self._judge(line, b"")
        raise AnswerNotUnderstood(host=self._host, detail=_MIXED_UP)

    async def _answer(self, name: bytes = b"") -> list[Line]:
        """What the server says up to the end of the command. Raises where that is NO or BAD."""
        lines: list[Line] = []
        size_bytes = 0
        while True:
            line = await self._line()
            if line.text.startswith(b"P%d " % self._number):
                self._judge(line, name)
                # EXAMINE's own line may tell something too.
                return [*lines, line]
            if line.text.upper().startswith(b"* BYE"):
                raise self._goodbye(line)
            self._note(line)
            lines.append(line)
            size_bytes += len(line.text) + sum(len(one) for one in line.literals)
            if size_bytes > MOST_ANSWER_BYTES or len(lines) > MOST_ANSWER_LINES:
                raise AnswerTooLarge(host=self._host, limit_mb=f"{MOST_ANSWER_BYTES / 1e6:g}")

    async def _line(self, *, wait_s: float | None = None) -> Line:
        text = await self._stream.read_line(wait_s=wait_s)
        line = Line(b"")
        read_bytes = len(text)
        while announced := _LITERAL.search(text):
            size_bytes = int(announced[1])
            read_bytes += size_bytes
            if read_bytes > MOST_ANSWER_BYTES:
                raise AnswerTooLarge(host=self._host, limit_mb=f"{MOST_ANSWER_BYTES / 1e6:g}")
            line.literals.append(await self._stream.read_exactly(size_bytes))
            line.text += text[: announced.start()].replace(b"\0", b"") + b"\0"
            text = await self._stream.read_line()
            read_bytes += len(text)
        line.text += text.rstrip(b"\r\n").replace(b"\0", b"")
        return line

    def _judge(self, line: Line, name: bytes) -> None:
        """Nothing where a tagged line says OK. Raises RemoteError."""
        tag, _, rest = line.text.partition(b" ")
        if tag != b"P%d" % self._number or rest[:2].upper() == b"OK":
            return
        code = _CODE.match(rest.partition(b" ")[2])
        raise self._refusal(
            name, code[1].upper() if code else b"", _words(rest, code), is_bad=rest[:3].upper() == b"BAD"
        )

    def _refusal(self, name: bytes, code: bytes, words: str, *, is_bad: bool) -> RemoteError:
        if code in _SLOW_DOWN:
            return RateLimited(host=self._host)
        if code in {b"UNAVAILABLE", b"SERVERBUG"}:
            return RemoteBroken(host=self._host, status=code.decode())
        if name == b"LOGIN" and not is_bad:
            return CredentialsRejected(host=self._host)
        if name == b"EXAMINE" and not is_bad:
            return RemoteGone(host=self._host, detail=words)
        return Refused(host=self._host, detail=words)

    def _goodbye(self, line: Line) -> Unreachable:
        words = _words(line.text[2:], None)
        return Unreachable(host=self._host, detail=Text(f"it says goodbye ({words})", f"il prend congé ({words})"))


def _listed(told: bytes) -> tuple[list[str], str] | None:
    """Flags in lower case and name of one folder; None where it is none that can be named in one line."""
    found = _LISTED.match(told)
    if found is None:
        return None
    name = re.sub(rb"\\(.)", rb"\1", found[2]) if found[2] is not None else found[3]
    return found[1].decode("ascii", "replace").lower().split(), name.decode("ascii", "replace")


def _words(rest: bytes, code: re.Match[bytes] | None) -> str:
    """What a server says beside its status, for a sentence of ours."""
    said = rest.partition(b" ")[2]
    return plain((said[code.end() :] if code else said).decode("utf-8", "replace")).rstrip(".") or "NO"


def number_set(uids: Sequence[int]) -> str:
    """1,2,3,7 as 1:3,7."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)
