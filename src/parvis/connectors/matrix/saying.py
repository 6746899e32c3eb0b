"""What an event of ours says: words with links and names, a file with its description, a poll. Pure.

Names are those of https://spec.matrix.org/v1.15/client-server-api/#instant-messaging; captions are of its
1.10 (MSC2530), mentions of its 1.7 (MSC3952). Polls are not in it yet: clients know those of MSC3381 under
its own names (read 2026-11).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from parvis.connectors.matrix.bodies import HTML
from parvis.core.measuring.links import Span
from parvis.core.text.paragraphs import paragraphs, sendable

EFFECT = "org.parvis.effect"
MESSAGE = "m.room.message"
POLL = "org.matrix.msc3381.poll.start"
MOST_CONTENT_BYTES = 60_000
"""Of the 65,536 of an event as JSON: the server adds names, hashes, signatures and what it follows on."""
MOST_NAMED = 50
_LONGEST_ID = 255
_FALLBACK = 200
"""Signs of a change that are shown where changes are not understood."""
_TEXT = "org.matrix.msc1767.text"
_USER = re.compile(r"(?<![\w@/.])@[a-z0-9._=/+-]{1,200}:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?", re.ASCII)
_KINDS = {"image": "m.image", "video": "m.video", "audio": "m.audio"}

Content = dict[str, Any]


def tidy(text: str) -> str:
    return sendable(text).replace("\r\n", "\n").replace("\r", "\n").strip()


def size_of(content: Mapping[str, Any]) -> int:
    """In bytes, as JSON, as the server counts it."""
    return len(msgspec.json.encode(content))


def people_in(text: str) -> list[str]:
    """Who may be named in it, once each, in order."""
    return list(dict.fromkeys(user for _, user in _named_in(text)))[:MOST_NAMED]


def words(text: str, named: Mapping[str, str], *, everybody: bool = False) -> Content:
    """`named`: shown names by id, of those who are to be told. Without markup where both together are too much."""
    mentions: Content = {"user_ids": [one for one in people_in(text) if one in named]} if named else {}
    if everybody:
        mentions["room"] = True
    plain: Content = {"msgtype": "m.text", "body": text, "m.mentions": mentions}
    parts = paragraphs(text, named=lambda paragraph: _pills(paragraph, named))
    html = "".join(f"<p>{part}</p>" for part in parts) if len(parts) > 1 else "".join(parts)
    marked = {**plain, "format": HTML, "formatted_body": html}
    return marked if size_of(marked) <= MOST_CONTENT_BYTES else plain


def _pills(paragraph: str, named: Mapping[str, str]) -> dict[Span, tuple[str, str]]:
    """Clients show a link to somebody as their name, with their picture."""
    found = {Span(one.start(), one.start() + len(user)): user for one, user in _named_in(paragraph) if user in named}
    return {span: (f"https://matrix.to/#/{quote(user, safe='@:')}", named[user]) for span, user in found.items()}


def _named_in(text: str) -> list[tuple[re.Match[str], str]]:
    """A full stop after an id is the sentence's."""
    found = [(one, one.group().rstrip(".")) for one in _USER.finditer(text)]
    return [(one, user) for one, user in found if len(user) <= _LONGEST_ID]


def file(address: str, told: Mapping[str, Any]) -> Content:
    """`told`: name, mime, size_bytes, alt, and what is known of width, height and duration_s."""
    mime, name, alt = str(told["mime"]), str(told["name"]), str(told.get("alt") or "")
    info: Content = {"mimetype": mime, "size": told["size_bytes"]}
    info |= {short: told[long] for short, long in (("w", "width"), ("h", "height")) if told.get(long)}
    if told.get("duration_s"):
        info["duration"] = round(told["duration_s"] * 1000)
    msgtype = _KINDS.get(mime.partition("/")[0], "m.file")
    return {
        "msgtype": msgtype, "body": alt or name, "filename": name, "url": address, "info": info, "m.mentions": {},
    }  # fmt: skip


def said_of(alt: str, caption: str) -> str:
    """A file's message has one text, which clients show below it: its caption, and its description in brackets.

    Without a caption the description stands there by itself.
    """
    return f"{caption}\n[{alt}]" if caption and alt else caption or alt


def described(before: Mapping[str, Any], alt: str) -> Content:
    """The same file with another description."""
    kept = {name: value for name, value in before.items() if name not in {"m.relates_to", "m.new_content", EFFECT}}
    for name in ("format", "formatted_body"):
        kept.pop(name, None)
    return {**kept, "body": alt or str(before.get("filename") or before.get("body") or "")}


def poll(question: str, told: Mapping[str, Any]) -> Content:
    choices = [str(one) for one in told["choices"]]
    lines = "\n".join(f"{number}. {choice}" for number, choice in enumerate(choices, 1))
    answers = [{"id": str(number), _TEXT: choice} for number, choice in enumerate(choices, 1)]
    asked = {_TEXT: question, "msgtype": "m.text", "body": question}
    most = len(choices) if told.get("is_multiple") else 1
    start = {"question": asked, "kind": "org.matrix.msc3381.poll.disclosed", "max_selections": most, "answers": answers}
    return {POLL: start, _TEXT: f"{question}\n{lines}", "m.mentions": {}}


def in_thread(root: str, answered: str, *, is_answer: bool) -> Content:
    """`is_answer` False: it follows on, and names what it follows for those who know no threads."""
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "m.in_reply_to": {"event_id": answered},
        "is_falling_back": not is_answer,
    }


def change_of(event_id: str, new: Content, before: Mapping[str, Any]) -> Content:
    """Who was told already is not told again."""
    told, now = before.get("m.mentions"), new.get("m.mentions") or {}
    known = told if isinstance(told, dict) else {}
    fresh = [one for one in now.get("user_ids", ()) if one not in (known.get("user_ids") or ())]
    return {
        "msgtype": new["msgtype"],
        "body": f"* {str(new['body'])[:_FALLBACK]}",
        "m.new_content": new,
        "m.mentions": {"user_ids": fresh} if fresh else {},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
    }
