"""What publishing does: uploads, the post and what follows it, changes, taking down.

A post carries its order's key as Idempotency-Key, always; an instance remembers it for an hour, and orders
are tried for a day. So an unknown outcome is settled by reading the account's own posts back to when the
order was written, and comparing what they say, what they answer and which files they show.
"""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from parvis.connectors.mastodon.acts import CLOCK_SKEW
from parvis.connectors.mastodon.fetch import PAGE, age, is_timed, timed_id
from parvis.connectors.mastodon.instance import Instance, record_of, records_of
from parvis.connectors.mastodon.parse import key, moment
from parvis.connectors.mastodon.publishing import POLL_LEAST_S
from parvis.connectors.mastodon.saying import says
from parvis.core.connector import Act, Can, ChosenId, Done, File, FindOwn, Harmless, Order, Session
from parvis.core.errors import (
    AnswerNotUnderstood,
    BadInput,
    FieldMissing,
    Refused,
    RemoteError,
    RemoteGone,
    RightMissing,
)
from parvis.core.types import Answer, Kind, Payload, Status
from parvis.core.wording import Text

PROCESSING_S = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 10.0)
"""Pauses between two looks at a file that the instance still works on."""
ASK_AGAIN_S = 60.0
MOST_PAGES = 60
"""Of own posts that are read back; beyond them nobody can say that there was none."""
STILL_AT_WORK_S = 15.0
_SENT = ("status", "visibility", "spoiler_text", "language", "sensitive", "poll")
_NOT_READY = Text("it still works on the file", "il traite encore le fichier")
_OTHER_FILES = Text(
    "the files of a post stay as they are; what is said of them can be changed",
    "les fichiers d’une publication restent tels quels\u202f; ce qu’on en dit peut changer",
)
_TOO_MANY = Text("too many posts to look through", "trop de publications à parcourir")
_SCOPE_MISSING = Text(
    "the access token lacks the right “{scope}”; make one that has it and enter it with the channel",
    "il manque au jeton d’accès le droit «\u202f{scope}\u202f»\u202f; créez-en un qui l’a et saisissez-le avec le canal",
)
_under_way: dict[str, str] = {}
"""By order, the files under way there, so that another try waits on and sends nothing twice."""
_MOST_KEPT = 1_000


def naming(error: RightMissing, scope: str, *, host: str) -> RightMissing:
    """The same refusal with the right that is missing, where that is what it is about."""
    body = error.answer.body if error.answer else b""
    if b"scope" not in body.lower():
        return error
    return RightMissing(host=host, detail=_SCOPE_MISSING.format(scope=scope), answer=error.answer)


async def upload(session: Session, order: Order) -> Done:
    """Done once the instance has finished with the file: a post cannot show it before."""
    if order.file is None:
        raise FieldMissing(field="file")
    instance = Instance(session)
    number = _under_way.get(order.key)
    if number is None:
        answer = await _sent(instance, order.file, order)
        number = str(record_of(answer).get("id") or "")
        if not number:
            raise AnswerNotUnderstood(host=instance.host, detail="no id", answer=answer)
        if answer.status == 202:
            _keep_in_mind(order, number)
    if order.key in _under_way:
        await _processed(instance, order, number)
    return Done(remote_id=f"media:{number}", facts={"id": number})


async def _sent(instance: Instance, file: File, order: Order) -> Answer:
    data = {name: str(order.body[name]) for name in ("description", "focus") if order.body.get(name)}
    try:
        return await instance.upload("v2/media", file, data)
    except RightMissing as error:
        raise naming(error, "write:media", host=instance.host) from error


def _keep_in_mind(order: Order, number: str) -> None:
    if len(_under_way) >= _MOST_KEPT:
        _under_way.pop(next(iter(_under_way)))
    _under_way[order.key] = number


