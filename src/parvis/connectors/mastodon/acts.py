"""What can be done: answer a post, and delete one of one's own.

An answer carries its order's key as Idempotency-Key, which an instance remembers for an hour
(app/services/post_status_service.rb, read 2026-11). Orders are tried for a day, so an unknown outcome is
settled by looking among the answers that the account has given there.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from parvis.connectors.mastodon.counting import TEXT_RULES
from parvis.connectors.mastodon.instance import Instance, record_of
from parvis.connectors.mastodon.parse import key, moment
from parvis.core.connector import Act, Can, Done, FindOwn, Order, Session
from parvis.core.errors import FieldMissing, RemoteGone, RightMissing, TextTooLong
from parvis.core.measuring import Measure
from parvis.core.text.plain import plain_text
from parvis.core.types import Answer, Kind, Payload, Status
from parvis.core.wording import Text

CLOCK_SKEW = timedelta(minutes=5)
NOT_OURS = Text(
    "only the account’s own posts can be deleted there", "on n’y supprime que les publications du compte lui-même"
)
_URL = re.compile(r"https?://\S+")
_MENTION = re.compile(r"@[\w.-]+(?:@[\w.-]+\w)?")


def _number(order: Order) -> str:
    kind, _, number = order.target.remote_id.partition(":")
    if kind != "status" or not number:
        raise FieldMissing(field="post")
    return number


def _text(session: Session, order: Order) -> str:
    """With the author's name before it, without which they would not be told."""
    text = order.text.replace("\r\n", "\n").strip()
    if not text:
        raise FieldMissing(field="text")
    acct = str(order.target.facts.get("acct") or "")
    named = {name.casefold() for name in _MENTION.findall(text)}
    if acct and f"@{acct}".casefold() not in named:
        text = f"@{acct} {text}"
    counted = Measure(TEXT_RULES, session.facts)(text)
    if counted.is_over:
        raise TextTooLong(length=counted.length, limit=counted.most)
    return text


async def reply(session: Session, order: Order) -> Done:
    """As visible as what it answers, and no more; under the same warning."""
    instance = Instance(session)
    asked: dict[str, Any] = {
        "status": _text(session, order),
        "in_reply_to_id": _number(order),
        "visibility": str(order.target.facts.get("visibility") or "public"),
    }
    if warning := order.target.facts.get("warning"):
        asked["spoiler_text"] = str(warning)
    answer = await instance.send("POST", "v1/statuses", json=asked, headers={"idempotency-key": order.key})
    return _written(session, record_of(answer), answer)


def _written(session: Session, status: dict[str, Any], answer: Answer | None = None) -> Done:
    facts = {"account_id": session.facts.get("account_id", "")}
    payloads = (Payload(endpoint="status", url=answer.url, body=answer.body, facts=facts),) if answer else ()
    return Done(remote_id=key(status["id"]), url=str(status.get("url") or ""), payloads=payloads)


async def find_reply(session: Session, order: Order) -> Done | None:
    """Our answer with these words to this post, written since the order was."""
    instance = Instance(session)
    number, own = _number(order), session.facts.get("account_id", "")
    told = record_of(await instance.get(f"v1/statuses/{quote(number, safe='')}/context"))
    for status in told.get("descendants") or ():
        if isinstance(status, dict) and _is_ours(status, number, own) and _says(status, order):
            return _written(session, status)
    return None


def _is_ours(status: dict[str, Any], number: str, own: str) -> bool:
    account = status.get("account")
    is_own = isinstance(account, dict) and str(account.get("id")) == own
    return is_own and str(status.get("in_reply_to_id")) == number


def _says(status: dict[str, Any], order: Order) -> bool:
    written_at = moment(status.get("created_at"))
    if written_at is not None and written_at < order.written_at - CLOCK_SKEW:
        return False
    return _words(plain_text(str(status.get("content") or ""))) == _words(order.text)


def _words(text: str) -> str:
    """Without mentions, whose form the instance changes, and without what it does to spaces and addresses."""
    bare = _URL.sub("", _MENTION.sub("", text))
    return "".join(sign for sign in bare.casefold() if sign.isalnum())


async def delete(session: Session, order: Order) -> Done:
    instance, number = Instance(session), _number(order)
    try:
        status = record_of(await instance.get(f"v1/statuses/{quote(number, safe='')}"))
        account = status.get("account")
        if not isinstance(account, dict) or str(account.get("id")) != session.facts.get("account_id"):
            raise RightMissing(host=instance.host, detail=NOT_OURS)
        await instance.send("DELETE", f"v1/statuses/{quote(number, safe='')}")
    except RemoteGone:
        pass  # it is what was asked for
    return Done(status=Status.DELETED)


async def find_deleted(session: Session, order: Order) -> Done | None:
    try:
        await Instance(session).get(f"v1/statuses/{quote(_number(order), safe='')}")
    except RemoteGone:
        return Done(status=Status.DELETED)
    return None


KINDS = frozenset({Kind.COMMENT, Kind.MENTION, Kind.MESSAGE, Kind.ARTICLE})
ACTS = {
    Can.REPLY: Act(perform=reply, settle=FindOwn(find=find_reply), kinds=KINDS),
    Can.DELETE: Act(perform=delete, settle=FindOwn(find=find_deleted), kinds=KINDS, leads_to=Status.DELETED),
}
