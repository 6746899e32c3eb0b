"""One post read again: as an item, with what people did with it, and missed where it is gone."""

import pytest

from parvis.connectors.mastodon import connector
from parvis.connectors.mastodon.look import look, numbers_in
from parvis.connectors.mastodon.test_mastodon_publishing import STATUS, Told
from parvis.core.connector import Target
from parvis.core.errors import FieldMissing, RemoteGone
from parvis.core.types import Kind


def target(remote_id):
    return Target(remote_id=remote_id, kind=Kind.ARTICLE)


async def test_post_becomes_an_item_and_its_figures_are_told():
    told = {**STATUS, "favourites_count": 3, "reblogs_count": 0, "replies_count": 2}
    looked = await look(Told(("GET", f"/statuses/{STATUS['id']}", 200, told)), target(f"status:{STATUS['id']}"))
    assert looked.numbers == {"likes": 3, "boosts": 0, "replies": 2}
    [item] = connector.parse(looked.payloads[0]).items
    assert item.remote_id == f"status:{STATUS['id']}"


def test_what_an_instance_does_not_tell_is_no_zero():
    assert numbers_in({"favourites_count": None, "reblogs_count": "4", "replies_count": -1}) == {}
    assert numbers_in({"favourites_count": True}) == {}


async def test_gone_post_is_gone_and_a_strange_id_is_none():
    gone = RemoteGone(host="instance.example", detail="Record not found")
    with pytest.raises(RemoteGone):
        await look(Told(("GET", "/statuses/9", gone, None)), target("status:9"))
    with pytest.raises(FieldMissing):
        await look(Told(), target("media:9"))
