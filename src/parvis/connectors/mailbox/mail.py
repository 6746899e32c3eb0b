"""What a mail says: its headers, its words, and what hangs on it. Broken ones give what can be had of them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parseaddr, parsedate_to_datetime

from parvis.connectors.mailbox.charsets import text_of, words_of
from parvis.connectors.mailbox.flowed import unflowed
from parvis.connectors.mailbox.light import bytes_of, has_too_many_seams, is_attachment, leaves_of, size_of

MOST_TEXT = 500_000
MOST_ATTACHMENTS = 100
_LEAST_PLAIN = 40
_IDS = re.compile(r"<([^<>\s]{1,900})>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}\Z")
_OWN_HEADERS = ("from", "subject", "date", "message-id", "received", "to", "return-path", "delivered-to")
_FLOWED = re.compile(r"format\s*=\s*\"?flowed", re.IGNORECASE)
_DELSP = re.compile(r"delsp\s*=\s*\"?yes", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    name: str
    kind: str
    size_bytes: int | None


@dataclass(slots=True, kw_only=True)
class Mail:
    """One mail, read. Texts are bounded, headers decoded."""

    id: str
    subject: str = ""
    sender_name: str = ""
    sender_address: str = ""
    sent_at: datetime | None = None
    answers: str = ""
    """The id of the mail that this one answers."""
    language: str = ""
    plain: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    enclosed: list["Mail"] = field(default_factory=list)
    """The mails of a digest."""
    facts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def is_plain(self) -> bool:
        """Whether the plain text is what was written; some programs put there that one should look at the HTML."""
        return not self.html or len(self.plain.strip()) >= _LEAST_PLAIN


def read_mail(raw: bytes) -> Mail | None:
    """None where it is no mail at all."""
    message, problem = _parted(raw)
    mail = _read(message, raw)
    if mail is not None and problem:
        mail.problems.append(problem)
    return mail


def _parted(raw: bytes) -> tuple[Message, str]:
    """Of a mail whose parts cannot be told apart the headers alone, and why."""
    problem = "it has too many parts" if has_too_many_seams(raw) else ""
    if not problem:
        try:
            return BytesParser(policy=policy.compat32).parsebytes(raw), ""
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            problem = f"its parts cannot be told apart ({type(error).__name__}: {error})"[:200]
    message = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
    message.set_payload("")
    return message, problem


def _read(message: Message, raw: bytes) -> Mail | None:
    headers = headers_of(message)
    if not any(headers.get(name, "").strip() for name in _OWN_HEADERS):
        return None
    name, address = sender_of(headers.get("from", ""))
    own_id = _first_id(headers.get("message-id", "")) or words_of(headers.get("message-id", ""), longest=400)
    mail = Mail(
        id=own_id or "sha256:" + hashlib.sha256(raw).hexdigest()[:40],
        subject=words_of(headers.get("subject", "")),
        sender_name=name,
        sender_address=address,
        sent_at=moment_of(headers.get("date", "")),
        answers=_answered(headers, own_id),
        language=_language(headers.get("content-language", "")),
        facts=_facts(headers),
    )
    _read_parts(message, mail)
    return mail


def headers_of(message: Message) -> dict[str, str]:
    """The first of each name, in lower case, cut to what a header may need."""
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), str(value)[:20_000])
    return found


def sender_of(told: str) -> tuple[str, str]:
    """Name and address; the address in lower case, "" where there is none."""
    name, address = parseaddr(" ".join(told[:2000].split()))
    if "@" not in address:
        name, address = name or address, ""
    return words_of(name, longest=200), words_of(address.lower(), longest=254)


def moment_of(told: str) -> datetime | None:
    """In UTC, to the second."""
    try:
        moment = parsedate_to_datetime(told.strip()[:100])
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).replace(microsecond=0)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def _first_id(told: str) -> str:
    found = _IDS.search(told[:4000])
    return words_of(found[1], longest=900) if found else ""


def _answered(headers: Mapping[str, str], own_id: str) -> str:
    told = _first_id(headers.get("in-reply-to", ""))
    if not told:
        line = _IDS.findall(headers.get("references", "")[-8000:])
        told = words_of(line[-1], longest=900) if line else ""
    return "" if told == own_id else told


def _language(told: str) -> str:
    tag = told.split(",", maxsplit=1)[0].strip()
    return tag if _LANGUAGE.match(tag) else ""


def _facts(headers: Mapping[str, str]) -> dict[str, str]:
    told = {
        "to": words_of(headers.get("to", ""), longest=200),
        "list": words_of(headers.get("list-id", ""), longest=200),
        "automatic": words_of(headers.get("auto-submitted", ""), longest=40).removeprefix("no"),
    }
    return {name: value for name, value in told.items() if value}


def _read_parts(message: Message, mail: Mail) -> None:
    if message.get_content_type() == "multipart/digest":
        mail.enclosed = _enclosed(message)
    plain: list[str] = []
    html: list[str] = []
    for part in leaves_of(message):
        if is_attachment(part):
            if part is not message or part.get_payload() or part.get("x-parvis-size"):
                _list_attachment(part, mail)
        elif part.get_content_subtype() == "html":
            html.append(_text(part))
        else:
            plain.append(_plain_text(part))
    mail.plain = "\n\n".join(one.strip("\n") for one in plain if one.strip())[:MOST_TEXT]
    mail.html = "\n".join(one for one in html if one.strip())[:MOST_TEXT]


def _list_attachment(part: Message, mail: Mail) -> None:
    if len(mail.attachments) < MOST_ATTACHMENTS:
        name = words_of(str(part.get_filename() or ""), longest=200)
        mail.attachments.append(Attachment(name=name, kind=part.get_content_type(), size_bytes=size_of(part)))


def _enclosed(message: Message) -> list[Mail]:
    found = []
    for part in message.get_payload():
        inside = part.get_payload() if isinstance(part, Message) else None
        if isinstance(inside, list) and inside and isinstance(inside[0], Message):
            mail = _read(inside[0], bytes(str(inside[0].get_payload())[:20_000], "utf-8", "replace"))
            if mail is not None:
                found.append(mail)
    return found


def _text(part: Message) -> str:
    charset = part.get_param("charset", "")
    if isinstance(charset, tuple):
        charset = charset[2]
    return text_of(bytes_of(part), str(charset)).replace("\r\n", "\n")


def _plain_text(part: Message) -> str:
    told = headers_of(part).get("content-type", "")
    if _FLOWED.search(told):
        return unflowed(_text(part), deletes_space=bool(_DELSP.search(told)))
    return _text(part)
