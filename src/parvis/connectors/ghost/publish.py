"""What publishing does: uploads, the article, changes, taking down; each so that trying twice does it once.

Ghost chooses the ids of its posts and makes an address unique by a number behind it, so neither tells an
earlier attempt from another article. An article is therefore first written as a draft, with the key of its
order as a remark in its own code injection (a remark in the page's source; a hidden tag would stay in the
list of tags for ever), and then published by its id. What a lost answer leaves behind is a draft that nobody
sees; a request that comes late publishes nothing twice, and no newsletter is sent twice, since Ghost sends
one with the change from draft to published alone. Where somebody took the remark away, an article of the
same title and words made since the order was written is taken for it.

A change names the time of the last one that we know (`updated_at`): Ghost refuses it where somebody has
changed the article since.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from html import escape
from typing import Any

from parvis.connectors.ghost.fetch import id_at
from parvis.connectors.ghost.parse import PUBLISHED
from parvis.connectors.ghost.site import Site, quoted, rows_of
from parvis.core.connector import Act, Can, ChosenId, Done, FindOwn, Harmless, Order, Session
from parvis.core.errors import AnswerNotUnderstood, Conflict, FieldMissing, RemoteError, RemoteGone
from parvis.core.text.plain import plain_text
from parvis.core.types import Answer, Kind, Payload, Status
from parvis.core.wording import Text

STILL_AT_WORK_S = 20.0
CLOCK_SKEW = timedelta(minutes=5)
ASK_AGAIN_S = 10.0
OWN_ROWS = 30
_MARK = re.compile(r"<!-- parvis:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) -->")
WITH: Mapping[str, str | int] = {"formats": "html", "include": "authors"}
_OUT = PUBLISHED | {"scheduled"}
_MOVED = Text("somebody is working on its draft", "quelqu’un travaille à son brouillon")
_NO_ADDRESS = Text("no address of the file", "pas d’adresse du fichier")


async def upload(session: Session, order: Order) -> Done:
    if order.file is None:
        raise FieldMissing(field="file")
    site = Site(session)
    route = "images" if order.file.mime.startswith("image/") else "media"
    data = {"ref": str(order.body.get("ref") or ""), **({"purpose": "image"} if route == "images" else {})}
    answer = await site.upload(f"{route}/upload/", order.file.plainly_named(), data)
    url = _url_in(answer, route)
    if not url:
        raise AnswerNotUnderstood(host=site.host, detail=_NO_ADDRESS, answer=answer)
    return Done(remote_id=f"{route}:{url.rpartition('/')[2]}"[:180], url=url, facts={"url": url})


def _url_in(answer: Answer, name: str) -> str:
    try:
        return str(json.loads(answer.body)[name][0]["url"] or "")
    except (ValueError, KeyError, IndexError, TypeError):
        return ""


async def publish(session: Session, order: Order) -> Done:
    """The draft of an earlier attempt is taken up, and none is published that is published already."""
    site, route = Site(session), _route(order)
    row = await _own(site, order, route)
    if row is None:
        row = await _draft(site, order, route)
    elif row.get("status") in _OUT:
        return await _read_back(site, route, row["id"], order)
    asked = {"status": "published", "updated_at": row.get("updated_at")}
    sent = {"newsletter": order.body["newsletter"]} if order.body.get("newsletter") else {}
    try:
        answer = await site.ask(
            "PUT", f"{route}/{row['id']}/", params={**WITH, **sent}, json={route: [asked]}
        )  # fmt: skip
    except Conflict as error:
        raise RemoteError(host=site.host, detail=_MOVED, retry_after_s=ASK_AGAIN_S) from error
    return _done(site, answer, route, order)


async def _draft(site: Site, order: Order, route: str) -> dict[str, Any]:
    foot = f"<!-- parvis:{order.key} -->"
    asked = {**_asked(order), "status": "draft", "codeinjection_foot": foot}
    answer = await site.ask("POST", f"{route}/", params={"source": "html"}, json={route: [asked]})
    return _row(site, answer, route)


def _asked(order: Order) -> dict[str, Any]:
    """What is written of it, whether new or changed."""
    body = order.body
    asked: dict[str, Any] = {
        "title": body.get("title"),
        "html": _html(order),
        "custom_excerpt": body.get("excerpt") or None,
        "canonical_url": body.get("canonical") or None,
        "featured": bool(body.get("featured")),
        "visibility": body.get("visibility") or "public",
    }
    if image := body.get("image"):
        asked["feature_image"] = _address_of(order, image["part"])
        asked["feature_image_alt"] = image["alt"] or None
        asked["feature_image_caption"] = escape(image["caption"], quote=False) or None
    if body.get("slug"):
        asked["slug"] = body["slug"]
    if body.get("tags"):
        asked["tags"] = [{"name": name} for name in body["tags"]]
    return asked


def _html(order: Order) -> str:
    pieces = [f"<p>{inner}</p>" for inner in order.body.get("paragraphs") or ()]
    for one in order.body.get("shown") or ():
        url = escape(_address_of(order, one["part"]))
        caption = one.get("caption")
        below = f"<figcaption>{escape(caption, quote=False)}</figcaption>" if caption else ""
        match one["kind"]:
            case "video" | "audio" as kind:
                player = f'<{kind} controls src="{url}"></{kind}>'
                player = f"<figure>{player}{below}</figure>" if below else player
                pieces.append(f"<!--kg-card-begin: html-->{player}<!--kg-card-end: html-->")
            case _:
                pieces.append(f'<figure><img src="{url}" alt="{escape(one["alt"])}">{below}</figure>')
    return "\n".join(pieces)


def _address_of(order: Order, name: str) -> str:
    part = order.earlier.get(name)
    url = str(part.facts.get("url") or "") if part else ""
    if not url:
        raise FieldMissing(field=name)
    return url


async def find_published(session: Session, order: Order) -> Done | None:
    site, route = Site(session), _route(order)
    row = await _own(site, order, route)
    if row is None or row.get("status") not in _OUT:
        return None
    return await _read_back(site, route, row["id"], order)


async def _own(site: Site, order: Order, route: str) -> dict[str, Any] | None:
    """What an earlier attempt wrote: the one that is published, else the oldest draft."""
    fields: dict[str, str | int] = {"formats": "html", "limit": OWN_ROWS, "order": "id desc"}
    by_mark = {**fields, "filter": f"codeinjection_foot:~{quoted(order.key)}"}
    rows = rows_of(await site.read(f"{route}/", params=by_mark), route)
    found = [row for row in rows if mark_in(row) == order.key]
    if not found:
        since = {**fields, "filter": f"id:>{quoted(id_at(order.written_at - CLOCK_SKEW))}"}
        rows = rows_of(await site.read(f"{route}/", params=since), route)
        found = [row for row in rows if mark_in(row) == order.key or (not mark_in(row) and _says(row, order))]
    return min(found, key=lambda row: (row.get("status") not in _OUT, row["id"]), default=None)


def mark_in(row: Mapping[str, Any]) -> str:
    """The key of the order that wrote it last, "" where none did."""
    found = _MARK.search(str(row.get("codeinjection_foot") or ""))
    return found[1] if found else ""


def _says(row: Mapping[str, Any], order: Order) -> bool:
    has_title = " ".join(str(row.get("title") or "").split()) == order.body.get("title")
    return has_title and _letters(str(row.get("html") or "")) == _letters(_html(order))


def _letters(html: str) -> str:
    return "".join(sign for sign in plain_text(html).casefold() if sign.isalnum())


async def _read_back(site: Site, route: str, number: str, order: Order) -> Done:
    return _done(site, await site.read(f"{route}/{number}/", params=WITH), route, order)


def _row(site: Site, answer: Answer, route: str) -> dict[str, Any]:
    rows = rows_of(answer, route)
    if not rows:
        raise AnswerNotUnderstood(host=site.host, detail=route, answer=answer)
    return rows[0]


def _done(site: Site, answer: Answer, route: str, order: Order) -> Done:
    row = _row(site, answer, route)
    payload = Payload(endpoint=route, url=answer.url, body=answer.body, content_type=answer.content_type)
    facts = {"id": row["id"], "kind": route, "updated_at": str(row.get("updated_at") or "")}
    facts["takedown"] = str(order.body.get("takedown") or "draft")
    return Done(remote_id=f"post:{row['id']}", url=str(row.get("url") or ""), payloads=(payload,), facts=facts)


def _route(order: Order) -> str:
    return "pages" if order.body.get("kind") == "pages" else "posts"


def _target(order: Order) -> tuple[str, str]:
    """Route and id of what a change or a withdrawal is about: an item, or a part of the same publication."""
    kind, _, number = order.target.remote_id.partition(":")
    if kind == "post" and number.isalnum():
        return "pages" if order.target.kind is Kind.PAGE else "posts", number
    name = str(order.body.get("of") or "post")
    facts = order.earlier[name].facts if name in order.earlier else {}
    if not str(facts.get("id") or "").isalnum():
        raise FieldMissing(field=name)
    return "pages" if facts.get("kind") == "pages" else "posts", str(facts["id"])


def _last_known(order: Order, number: str) -> str:
    """When we ourselves last wrote it, as Ghost told; "" where we never did."""
    own = [one.facts for one in order.earlier.values() if one.facts.get("id") == number]
    return max((str(facts.get("updated_at") or "") for facts in own), default="")


async def edit(session: Session, order: Order) -> Done:
    """All that it says anew. Raises Conflict where somebody has changed it there."""
    site = Site(session)
    route, number = _target(order)
    now = await site.read(f"{route}/{number}/", params=WITH)
    row = _row(site, now, route)
    if mark_in(row) == order.key:
        return _done(site, now, route, order)
    foot = _MARK.sub("", str(row.get("codeinjection_foot") or "")).strip()
    asked = {
        **_asked(order),
        "codeinjection_foot": f"{foot}\n<!-- parvis:{order.key} -->".strip(),
        "updated_at": _last_known(order, number) or row.get("updated_at"),
    }
    answer = await site.ask(
        "PUT", f"{route}/{number}/", params={**WITH, "source": "html"}, json={route: [asked]}
    )  # fmt: skip
    return _done(site, answer, route, order)


async def find_edited(session: Session, order: Order) -> Done | None:
    site = Site(session)
    route, number = _target(order)
    answer = await site.read(f"{route}/{number}/", params=WITH)
    return _done(site, answer, route, order) if mark_in(_row(site, answer, route)) == order.key else None


def _is_to_be_deleted(order: Order, number: str) -> bool:
    """As it was chosen when it was last written."""
    own = [one.facts for one in order.earlier.values() if one.facts.get("id") == number]
    last = max(own, key=lambda facts: str(facts.get("updated_at") or ""), default={})
    return last.get("takedown") == "delete"


async def withdraw(session: Session, order: Order) -> Done:
    """A draft again, or deleted where the post was to be (option “takedown”); gone already is as good."""
    site = Site(session)
    route, number = _target(order)
    try:
        if _is_to_be_deleted(order, number):
            await site.ask("DELETE", f"{route}/{number}/")
            return Done(status=Status.DELETED)
        now = _row(site, await site.read(f"{route}/{number}/", params=WITH), route)
        asked = {"status": "draft", "updated_at": now.get("updated_at")}
        answer = await site.ask("PUT", f"{route}/{number}/", params=WITH, json={route: [asked]})
    except RemoteGone:
        return Done(status=Status.DELETED)
    except Conflict as error:
        raise RemoteError(host=site.host, detail=_MOVED, retry_after_s=ASK_AGAIN_S) from error
    return Done(status=Status.HELD, payloads=_done(site, answer, route, order).payloads)


KINDS = frozenset({Kind.ARTICLE, Kind.PAGE})
ACTS = {
    Can.UPLOAD: Act(perform=upload, settle=Harmless(), kinds=KINDS),
    Can.PUBLISH: Act(perform=publish, settle=FindOwn(find=find_published, wait_s=STILL_AT_WORK_S), kinds=KINDS),
    Can.EDIT: Act(perform=edit, settle=FindOwn(find=find_edited, wait_s=STILL_AT_WORK_S), kinds=KINDS),
    Can.WITHDRAW: Act(perform=withdraw, settle=ChosenId(), kinds=KINDS),
}
