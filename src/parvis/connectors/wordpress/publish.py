"""What publishing does: uploads, the article, changes, taking down; each so that trying twice does it once.

An article is first written as a draft, which carries the key of its order in its source (`article`), and
then published by its number. So what a lost answer leaves behind is a draft that nobody sees, and a request
that arrives late publishes nothing twice: without a number nothing can be published, and publishing a
number again changes nothing. Whether an earlier attempt wrote one is read from the account's own articles:
the newest, and those that a search for the key brings where these do not reach back to the order; where a
plugin took the mark away, an article of the same title and words written since. A slug of our own making
would show in the address, and a meta field is not open to be searched on a site as it comes.

WordPress cannot be told to change an article only if it is still as it was. So a change reads it first,
and does nothing where somebody has changed there what it would write over.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any

from parvis.connectors.wordpress.acts import NO_TRASH
from parvis.connectors.wordpress.article import digest_of, letters_of, mark_in, raw_of, source_of
from parvis.connectors.wordpress.decode import record, records
from parvis.connectors.wordpress.listings import POST_FIELDS, POST_STATUSES
from parvis.connectors.wordpress.parse import moment
from parvis.connectors.wordpress.rights import own_account
from parvis.connectors.wordpress.site import Site
from parvis.connectors.wordpress.terms import term_ids
from parvis.core.connector import Act, Can, Done, FindOwn, Harmless, Order, Session
from parvis.core.errors import Conflict, FieldMissing, Refused, RightMissing
from parvis.core.types import Answer, Kind, Payload, Status
from parvis.core.wording import Text

STILL_AT_WORK_S = 20.0
CLOCK_SKEW = timedelta(minutes=5)
OWN_ROWS = 20
_DRAFTS = frozenset({"draft", "auto-draft", "pending"})
SHOWN: Mapping[str, str | int] = {
    "context": "edit",
    "_embed": "author,wp:featuredmedia",
    "_fields": f"{POST_FIELDS},content.raw,excerpt.raw,slug,featured_media",
}
_LISTED = "id,status,date_gmt,modified_gmt,title.raw,content.raw"

_NO_FILES = Text(
    "its role on the site does not allow it to upload files (WordPress: upload_files)",
    "son rôle sur le site ne permet pas de téléverser des fichiers (WordPress\u202f: upload_files)",
)
_NO_PUBLISHING = Text(
    "its role on the site does not allow it to publish; Author, Editor and Administrator do",
    "son rôle sur le site ne permet pas de publier\u202f; Auteur, Éditeur et Administrateur le permettent",
)
_NO_PAGES = Text(
    "its role on the site does not allow it to publish pages; Editor and Administrator do",
    "son rôle sur le site ne permet pas de publier des pages\u202f; Éditeur et Administrateur le permettent",
)
_NO_RIGHT = {"posts": _NO_PUBLISHING, "pages": _NO_PAGES}
_NO_STICKING = Text(
    "its role on the site does not allow it to keep a post on the front page",
    "son rôle sur le site ne permet pas d’épingler un article",
)
_NO_CHANGES = Text(
    "its role on the site does not allow it to change this article",
    "son rôle sur le site ne permet pas de modifier cet article",
)
_SOMEBODY = Text("somebody", "quelqu’un")
_CHANGED_THERE = Text(
    "the article was changed on the site since; look at it there, and change it there",
    "l’article a été modifié sur le site entre-temps\u202f; regardez-le là-bas et modifiez-le là-bas",
)
_KEPT_BACK = Text(
    "the site keeps it as “{status}”; somebody who may must publish it there",
    "le site le garde comme «\u202f{status}\u202f»\u202f; une personne qui en a le droit doit l’y publier",
)


async def upload(session: Session, order: Order) -> Done:
    """Into the media library, with its description and caption in the same request."""
    if order.file is None:
        raise FieldMissing(field="file")
    site = Site(session)
    data = {"alt_text": order.body.get("alt"), "caption": escape(str(order.body.get("caption") or ""), quote=False)}
    answer = await site.upload(
        "wp/v2/media", order.file.plainly_named(), {name: str(told) for name, told in data.items() if told}
    )
    if answer.status >= 400:
        raise _upload_refusal(site, answer)
    told = record(answer.body, host=site.host)
    return Done(remote_id=f"media:{told['id']}", facts={"id": told["id"], "url": str(told.get("source_url") or "")})


def _upload_refusal(site: Site, answer: Answer) -> Exception:
    """WordPress says 500 where it does not like a file."""
    code, message = site.reason(answer)
    if answer.status == 403:
        return RightMissing(host=site.host, detail=_NO_FILES, answer=answer)
    if code.startswith("rest_upload_"):
        return Refused(host=site.host, detail=message or code, answer=answer)
    return site.refusal(answer, maybe_done=True)


async def publish(session: Session, order: Order) -> Done:
    """The draft of an earlier attempt is taken up, and none is published that is published already."""
    site, route = Site(session), _route(order)
    row = await _own(site, order, route)
    if row is not None and row.get("status") not in _DRAFTS:
        return await _read_back(site, route, row["id"])
    number = row["id"] if row is not None else await _draft(site, order, route)
    answer = await site.ask("POST", f"wp/v2/{route}/{number}", params=SHOWN, json={"status": "publish"})
    if answer.status >= 400:
        raise _refusal(site, answer, route)
    found = record(answer.body, host=site.host)
    if found.get("status") in _DRAFTS:
        raise Refused(host=site.host, detail=_KEPT_BACK.format(status=found["status"]), answer=answer)
    return _done(site, found, answer, route)


async def _draft(site: Site, order: Order, route: str) -> int:
    asked = {**await _asked(site, order), "status": "draft"}
    asked |= {name: order.body[name] for name in ("date", "date_gmt") if order.body.get(name)}
    answer = await site.ask("POST", f"wp/v2/{route}", params={"_fields": "id"}, json=asked)
    if answer.status >= 400:
        raise _refusal(site, answer, route)
    return int(record(answer.body, host=site.host)["id"])


async def _asked(site: Site, order: Order) -> dict[str, Any]:
    """What is written of it, whether new or changed."""
    body = order.body
    files = {name: one.facts for name, one in order.earlier.items() if name.startswith("media:")}
    for name in [*(one["part"] for one in body.get("shown") or ()), *filter(None, [body.get("featured")])]:
        if not files.get(name, {}).get("id"):
            raise FieldMissing(field=name)
    asked: dict[str, Any] = {
        "title": escape(str(body.get("title") or ""), quote=False),
        "content": source_of(body, files, key=order.key),
        "excerpt": escape(str(body.get("excerpt") or ""), quote=False),
        **await term_ids(site, body),
    }
    if body.get("featured"):
        asked["featured_media"] = files[body["featured"]]["id"]
    if body.get("slug"):
        asked["slug"] = body["slug"]
    if body.get("comments"):
        asked["comment_status"] = body["comments"]
    if body.get("sticky"):
        asked["sticky"] = True
    return asked


async def find_published(session: Session, order: Order) -> Done | None:
    site, route = Site(session), _route(order)
    row = await _own(site, order, route)
    if row is None or row.get("status") in _DRAFTS:
        return None
    return await _read_back(site, route, row["id"])


async def _own(site: Site, order: Order, route: str) -> dict[str, Any] | None:
    """What an earlier attempt wrote: the one that is published, else the oldest draft."""
    author = site.session.facts.get("user_id") or str((await own_account(site))["id"])
    asked: dict[str, str | int] = {"author": author, "status": POST_STATUSES, "context": "edit", "_fields": _LISTED}
    asked |= {"orderby": "id", "order": "desc", "per_page": OWN_ROWS}
    rows = await _rows(site, route, asked)
    since = order.written_at - CLOCK_SKEW
    found = [row for row in rows if mark_in(raw_of(row, "content")) == order.key]
    if not found and len(rows) == OWN_ROWS and not _is_before(rows[-1], since):
        rows += await _rows(site, route, {**asked, "search": f"parvis:{order.key}"})
        found = [row for row in rows if mark_in(raw_of(row, "content")) == order.key]
    if not found:
        found = [row for row in rows if not _is_before(row, since) and _says(row, order)]
    return min(found, key=lambda row: (row.get("status") in _DRAFTS, row["id"]), default=None)


async def _rows(site: Site, route: str, asked: Mapping[str, str | int]) -> list[dict[str, Any]]:
    """To who may write nothing there, and to a password that was revoked, drafts are a wrong parameter."""
    answer = await site.ask("GET", f"wp/v2/{route}", params=asked)
    if answer.status == 400 and site.reason(answer)[0] == "rest_invalid_param":
        await own_account(site)
        raise RightMissing(host=site.host, detail=_NO_RIGHT[route], answer=answer)
    if answer.status >= 400:
        raise site.refusal(answer)
    return [row for row in records(answer.body, host=site.host) if isinstance(row, dict) and "id" in row]


def _is_before(row: Mapping[str, Any], since: datetime) -> bool:
    """Neither written nor changed since."""
    times = [at for at in (moment(row.get("date_gmt")), moment(row.get("modified_gmt"))) if at is not None]
    return bool(times) and max(times) < since


def _says(row: Mapping[str, Any], order: Order) -> bool:
    """Where there is no mark at all, its title and words; files may be shown by other addresses."""
    source = raw_of(row, "content")
    below = [escape(str(one.get("caption") or "")) for one in order.body.get("shown") or ()]
    own = "\n".join([*(str(inner) for inner in order.body.get("paragraphs") or ()), *below])
    has_same_words = letters_of(source) == letters_of(own)
    return (
        not mark_in(source)
        and has_same_words
        and letters_of(raw_of(row, "title")) == letters_of(escape(str(order.body.get("title") or ""), quote=False))
    )


async def _read_back(site: Site, route: str, number: int) -> Done:
    answer = await site.read(f"wp/v2/{route}/{number}", params=SHOWN)
    return _done(site, record(answer.body, host=site.host), answer, route)


def _done(site: Site, row: dict[str, Any], answer: Answer, route: str) -> Done:
    told = {"id": row["id"], "kind": route, "said": digest_of(row)}
    return Done(
        remote_id=f"post:{row['id']}",
        url=str(row.get("link") or ""),
        payloads=(payload_of(site, answer, route),),
        facts=told,
    )


def payload_of(site: Site, answer: Answer, route: str) -> Payload:
    """Of an answer that holds one article alone."""
    facts = {name: site.session.facts[name] for name in ("user_id", "house_user_ids") if name in site.session.facts}
    facts["single"] = "1"
    return Payload(
        endpoint=route, url=answer.url, body=answer.body, content_type=answer.content_type, facts=facts
    )  # fmt: skip


def _refusal(site: Site, answer: Answer, route: str) -> Exception:
    code, _message = site.reason(answer)
    words = {
        "rest_cannot_assign_sticky": _NO_STICKING,
        "rest_cannot_edit": _NO_CHANGES,
        "rest_cannot_publish": _NO_RIGHT[route],
        "rest_cannot_create": _NO_RIGHT[route],
    }
    if answer.status == 403 and code in words:
        return RightMissing(host=site.host, detail=words[code], answer=answer)
    return site.refusal(answer, maybe_done=True)


def _route(order: Order) -> str:
    kind = order.body.get("kind")
    return str(kind) if kind in _NO_RIGHT else "posts"


def _target(order: Order) -> tuple[str, int]:
    """Route and number of what a change or a withdrawal is about: an item, or a part of the same publication."""
    kind, _, number = order.target.remote_id.partition(":")
    if kind == "post" and number.isdigit():
        return "pages" if order.target.kind is Kind.PAGE else "posts", int(number)
    name = str(order.body.get("of") or "post")
    facts = order.earlier[name].facts if name in order.earlier else {}
    if not str(facts.get("id") or "").isdigit():
        raise FieldMissing(field=name)
    return "pages" if facts.get("kind") == "pages" else "posts", int(facts["id"])


def _said(order: Order, number: int) -> set[str]:
    """What we ourselves have written there: by the post, and by each change of it."""
    own = [one.facts for one in order.earlier.values() if str(one.facts.get("id")) == str(number)]
    return {str(facts["said"]) for facts in own if facts.get("said")}


async def edit(session: Session, order: Order) -> Done:
    """All that it says anew. Raises Conflict where somebody has changed it there."""
    site = Site(session)
    route, number = _target(order)
    now = await site.read(f"wp/v2/{route}/{number}", params=SHOWN)
    row = record(now.body, host=site.host)
    if mark_in(raw_of(row, "content")) == order.key:
        return _done(site, row, now, route)
    known = _said(order, number)
    if known and digest_of(row) not in known:
        raise Conflict(who=_SOMEBODY, detail=_CHANGED_THERE)
    asked = await _asked(site, order)
    if "sticky" in order.body and route == "posts":
        asked["sticky"] = bool(order.body["sticky"])
    answer = await site.ask("POST", f"wp/v2/{route}/{number}", params=SHOWN, json=asked)
    if answer.status >= 400:
        raise _refusal(site, answer, route)
    return _done(site, record(answer.body, host=site.host), answer, route)


async def find_edited(session: Session, order: Order) -> Done | None:
    site = Site(session)
    route, number = _target(order)
    answer = await site.read(f"wp/v2/{route}/{number}", params=SHOWN)
    row = record(answer.body, host=site.host)
    return _done(site, row, answer, route) if mark_in(raw_of(row, "content")) == order.key else None


async def withdraw(session: Session, order: Order) -> Done:
    """Into the trash, from where somebody can take it back; gone already is as good."""
    site = Site(session)
    route, number = _target(order)
    answer = await site.ask("DELETE", f"wp/v2/{route}/{number}")
    code, _message = site.reason(answer)
    if answer.status < 400 or code == "rest_already_trashed":
        return Done(status=Status.TRASHED)
    if answer.status == 404:
        return Done(status=Status.DELETED)
    if code == "rest_trash_not_supported":
        raise Refused(host=site.host, detail=NO_TRASH, answer=answer)
    raise site.refusal(answer, maybe_done=True)


KINDS = frozenset({Kind.ARTICLE, Kind.PAGE})
ACTS = {
    Can.UPLOAD: Act(perform=upload, settle=Harmless(), kinds=KINDS),
    Can.PUBLISH: Act(perform=publish, settle=FindOwn(find=find_published, wait_s=STILL_AT_WORK_S), kinds=KINDS),
    Can.EDIT: Act(perform=edit, settle=FindOwn(find=find_edited, wait_s=STILL_AT_WORK_S), kinds=KINDS),
    Can.WITHDRAW: Act(perform=withdraw, settle=Harmless(), kinds=KINDS, leads_to=Status.TRASHED),
}
