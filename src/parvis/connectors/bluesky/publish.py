"""What publishing does: uploads, the post and what follows it, who may answer, taking down.

A post's record key is made of its order (`record_key`), so a second try writes to the same place. A server
does not take a key twice; what is there is then read back, and is the answer where it is the same post.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from parvis.connectors.bluesky.acts import NOT_OURS, moment_of, record_at, record_key
from parvis.connectors.bluesky.addresses import APP
from parvis.connectors.bluesky.parse import POST, parts_of
from parvis.connectors.bluesky.richtext import handles_in, written_facets
from parvis.connectors.bluesky.service import Service, decoded
from parvis.core.connector import Act, Can, ChosenId, Done, Earlier, Harmless, Order, Session
from parvis.core.errors import AnswerNotUnderstood, FieldMissing, Refused, RemoteBroken, RightMissing
from parvis.core.types import Kind, Status

GATE = "app.bsky.feed.threadgate"
POSTGATE = "app.bsky.feed.postgate"
"""https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/postgate.json, read 2026-11."""
_EMBED = "app.bsky.embed"


async def upload(session: Session, order: Order) -> Done:
    """A file that no post shows is forgotten there after some hours."""
    if order.file is None:
        raise FieldMissing(field="file")
    service = Service(session)
    answer = await service.upload("com.atproto.repo.uploadBlob", order.file)
    blob = decoded(answer).get("blob")
    ref = blob.get("ref") if isinstance(blob, dict) else None
    if not isinstance(ref, dict) or not ref.get("$link"):
        raise AnswerNotUnderstood(host=service.host, detail="no blob", answer=answer)
    return Done(remote_id=f"blob:{ref['$link']}", facts={"blob": blob})


async def publish(session: Session, order: Order) -> Done:
    service = Service(session)
    if "gate" in order.body:
        rules = [{"$type": f"{GATE}#{rule}"} for rule in order.body["gate"]]
        return await _written_beside(service, order, GATE, {"allow": rules})
    if "quotes" in order.body:
        rules = [{"$type": f"{POSTGATE}#disableRule"}]
        return await _written_beside(service, order, POSTGATE, {"embeddingRules": rules})
    who = await service.who()
    rkey, record = record_key(order), await _record(service, order)
    try:
        body = {"repo": who.did, "collection": POST, "rkey": rkey, "record": record}
        told = decoded(await service.post("com.atproto.repo.createRecord", body))
    except (RemoteBroken, Refused):
        found = await record_at(service, who.did, rkey)
        if found is None or not _is_same(found.get("value"), record):
            raise
        told = found
    uri, cid = str(told["uri"]), str(told["cid"])
    return Done(remote_id=uri, url=f"{APP}/profile/{who.did}/post/{rkey}", facts={"uri": uri, "cid": cid})


def _is_same(found: Any, record: Mapping[str, Any]) -> bool:
    """Mentions may have been resolved otherwise; the key is ours alone in any case."""
    return isinstance(found, dict) and all(found.get(name) == record[name] for name in ("text", "createdAt"))


async def _record(service: Service, order: Order) -> dict[str, Any]:
    body = order.body
    text = str(body.get("text") or "")
    written_at = order.written_at + timedelta(milliseconds=int(body.get("place") or 0))  # a thread keeps its order
    record: dict[str, Any] = {"$type": POST, "text": text, "createdAt": moment_of(written_at)}
    if facets := written_facets(text, await _accounts_in(service, text)):
        record["facets"] = facets
    for name in ("langs", "tags"):
        if body.get(name):
            record[name] = body[name]
    if body.get("label"):
        values = [{"val": body["label"]}]
        record["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
    if embed := _embed(order):
        record["embed"] = embed
    if body.get("answers"):
        record["reply"] = {"root": _ref(order, "post"), "parent": _ref(order, str(body["answers"]))}
    return record


async def _accounts_in(service: Service, text: str) -> dict[str, str]:
    """By handle; a name that nobody has stays text."""
    found: dict[str, str] = {}
    for handle in handles_in(text):
        try:
            told = decoded(await service.get("com.atproto.identity.resolveHandle", {"handle": handle}))
        except Refused:
            continue
        if isinstance(told.get("did"), str):
            found[handle] = told["did"]
    return found


def _embed(order: Order) -> dict[str, Any] | None:
    shown = order.body.get("media") or []
    if shown and shown[0].get("is_video"):
        (video,) = shown
        return {"$type": f"{_EMBED}.video", "video": _blob(order, video["name"]), **_described(video)}
    if shown:
        images = [{"image": _blob(order, one["name"]), **_described(one)} for one in shown]
        return {"$type": f"{_EMBED}.images", "images": images}
    card = order.body.get("card")
    if not card:
        return None
    external = {name: card[name] for name in ("uri", "title", "description")}
    if card.get("thumb"):
        external["thumb"] = _blob(order, card["thumb"])
    return {"$type": f"{_EMBED}.external", "external": external}


def _described(shown: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"alt": shown.get("alt") or ""}
    if shown.get("ratio"):
        described["aspectRatio"] = shown["ratio"]
    return described


def _blob(order: Order, name: str) -> dict[str, Any]:
    blob = _earlier(order, name).facts.get("blob")
    if not isinstance(blob, dict):
        raise FieldMissing(field=name)
    return blob


def _ref(order: Order, name: str) -> dict[str, str]:
    part = _earlier(order, name)
    return {"uri": part.remote_id, "cid": str(part.facts.get("cid") or "")}


def _earlier(order: Order, name: str) -> Earlier:
    """Raises FieldMissing where that part is not done."""
    if name not in order.earlier:
        raise FieldMissing(field=name)
    return order.earlier[name]


async def _written_beside(service: Service, order: Order, collection: str, rules: Mapping[str, Any]) -> Done:
    """Who may answer or quote stands beside the post, under the same key; written twice, it is the same."""
    who = await service.who()
    post = _earlier(order, "post").remote_id
    _, rkey = parts_of(post)
    record = {"$type": collection, "post": post, **rules, "createdAt": moment_of(order.written_at)}
    body = {"repo": who.did, "collection": collection, "rkey": rkey, "record": record}
    told = decoded(await service.post("com.atproto.repo.putRecord", body))
    return Done(remote_id=str(told["uri"]), facts={"uri": str(told["uri"])})


async def withdraw(session: Session, order: Order) -> Done:
    """An item, or a part of the same publication (`of`, the post). What is not there any more is no fault there."""
    service = Service(session)
    uri = order.target.remote_id or _earlier(order, str(order.body.get("of") or "post")).remote_id
    did, rkey = parts_of(uri)
    if did != (await service.who()).did:
        raise RightMissing(host=service.host, detail=NOT_OURS)
    await service.post("com.atproto.repo.deleteRecord", {"repo": did, "collection": POST, "rkey": rkey})
    return Done(status=Status.DELETED)


KINDS = frozenset({Kind.ARTICLE, Kind.COMMENT, Kind.MENTION})
ACTS = {
    Can.UPLOAD: Act(perform=upload, settle=Harmless(), kinds=KINDS),
    Can.PUBLISH: Act(perform=publish, settle=ChosenId(), kinds=KINDS),
    Can.WITHDRAW: Act(perform=withdraw, settle=Harmless(), kinds=KINDS, leads_to=Status.DELETED),
}
