"""The demonstration's own channels."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from parvis.connectors.demonstration import ACTS, connector
from parvis.core.connector import Can, Order, Target
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Kind, Payload, Status

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
SESSION = SimpleNamespace(address="https://demo.example/", credentials={}, facts={"house": "Radio Démo"}, now=NOW)


def order(can, text=""):
    target = Target(remote_id="comment:12", kind=Kind.COMMENT, about_id="post:3")
    return Order(key="0b9a", can=can, target=target, text=text, written_at=NOW)


def payload(body):
    return Payload(endpoint="answers", url="", body=body)


def test_recorded_answer_is_a_comment_of_the_house():
    [item] = connector.parse(payload((Path(__file__).parent / "answers" / "answers.json").read_bytes())).items
    assert (item.body, item.parent_id, item.author.is_house) == ("Merci de votre message.", "comment:12", True)
    assert item.published_at == NOW


async def test_answer_given_twice_is_one_item():
    first = await ACTS[Can.REPLY].perform(SESSION, order(Can.REPLY, "Merci"))
    again = await ACTS[Can.REPLY].perform(SESSION, order(Can.REPLY, "Merci"))
    assert first == again
    [item] = connector.parse(first.payloads[0]).items
    assert (item.remote_id, item.body) == (first.remote_id, "Merci")


@pytest.mark.parametrize("can", [Can.APPROVE, Can.HOLD, Can.SPAM, Can.TRASH, Can.DELETE])
async def test_verdict_is_carried_out_on_the_spot(can):
    done = await ACTS[can].perform(SESSION, order(can))
    assert done.status == ACTS[can].leads_to and isinstance(done.status, Status)


async def test_nothing_new_comes_by_itself():
    steps = [step async for step in connector.fetch(SESSION, {"a": 1})]
    assert [(step.payloads, step.cursor) for step in steps] == [((), {"a": 1})]


def test_nonsense_is_not_understood():
    with pytest.raises(AnswerNotUnderstood):
        connector.parse(payload(b"<html>"))