async def _processed(instance: Instance, order: Order, number: str) -> None:
    """206 while it is worked on: https://docs.joinmastodon.org/methods/media/#get, read 2026-11.

    Raises RemoteError: after a while, to be asked again; at once where the instance could not do it.
    """
    for pause_s in PROCESSING_S:
        await asyncio.sleep(pause_s)
        try:
            answer = await instance.get(f"v1/media/{quote(number, safe='')}")
        except Refused:
            _under_way.pop(order.key, None)
            raise
        if answer.status != 206:
            _under_way.pop(order.key, None)
            return
    raise RemoteError(host=instance.host, detail=_NOT_READY, retry_after_s=ASK_AGAIN_S)


async def publish(session: Session, order: Order) -> Done:
    instance = Instance(session)
    asked = {name: order.body[name] for name in _SENT if name in order.body}
    if files := _files(order):
        asked["media_ids"] = files
    if answered := _answered(order):
        asked["in_reply_to_id"] = answered
    try:
        answer = await instance.send("POST", "v1/statuses", json=asked, headers={"idempotency-key": order.key})
    except RightMissing as error:
        raise naming(error, "write:statuses", host=instance.host) from error
    return _done(session, record_of(answer), answer.url)


def _done(session: Session, status: dict[str, Any], url: str) -> Done:
    """With the status as it was read, so that it becomes an item like any other."""
    number = str(status["id"])
    facts = {"account_id": session.facts.get("account_id", "")}
    payload = Payload(endpoint="status", url=url, body=msgspec.json.encode(status), facts=facts)
    told = {"id": number, "media": _media_of(status)}
    return Done(remote_id=key(number), url=str(status.get("url") or ""), payloads=(payload,), facts=told)


