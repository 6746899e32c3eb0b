"""What can be done with a comment on WordPress, each so that trying twice does it once.

Every state has its own way of being settled: the comment is read, and where it already is as it was to
be nothing is sent. A reply carries the key of its order in `author_user_agent`, a field of each comment
that moderators can read back; WordPress itself refuses a second reply with the same words (409).

Restoring from trash or spam is APPROVE or HOLD. Trashing is refused where the site keeps no trash
(EMPTY_TRASH_DAYS = 0), since WordPress would then delete for good.
"""

import html
from typing import Any

from parvis import __version__
from parvis.connectors.wordpress.decode import plain, record, records
from parvis.connectors.wordpress.parse import COMMENT_STATUS, EFFECT
from parvis.connectors.wordpress.rights import own_account
from parvis.connectors.wordpress.site import Site
from parvis.core.connector import Act, Can, Done, FindOwn, Order, Session
from parvis.core.errors import Conflict, FieldMissing, Refused, RemoteGone, TextTooLong
from parvis.core.types import Answer, Payload, Status
from parvis.core.wording import Text

WRITTEN = {Status.PUBLISHED: "approve", Status.HELD: "hold", Status.SPAM: "spam"}
"""The words to write a status with; read back, "approve" is "approved"."""
COMMENT_BYTES = 65_525
"""The longest comment (wp_get_comment_fields_max_lengths, WordPress 6.1)."""

NO_TRASH = Text(
    "the site keeps no trash, so trashing would delete for good; choose “delete” if that is wanted",
    "le site n’a pas de corbeille, l’y mettre supprimerait pour de bon ; choisissez « supprimer » si c’est voulu",
)
PARENT_AWAY = Text(
    "the comment to be answered is in the trash or among spam there; approve it first",
    "le commentaire auquel répondre y est à la corbeille ou parmi les indésirables ; approuvez-le d’abord",
)
CLOSED = Text("comments are closed on this article", "les commentaires de cet article sont fermés")
POST_AWAY = Text(
    "the article is a draft, in the trash or gone, so nobody can comment on it",
    "l’article est un brouillon, à la corbeille ou supprimé : personne ne peut le commenter",
)
SAID_ALREADY = Text(
    "this account has already answered there in the same words",
    "ce compte y a déjà répondu dans les mêmes termes",
)
REASONS = {
    "rest_comment_closed": CLOSED,
    "rest_comment_draft_post": POST_AWAY,
    "rest_comment_trash_post": POST_AWAY,
    "rest_comment_invalid_post_id": POST_AWAY,
    "rest_cannot_read_post": POST_AWAY,
    "comment_duplicate": SAID_ALREADY,
}


def _route(order: Order) -> str:
    kind, _, number = order.target.remote_id.partition(":")
    if kind != "comment" or not number.isdigit():
        raise FieldMissing(field="comment")
    return f"wp/v2/comments/{number}"


async def _comment(site: Site, order: Order) -> tuple[dict[str, Any], Answer]:
    """The comment as it is now. Raises RemoteGone where it is not there any more."""
    context = "edit" if _moderates(site) else "view"
    answer = await site.read(_route(order), params={"context": context})
    return record(answer.body, host=site.host), answer


def _moderates(site: Site) -> bool:
    return "comments" in site.session.facts.get("reads_all", "comments").split(",")


def _status(comment: dict[str, Any]) -> Status | None:
    return COMMENT_STATUS.get(str(comment.get("status")))


def _payload(site: Site, answer: Answer) -> Payload:
    facts = {name: site.session.facts[name] for name in ("user_id", "house_user_ids") if name in site.session.facts}
    return Payload(
        endpoint="comments",
        url=answer.url,
        body=answer.body,
        content_type=answer.content_type,
        facts={**facts, "single": "1"},
    )


def _done(site: Site, answer: Answer, status: Status) -> Done:
    return Done(status=status, payloads=(_payload(site, answer),))


def set_status(status: Status) -> Act:
    """Approve, hold or mark as spam."""

    async def find(session: Session, order: Order) -> Done | None:
        site = Site(session)
        comment, answer = await _comment(site, order)
        return _done(site, answer, status) if _status(comment) is status else None

    async def perform(session: Session, order: Order) -> Done:
        site = Site(session)
        comment, answer = await _comment(site, order)
        if _status(comment) is status:
            return _done(site, answer, status)
        # A change of status alone also rewrites the author's browser to that of whoever asks, unless told.
        asked = {"status": WRITTEN[status], "author_user_agent": comment.get("author_user_agent", "")}
        answer = await site.ask("POST", _route(order), json=asked)
        if answer.status >= 400:
            if site.reason(answer)[0] == "rest_comment_failed_edit" and (found := await find(session, order)):
                return found
            raise site.refusal(answer, maybe_done=True)
        return _done(site, answer, _status(record(answer.body, host=site.host)) or status)

    return Act(perform=perform, settle=FindOwn(find=find), leads_to=status)


