"""The website connector against a real WordPress, read as if it had neither a feed nor an API: by its sitemap."""

from datetime import UTC, datetime, timedelta

import pytest

from parvis.connectors.website import connector, visiting
from parvis.connectors.website.links import tidy
from parvis.core.errors import BadInput
from parvis.net.session import ChannelSession

pytestmark = pytest.mark.real
TEXT = "".join(
    f"<p>A sentence {number} that is long enough to count as the text of an article, with several words.</p>"
    for number in ("one", "two", "three", "four")
)


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(visiting, "PAUSE_S", 0.05)


@pytest.fixture
def session_on(wordpress, client):
    def make(path="/", now=None):
        return ChannelSession(
            client=client, address=wordpress.url + path, credentials={}, facts={}, now=now or datetime.now(UTC)
        )

    return make


async def read(session, cursor=None):
    steps = [step async for step in connector.fetch(session, cursor or {})]
    items = [item for step in steps for one in step.payloads for item in connector.parse(one).items]
    return items, steps[-1].cursor


async def test_new_article_is_found_by_the_sitemap_and_its_change_too(session_on, admin, wordpress):
    _, cursor = await read(session_on())
    number = admin("POST", "posts", title="A story of the site", content=TEXT, status="publish")["id"]
    items, cursor = await read(session_on(), cursor)
    (item,) = [one for one in items if "story of the site" in one.title]
    assert "A sentence four" in item.body
    assert item.url.startswith(wordpress.url)
    assert item.published_at is not None
    again, cursor = await read(session_on(), cursor)
    assert item.remote_id not in [one.remote_id for one in again]
    admin("POST", f"posts/{number}", title="A story of the site, corrected", content=TEXT + "<p>Corrected.</p>")
    later = datetime.now(UTC) + timedelta(hours=2)
    changed = []
    for _ in range(10):  # a few of those that are due at a time
        looked_at, cursor = await read(session_on(now=later), cursor)
        changed += looked_at
    assert [one.title for one in changed if one.remote_id == item.remote_id][:1]
    assert any("Corrected." in one.body for one in changed if one.remote_id == item.remote_id)


async def test_its_feed_is_proposed_instead(session_on):
    with pytest.raises(BadInput) as caught:
        await connector.check(session_on())
    assert "feed" in caught.value.text.en


async def test_page_of_a_real_site_that_names_its_feed_is_left_to_that(session_on, wordpress, client):
    answer = await client.request("GET", wordpress.url + "/")
    assert connector.recognise(answer) == []
    assert tidy(answer.url)
