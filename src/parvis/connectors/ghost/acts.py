"""What can be done with a comment: hide it and show it again, delete it, answer it.

A status is written as it is to be, so that writing it twice is writing it once. An answer is written in the
name of a member of the site (the house's own): the Admin API writes it without telling anybody by e-mail.
It bears the time of its order, and an unknown outcome is settled by looking for one of that member, with
these words, of that time or later, among the answers to the same comment.
"""

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from parvis.connectors.ghost.parse import moment
from parvis.connectors.ghost.site import Site, rows_of
from parvis.core.connector import Act, Can, ChosenId, Done, FindOwn, Order, Session
from parvis.core.errors import Conflict, FieldMissing, RemoteGone, RightMissing
from parvis.core.text.paragraphs import paragraphs
from parvis.core.text.plain import plain_text
from parvis.core.types import Answer, Payload, Status
from parvis.core.wording import Text

STILL_AT_WORK_S = 15.0
CLOCK_SKEW = timedelta(minutes=5)
_WRITTEN = {Status.PUBLISHED: "published", Status.HELD: "hidden", Status.DELETED: "deleted"}
_WITH: Mapping[str, str | int] = {"include": "post,member,parent,in_reply_to"}
_NO_MEMBER = Text(
    "answers are written in the name of a member: enter the e-mail address of the house’s own with the channel",
    "une réponse s’écrit au nom d’un membre\u202f: saisissez avec le canal l’adresse e-mail de celui de la maison",
)
_AWAY = Text(
    "the comment to be answered is hidden or deleted there; show it first",
    "le commentaire auquel répondre y est masqué ou supprimé\u202f; affichez-le d’abord",
)


def number_of(order: Order, prefix: str = "comment") -> str:
    kind, _, number = order.target.remote_id.partition(":")
    if kind != prefix or not number.isalnum():
        raise FieldMissing(field=prefix)
    return number


async def _comment(site: Site, number: str) -> tuple[dict[str, Any], Answer]:
    answer = await site.read(f"comments/{number}/", params=_WITH)
    rows = rows_of(answer, "comments")
    if not rows:
        raise RemoteGone(host=site.host, detail=number)
    return rows[0], answer


def payload(site: Site, answer: Answer) -> Payload:
    facts = {"member_id": member} if (member := site.session.facts.get("member_id")) else {}
    return Payload(endpoint="comments", url=answer.url, body=answer.body, content_type=answer.content_type, facts=facts)


def set_status(status: Status) -> Act:
    async def perform(session: Session, order: Order) -> Done:
        site, number = Site(session), number_of(order)
        asked = {"comments": [{"id": number, "status": _WRITTEN[status]}]}
        try:
            await site.ask("PUT", f"comments/{number}/", json=asked)
        except RemoteGone:
            if status is Status.DELETED:
                return Done(status=status)
            raise
        return Done(status=status)

    return Act(perform=perform, settle=ChosenId(), leads_to=status)


async def reply(session: Session, order: Order) -> Done:
    site = Site(session)
    member = session.facts.get("member_id")
    if not member:
        raise RightMissing(host=site.host, detail=_NO_MEMBER)
    html = "".join(f"<p>{inner}</p>" for inner in paragraphs(order.text))
    if not html:
        raise FieldMissing(field="text")
    target, _answer = await _comment(site, number_of(order))
    if target.get("status") != "published":
        raise Conflict(who=site.host, detail=_AWAY)
    asked = {"html": html, "member_id": member, "parent_id": target.get("parent_id") or target["id"]}
    if target.get("parent_id"):
        asked["in_reply_to_id"] = target["id"]
    asked["created_at"] = order.written_at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    answer = await site.ask("POST", "comments/", params={"include": "post,member"}, json={"comments": [asked]})
    return _said(site, rows_of(answer, "comments")[0], answer)


def _said(site: Site, row: Mapping[str, Any], answer: Answer) -> Done:
    article = row.get("post")
    place = str(article.get("url") or "") if isinstance(article, dict) else ""
    url = f"{place}#ghost-comments-{row['id']}" if place else ""
    return Done(remote_id=f"comment:{row['id']}", url=url, payloads=(payload(site, answer),))


async def find_reply(session: Session, order: Order) -> Done | None:
    site, member = Site(session), session.facts.get("member_id")
    target, _answer = await _comment(site, number_of(order))
    root = target.get("parent_id") or target["id"]
    words = _letters("\n".join(paragraphs(order.text)))
    number = 1
    while True:
        answer = await site.read(
            f"comments/{root}/replies/", params={"limit": 100, "page": number, "include": "member"}
        )
        rows = rows_of(answer, "comments")
        for row in rows:
            written_at = moment(row.get("created_at"))
            is_ours = isinstance(row.get("member"), dict) and row["member"].get("id") == member
            is_since = written_at is not None and written_at >= order.written_at - CLOCK_SKEW
            if is_ours and is_since and _letters(str(row.get("html") or "")) == words:
                found, single = await _comment(site, row["id"])
                return _said(site, found, single)
        if len(rows) < 100:
            return None
        number += 1


def _letters(html: str) -> str:
    return "".join(plain_text(html).split()).casefold()


ACTS = {
    Can.APPROVE: set_status(Status.PUBLISHED),
    Can.HOLD: set_status(Status.HELD),
    Can.DELETE: set_status(Status.DELETED),
    Can.REPLY: Act(perform=reply, settle=FindOwn(find=find_reply, wait_s=STILL_AT_WORK_S)),
}
