"""The queue of moderation, and the orders that need a person."""

import pytest

from parvis.channels.models import Effect, EffectState
from parvis.core.types import Status
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel, make_conversation, make_item


@pytest.fixture
def camille(client, cast, monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: later(MONDAY, hours=1))
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    return client


@pytest.fixture
def held(cast):
    item = make_item(make_channel(cast.news), "Shall this be seen?", status=Status.HELD)
    item.root = item
    item.save()
    make_conversation(item)
    return item


def stuck_on(item, member, **fields) -> Effect:
    return Effect.objects.create(
        item=item, channel=item.channel, department=item.department, can="approve", state=EffectState.NEEDS_PERSON,
        created_by=member, created_at=MONDAY, next_try_at=MONDAY, finished_at=None,
        error={"code": "refused", "en": "The site refused: closed.", "fr": "Le site a refusé : fermé."}, **fields,
    )  # fmt: skip


def test_the_queue_shows_each_held_item_and_not_the_newest_of_its_conversation(camille, held, cast):
    answer = make_item(held.channel, "A later one, published", at=later(minutes=5), root=held, parent=held)
    type(held).objects.filter(pk=answer.pk).update(root=held)
    html = camille.get("/moderation/").content.decode()
    assert "Shall this be seen?" in html
    assert "A later one" not in html


def test_who_may_not_decide_does_not_get_the_queue(client, cast, held):
    client.force_login(cast.anna, backend="parvis.orgs.asking.Backend")
    assert client.get("/moderation/").status_code == 403


def test_an_empty_queue_says_so(camille):
    assert "Nothing waits for a decision" in camille.get("/moderation/").content.decode()


def test_a_stuck_order_says_why_and_offers_what_helps(camille, held, cast):
    stuck_on(held, cast.camille)
    html = camille.get("/moderation/").content.decode()
    assert "The site refused: closed." in html
    assert "Try again" in html
    assert "It happened" not in html


def test_an_order_in_doubt_asks_whether_it_happened(camille, held, cast):
    effect = stuck_on(held, cast.camille, is_in_doubt=True)
    assert "It did not happen: send again" in camille.get("/moderation/").content.decode()
    camille.post(f"/effects/{effect.pk}/", {"answer": "happened"})
    effect.refresh_from_db()
    assert effect.state == EffectState.DONE


def test_giving_up_leaves_what_the_platform_shows(camille, held, cast):
    effect = stuck_on(held, cast.camille)
    camille.post(f"/effects/{effect.pk}/", {"answer": "give_up", "back": "/moderation/"})
    effect.refresh_from_db()
    assert effect.state == EffectState.CANCELLED


def test_a_foreign_order_cannot_be_answered(client, cast, held):
    effect = stuck_on(held, cast.camille)
    client.force_login(cast.sam, backend="parvis.orgs.asking.Backend")
    client.post(f"/effects/{effect.pk}/", {"answer": "give_up"})
    effect.refresh_from_db()
    assert effect.state == EffectState.NEEDS_PERSON
