"""From a mail to items: the mail itself, or the entries that it brings."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from parvis.connectors.mailbox.mail import Attachment, Mail, read_mail
from parvis.connectors.mailbox.splitting import Entry, split
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, MediaRecord, Parsed, Payload, Problem, ProfileRecord
from parvis.core.wording import Text

_NO_MAIL = Text("this is no mail", "ce n’est pas un message")
_MOST_AHEAD = timedelta(days=1)


def parse(payload: Payload) -> Parsed:
    """Raises AnswerNotUnderstood where it is no mail."""
    mail = read_mail(payload.body)
    if mail is None:
        raise AnswerNotUnderstood(host=payload.facts.get("host", payload.url), detail=_NO_MAIL)
    arrived_at = _arrived_at(payload)
    mails = mail.enclosed or [mail]
    items = [item for one in mails for item in _items(one, payload, arrived_at)]
    return Parsed(
        items=tuple({item.remote_id: item for item in items}.values()),
        problems=tuple(Problem(where="mail", detail=problem) for problem in mail.problems),
    )


def _items(mail: Mail, payload: Payload, arrived_at: datetime | None) -> Iterator[ItemRecord]:
    name, entries = split(mail)
    if not entries:
        yield _whole(mail, payload, arrived_at)
    for entry in entries:
        yield _of_entry(entry, mail, name, payload, arrived_at)


def _whole(mail: Mail, payload: Payload, arrived_at: datetime | None) -> ItemRecord:
    return ItemRecord(
        remote_id=mail.id,
        kind=Kind.MESSAGE,
        title=mail.subject,
        body=mail.plain if mail.is_plain else mail.html,
        body_is_html=not mail.is_plain,
        author=_author(mail, payload),
        parent_id=mail.answers,
        published_at=_when(mail, arrived_at),
        language=mail.language,
        media=tuple(_medium(mail, number, one) for number, one in enumerate(mail.attachments, 1)),
        facts=_facts(mail),
    )


def _of_entry(entry: Entry, mail: Mail, name: str, payload: Payload, arrived_at: datetime | None) -> ItemRecord:
    author = _author(mail, payload)
    if entry.source:
        author = ProfileRecord(remote_id=f"source:{entry.source.lower()[:200]}", name=entry.source[:200])
    key = hashlib.sha256((entry.url or f"{entry.title}\0{entry.text}").encode("utf-8", "replace")).hexdigest()[:16]
    return ItemRecord(
        remote_id=f"{mail.id}#{key}",
        kind=Kind.ARTICLE,
        title=entry.title,
        body=entry.text,
        author=author,
        url=entry.url,
        published_at=_when(mail, arrived_at),
        language=mail.language,
        facts={"mail": mail.id, "subject": mail.subject, "recogniser": name},
    )


def _author(mail: Mail, payload: Payload) -> ProfileRecord | None:
    if not (mail.sender_address or mail.sender_name):
        return None
    return ProfileRecord(
        remote_id=mail.sender_address or f"name:{mail.sender_name}",
        name=mail.sender_name or mail.sender_address,
        handle=mail.sender_address,
        is_house=bool(mail.sender_address) and mail.sender_address == payload.facts.get("own", "").lower(),
    )


def _arrived_at(payload: Payload) -> datetime | None:
    try:
        moment = datetime.fromisoformat(payload.facts.get("arrived_at", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _when(mail: Mail, arrived_at: datetime | None) -> datetime | None:
    """The mail's own date, unless it lies ahead of its arrival: spam dates itself into the future to stay on top."""
    if mail.sent_at is None:
        return arrived_at
    if arrived_at is not None and mail.sent_at > arrived_at + _MOST_AHEAD:
        return arrived_at
    return mail.sent_at


def _medium(mail: Mail, number: int, one: Attachment) -> MediaRecord:
    """Named, not stored: its address (RFC 2392) only says which one it is."""
    return MediaRecord(url=f"mid:{mail.id}/{number}", kind=one.kind, alt=one.name, size_bytes=one.size_bytes)


def _facts(mail: Mail) -> dict[str, Any]:
    facts: dict[str, Any] = dict(mail.facts)
    if mail.attachments:
        facts["attachments"] = len(mail.attachments)
    return facts
