"""The connector of the simulator: no part of an installation, added to the registry by tests."""

from collections.abc import AsyncIterator, Mapping
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
    Order,
    Session,
    Settle,
)
from parvis.core.types import Answer, Parsed, Payload, Recognition, Status
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


async def _fetch(session: Session, cursor: Mapping[str, Any]) -> AsyncIterator[Fetched]:
    yield Fetched(payloads=(), cursor=dict(cursor), next_in_s=3600)


def _parse(payload: Payload) -> Parsed:
    return Parsed()


def _recognise(answer: Answer) -> list[Recognition]:
    return []


async def _check(session: Session) -> Account:
    await session.request("GET", f"{session.address}me")
    return Account(name="The house", can=frozenset(Can), facts={})


def simulated(
    *, wait_s: float = 0.0, requests_per_minute: float = 60_000.0, reply_settle: Settle | None = None
) -> Connector:
    """`reply_settle` stands for platforms of another kind: AskPerson(), IdempotencyKey()."""
    acts = {
        Can.APPROVE: _set_status(Status.PUBLISHED, wait_s=wait_s),
        Can.HOLD: _set_status(Status.HELD, wait_s=wait_s),
        Can.SPAM: _set_status(Status.SPAM, wait_s=wait_s),
        Can.TRASH: _set_status(Status.TRASHED, wait_s=wait_s),
        Can.REPLY: Act(perform=_reply, settle=reply_settle or FindOwn(_find_reply, wait_s)),
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
        requests_per_minute=requests_per_minute,
    )
