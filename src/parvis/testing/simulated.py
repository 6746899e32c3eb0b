"""The connector of the simulator: no part of an installation, added to the registry by tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from parvis.core.connector import (
    Account,
    Act,
    Can,
    Connector,
    Done,
    Fetched,
    FindOwn,
    Harmless,
    Looked,
    Order,
    Session,
    Settle,
    Target,
)
from parvis.core.errors import RemoteGone
from parvis.core.post import Content, Fault, Has, MediaRule, Part, Publishing
from parvis.core.types import Answer, ItemRecord, Kind, MediaRecord, Parsed, Payload, ProfileRecord, Recognition, Status
from parvis.core.wording import Text

NAME = Text("Simulator", "Simulateur")


def _path(session: Session, order: Order, rest: str = "") -> str:
    number = order.target.remote_id.partition(":")[2]
    return f"{session.address}comments/{number}{rest}"


def _set_status(status: Status, *, wait_s: float) -> Act:
    async def perform(session: Session, order: Order) -> Done:
        await session.request("POST", _path(session, order, "/status"), json={"status": status.value})
        return Done(status=status)

    async def find(session: Session, order: Order) -> Done | None:
        answer = await session.request("GET", _path(session, order))
        return Done(status=status) if msgspec.json.decode(answer.body)["status"] == status.value else None

    return Act(perform=perform, settle=FindOwn(find, wait_s), leads_to=status)


async def _reply(session: Session, order: Order) -> Done:
    body = {"text": order.text, "key": order.key}
    answer = await session.request("POST", _path(session, order, "/replies"), json=body)
    return _written(msgspec.json.decode(answer.body))


async def _find_reply(session: Session, order: Order) -> Done | None:
    answer = await session.request("GET", _path(session, order, "/replies"))
    rows = msgspec.json.decode(answer.body)
    return next((_written(row) for row in rows if row["key"] == order.key), None)


def _written(row: Mapping[str, Any]) -> Done:
    return Done(remote_id=f"comment:{row['number']}", url=f"https://simulated.example/{row['number']}")


POSTS, UPLOADS = 0, -1
"""What is published stands in the books as answers: to nothing, or to what it follows; files by themselves."""


def _after(order: Order) -> int:
    """The number of what a part answers."""
    if order.can == Can.UPLOAD:
        return UPLOADS
    after = order.body["after"]
    return int(order.earlier[after].remote_id.partition(":")[2]) if after else POSTS


async def _publish(session: Session, order: Order) -> Done:
    for name in order.body["media"]:
        assert name in order.earlier, f"{name} was not there before the post"
    body = {"text": order.body["text"], "key": order.key}
    answer = await session.request("POST", f"{session.address}comments/{_after(order)}/replies", json=body)
    return _written(msgspec.json.decode(answer.body))


async def _find_published(session: Session, order: Order) -> Done | None:
    answer = await session.request("GET", f"{session.address}comments/{_after(order)}/replies")
    rows = msgspec.json.decode(answer.body)
    return next((_written(row) for row in rows if row["key"] == order.key), None)


def _number_of(order: Order) -> str:
    return order.earlier[order.body["of"]].remote_id.partition(":")[2]


async def _edit(session: Session, order: Order) -> Done:
    body = {"text": order.body["text"]}
    await session.request("POST", f"{session.address}comments/{_number_of(order)}/text", json=body)
    return Done()


async def _withdraw(session: Session, order: Order) -> Done:
    with suppress(RemoteGone):
        await session.request("POST", f"{session.address}comments/{_number_of(order)}/gone", json={})
    return Done(status=Status.DELETED)


async def _look(session: Session, target: Target) -> Looked:
    number = target.remote_id.partition(":")[2]
    answer = await session.request("GET", f"{session.address}comments/{number}/post")
    told = msgspec.json.decode(answer.body)
    payload = Payload(endpoint="post", url=answer.url, body=answer.body)
    return Looked(payloads=(payload,), numbers={"likes": told["likes"], "boosts": told["boosts"]})


def _parts(content: Content, facts: Mapping[str, str]) -> tuple[Part, ...]:
    files = [
        Part(
            name=f"media:{number}", can=Can.UPLOAD, step=0,
            body={
                "text": medium.name, "media": [], "after": "",
                "file": {"path": medium.path, "name": medium.name, "mime": medium.mime, "size_bytes": medium.size_bytes},
            },
        )
        for number, medium in enumerate(content.media, start=1)
    ]  # fmt: skip
    names = [part.name for part in files]
    said = [("post", content.text, "", names)]
    for number, text in enumerate(content.thread, start=2):
        said.append((f"post:{number}", text, said[-1][0], []))
    if content.comment:
        said.append(("comment", content.comment, "post", []))
    posts = [
        Part(name=name, can=Can.PUBLISH, step=step, body={"text": text, "after": after, "media": media})
        for step, (name, text, after, media) in enumerate(said, start=1)
    ]
    return (*files, *posts)


def _faults(content: Content, facts: Mapping[str, str]) -> list[Fault]:
    """Nothing to say, or more than a server with little room takes."""
    if not content.text:
        return [Fault("empty", "text", Text("there is no text", "il n’y a pas de texte"))]
    if len(content.text) > int(facts.get("most", "500")):
        return [Fault("too_long", "text", Text("it is too long", "c’est trop long"))]
    return []


PUBLISHING = Publishing(
    parts=_parts,
    faults=_faults,
    has=frozenset({Has.MEDIA, Has.ALT, Has.THREAD, Has.COMMENT}),
    media=lambda facts: (MediaRule(kind="image", mimes=("image/png",), most=4, most_bytes=None),),
    edits=frozenset({"text", "thread"}),
)


async def _fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    yield Fetched(payloads=(), cursor=dict(cursor), next_in_s=3600)


def _parse(payload: Payload) -> Parsed:
    """A post that was looked at; nothing else."""
    if payload.endpoint != "post":
        return Parsed()
    told = msgspec.json.decode(payload.body)
    media = tuple(
        MediaRecord(url=f"https://simulated.example/{place}.png", alt=alt) for place, alt in enumerate(told["alts"])
    )
    author = ProfileRecord(remote_id="house", name="The house", is_house=True)
    return Parsed(
        items=(
            ItemRecord(
                remote_id=f"comment:{told['number']}", kind=Kind.ARTICLE, body=told["text"], author=author, media=media
            ),
        )
    )


def _recognise(answer: Answer) -> list[Recognition]:
    return []


async def _check(session: Session) -> Account:
    await session.request("GET", f"{session.address}me")
    return Account(name="The house", can=frozenset(Can), facts={})


def simulated(
    *,
    wait_s: float = 0.0,
    requests_per_minute: float = 60_000.0,
    reply_settle: Settle | None = None,
    publish_settle: Settle | None = None,
    looks: bool = True,
) -> Connector:
    """`reply_settle` and `publish_settle` stand for platforms of another kind: AskPerson(), IdempotencyKey()."""
    acts = {
        Can.APPROVE: _set_status(Status.PUBLISHED, wait_s=wait_s),
        Can.HOLD: _set_status(Status.HELD, wait_s=wait_s),
        Can.SPAM: _set_status(Status.SPAM, wait_s=wait_s),
        Can.TRASH: _set_status(Status.TRASHED, wait_s=wait_s),
        Can.REPLY: Act(perform=_reply, settle=reply_settle or FindOwn(_find_reply, wait_s)),
        Can.UPLOAD: Act(perform=_publish, settle=Harmless()),
        Can.PUBLISH: Act(perform=_publish, settle=publish_settle or FindOwn(_find_published, wait_s)),
        Can.EDIT: Act(perform=_edit, settle=Harmless()),
        Can.WITHDRAW: Act(perform=_withdraw, settle=Harmless()),
    }
    return Connector(
        slug="simulated",
        name=NAME,
        version=1,
        recognise=_recognise,
        fetch=_fetch,
        parse=_parse,
        check=_check,
        acts=acts,
        look=_look if looks else None,
        requests_per_minute=requests_per_minute,
        publishing=PUBLISHING,
    )