def _media_of(status: dict[str, Any]) -> list[str]:
    found = status.get("media_attachments")
    return [str(one.get("id")) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _files(order: Order) -> list[str]:
    """Raises FieldMissing where a file of it is not there."""
    return [_id_of(order, name) for name in order.body.get("media") or ()]


def _answered(order: Order) -> str:
    """The post that it answers, or ""."""
    return _id_of(order, str(order.body["answers"])) if order.body.get("answers") else ""


def _id_of(order: Order, name: str) -> str:
    part = order.earlier.get(name)
    number = str(part.facts.get("id") or part.remote_id.partition(":")[2]) if part else ""
    if not number:
        raise FieldMissing(field=name)
    return number


async def find_published(session: Session, order: Order) -> Done | None:
    """Among the account's own posts since the order was written. Raises RemoteError where that cannot be told."""
    instance = Instance(session)
    own = session.facts.get("account_id", "")
    path = f"v1/accounts/{quote(own, safe='')}/statuses"
    files, answered = _files(order), _answered(order)
    since = order.written_at - CLOCK_SKEW
    asked: dict[str, str | int] = {"limit": PAGE, "exclude_reblogs": "true"}
    answer = await instance.get(path, asked)
    for _ in range(MOST_PAGES):
        rows = records_of(answer)
        for status in rows:
            if _is_it(status, order, files=files, answered=answered):
                return _done(session, status, answer.url)
        if not rows or ("min_id" not in asked and any(_is_before(status, since) for status in rows)):
            return None
        asked = {**asked, **_onwards(rows, asked, timed_id(since))}
        answer = await instance.get(path, asked)
    raise RemoteError(host=instance.host, detail=_TOO_MANY, retry_after_s=600.0)


def _is_it(status: dict[str, Any], order: Order, *, files: list[str], answered: str) -> bool:
    if _is_before(status, order.written_at - CLOCK_SKEW):
        return False
    if str(status.get("in_reply_to_id") or "") != answered or sorted(_media_of(status)) != sorted(files):
        return False
    text, warning = str(order.body.get("status") or ""), str(order.body.get("spoiler_text") or "")
    if not text:  # an instance then takes the warning for the text
        return says(status, text="", warning=warning) or says(status, text=warning, warning="")
    return says(status, text=text, warning=warning)


def _is_before(status: dict[str, Any], since: datetime) -> bool:
    written_at = moment(status.get("created_at"))
    return written_at is not None and written_at < since


def _onwards(rows: list[dict[str, Any]], asked: dict[str, str | int], first: str) -> dict[str, str | int]:
    """After the newest page: where ids hold a time, on from the order's; else back, page by page."""
    ids = sorted((str(row.get("id") or "") for row in rows), key=age)
    if "min_id" in asked:
        return {"min_id": ids[-1]}
    if "max_id" not in asked and is_timed(ids[-1]):
        return {"min_id": first}
    return {"max_id": ids[0]}


def _target(order: Order) -> str:
    """What a change or a withdrawal is about: an item, or a part of the same publication (`of`, the post)."""
    kind, _, number = order.target.remote_id.partition(":")
    if kind == "status" and number:
        return number
    return _id_of(order, str(order.body.get("of") or "post"))


async def edit(session: Session, order: Order) -> Done:
    """Its words, warning and language, and what is said of its files; those and the poll stay, which an instance
    takes away where they are not named. https://docs.joinmastodon.org/methods/statuses/#edit, read 2026-11.
    """
    instance, place = Instance(session), f"v1/statuses/{quote(_target(order), safe='')}"
    asked = _kept(record_of(await instance.get(place)), now=session.now)
    asked |= {name: order.body[name] for name in ("status", "language", "sensitive") if name in order.body}
    asked["spoiler_text"] = str(order.body.get("spoiler_text") or "")
    if described := _descriptions(order, kept=asked.get("media_ids", [])):
        asked["media_attributes"] = described
    try:
        answer = await instance.send("PUT", place, json=asked)
    except RightMissing as error:
        raise naming(error, "write:statuses", host=instance.host) from error
    return _done(session, record_of(answer), answer.url)


def _descriptions(order: Order, *, kept: list[str]) -> list[dict[str, str]]:
    """Of the files that the post shows. Raises BadInput where it would show others: that is another post."""
    found = []
    for one in order.body.get("described") or ():
        number = _id_of(order, one["name"])
        if number not in kept:
            raise BadInput(detail=_OTHER_FILES)
        found.append({"id": number, "description": str(one["description"])})
    if len(found) != len(kept):
        raise BadInput(detail=_OTHER_FILES)
    return found


def _kept(status: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if files := _media_of(status):
        kept["media_ids"] = files
    poll = status.get("poll")
    if isinstance(poll, dict) and isinstance(poll.get("options"), list) and not poll.get("expired"):
        ends = moment(poll.get("expires_at"))
        choices = [str(one.get("title") or "") for one in poll["options"] if isinstance(one, dict)]
        kept["poll"] = {"options": choices, "multiple": bool(poll.get("multiple"))}
        if ends is not None:
            kept["poll"]["expires_in"] = max(POLL_LEAST_S, round((ends - now).total_seconds()))
    if status.get("sensitive"):
        kept["sensitive"] = True
    return kept


async def withdraw(session: Session, order: Order) -> Done:
    instance = Instance(session)
    try:
        await instance.send("DELETE", f"v1/statuses/{quote(_target(order), safe='')}")
    except RemoteGone:
        pass  # it is what was asked for
    except RightMissing as error:
        raise naming(error, "write:statuses", host=instance.host) from error
    return Done(status=Status.DELETED)


KINDS = frozenset({Kind.ARTICLE, Kind.COMMENT, Kind.MENTION})
ACTS = {
    Can.UPLOAD: Act(perform=upload, settle=Harmless(), kinds=KINDS),
    Can.PUBLISH: Act(perform=publish, settle=FindOwn(find=find_published, wait_s=STILL_AT_WORK_S), kinds=KINDS),
    Can.EDIT: Act(perform=edit, settle=ChosenId(), kinds=KINDS),
    Can.WITHDRAW: Act(perform=withdraw, settle=Harmless(), kinds=KINDS, leads_to=Status.DELETED),
}
NEEDED = {
    "write:statuses": frozenset({Can.REPLY, Can.DELETE, Can.PUBLISH, Can.EDIT, Can.WITHDRAW}),
    "write:media": frozenset({Can.UPLOAD}),
}
"""By scope, what cannot be done without it: https://docs.joinmastodon.org/api/oauth-scopes/, read 2026-11."""