async def find_trashed(session: Session, order: Order) -> Done | None:
    """A comment that is in the trash already."""
    site = Site(session)
    comment, answer = await _comment(site, order)
    return _done(site, answer, Status.TRASHED) if _status(comment) is Status.TRASHED else None


async def trash(session: Session, order: Order) -> Done:
    site = Site(session)
    answer = await site.ask("DELETE", _route(order))
    if answer.status < 400:
        return _done(site, answer, Status.TRASHED)
    code, _ = site.reason(answer)
    if code == "rest_already_trashed":
        return Done(status=Status.TRASHED)
    if code == "rest_trash_not_supported":
        raise Refused(host=site.host, detail=NO_TRASH)
    raise site.refusal(answer, maybe_done=True)


async def find_deleted(session: Session, order: Order) -> Done | None:
    """A comment that is not there any more."""
    try:
        await _comment(Site(session), order)
    except RemoteGone:
        return Done(status=Status.DELETED)
    return None


async def delete(session: Session, order: Order) -> Done:
    """For good: there is no way back."""
    site = Site(session)
    answer = await site.ask("DELETE", _route(order), params={"force": "true"})
    if answer.status in (404, 410):
        return Done(status=Status.DELETED)
    if answer.status >= 400:
        raise site.refusal(answer, maybe_done=True)
    return Done(status=Status.DELETED)


async def find_reply(session: Session, order: Order) -> Done | None:
    """The answer that an earlier attempt wrote: by its order's key, else by its very words."""
    site = Site(session)
    author = session.facts.get("user_id") or str((await own_account(site))["id"])
    parent = _route(order).rpartition("/")[2]
    asked: dict[str, str | int] = {"author": author, "parent": parent, "status": "any", "per_page": 100}
    asked |= {"orderby": "id", "order": "desc", "context": "edit" if _moderates(site) else "view"}
    answer = await site.read("wp/v2/comments", params=asked)
    rows = [row for row in records(answer.body, host=site.host) if isinstance(row, dict)]
    own = next((row for row in rows if _marker(row) == order.key), None)
    own = own or next((row for row in rows if not _marker(row) and _says(row, order)), None)
    return await _replied(site, own["id"]) if own else None


async def _replied(site: Site, number: int) -> Done:
    context = "edit" if _moderates(site) else "view"
    answer = await site.read(f"wp/v2/comments/{number}", params={"context": context})
    return _new_comment(site, answer)


def _new_comment(site: Site, answer: Answer) -> Done:
    comment = record(answer.body, host=site.host)
    return Done(
        remote_id=f"comment:{comment['id']}",
        url=str(comment.get("link") or ""),
        payloads=(_payload(site, answer),),
    )


def _marker(row: dict[str, Any]) -> str:
    found = EFFECT.search(str(row.get("author_user_agent") or ""))
    return found[1] if found else ""


def _says(row: dict[str, Any], order: Order) -> bool:
    """Whether a comment says what the order says; WordPress changes quotation marks and dashes, never letters."""
    content = row.get("content") or {}
    return _letters(plain(str(content.get("raw") or content.get("rendered") or ""))) == _letters(order.text)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


async def reply(session: Session, order: Order) -> Done:
    site = Site(session)
    content = _as_html(order.text)
    parent, _ = await _comment(site, order)
    if _status(parent) in (Status.SPAM, Status.TRASHED):
        raise Conflict(who=site.host, detail=PARENT_AWAY)
    asked = {
        "post": parent["post"],
        "parent": parent["id"],
        "content": content,
        "author_user_agent": f"Parvis/{__version__} effect {order.key}",
    }
    answer = await site.ask("POST", "wp/v2/comments", json=asked)
    if answer.status < 400:
        return _new_comment(site, answer)
    code, _ = site.reason(answer)
    if code == "comment_duplicate" and (found := await find_reply(session, order)):
        return found
    if code in REASONS:
        raise Refused(host=site.host, detail=REASONS[code], answer=answer)
    raise site.refusal(answer, maybe_done=True)


def _as_html(text: str) -> str:
    """Plain text as WordPress stores it: it makes paragraphs and links of it itself."""
    content = html.escape(text.replace("\r\n", "\n").strip(), quote=False)
    if not content:
        raise FieldMissing(field="text")
    if len(content.encode()) > COMMENT_BYTES:
        raise TextTooLong(length=len(content.encode()), limit=COMMENT_BYTES)
    return content


ACTS = {
    Can.APPROVE: set_status(Status.PUBLISHED),
    Can.HOLD: set_status(Status.HELD),
    Can.SPAM: set_status(Status.SPAM),
    Can.TRASH: Act(perform=trash, settle=FindOwn(find=find_trashed), leads_to=Status.TRASHED),
    Can.DELETE: Act(perform=delete, settle=FindOwn(find=find_deleted), leads_to=Status.DELETED),
    Can.REPLY: Act(perform=reply, settle=FindOwn(find=find_reply)),
}
