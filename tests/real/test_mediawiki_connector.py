"""The MediaWiki connector and the worker's own collecting against a real MediaWiki."""

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime

import pytest
from tests.real.wiki import Editor
from tests.worker.box import drop_template, make_template, opened_box, slowness, stop, wait_until

from parvis.channels.models import Channel, Item
from parvis.channels.opening import look_at, open_channel, preview
from parvis.connectors.mediawiki import connector
from parvis.connectors.mediawiki.scope import Scope
from parvis.core.errors import AnswerNotUnderstood, Refused
from parvis.core.types import Kind, Status
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.testing.cast import make_cast

pytestmark = pytest.mark.real
INTERVAL_S = 5.0


@pytest.fixture
def editor(mediawiki):
    return Editor(env=mediawiki)


@pytest.fixture
def title():
    """Of a page of this test's own."""
    return f"Page {uuid.uuid4().hex[:12]}"


class Desk:
    def __init__(self, client, address):
        self.client, self.address, self.cursor, self.items = client, address, {}, {}

    async def poll(self):
        facts = (await connector.check(self.client.session(self.address, {}))).facts
        session = self.client.session(self.address, {}, facts=facts)
        async for fetched in connector.fetch(session, self.cursor):
            self.cursor = json.loads(json.dumps(fetched.cursor))
            for payload in fetched.payloads:
                parsed = connector.parse(payload)
                assert parsed.problems == ()
                self.items.update({item.remote_id: item for item in parsed.items})

    def of(self, title):
        return [item for item in self.items.values() if item.title == title]


async def test_wiki_page_and_category_are_recognised_and_checked(editor, client, title):
    editor.edit(title, "text [[Category:Recognised]]")
    for address, names in (
        (editor.url, ["Test wiki"]),
        (editor.api, ["Test wiki"]),
        (f"{editor.url}/index.php?title={title.replace(' ', '_')}", [f"{title} – Test wiki", "Test wiki"]),
        (f"{editor.url}/index.php?title=Category:Recognised", ["Category:Recognised – Test wiki", "Test wiki"]),
    ):
        found = connector.recognise(await client.request("GET", address, accept_statuses=frozenset({404})))
        assert [one.name for one in found] == names
        for one in found:
            account = await connector.check(client.session(one.address, {}))
            assert account.name == one.name and account.facts["version"].startswith("MediaWiki 1.")
            answer = await client.request("GET", one.address)
            assert connector.recognise(answer)[0].address == one.address


async def test_life_of_a_page_is_read_change_by_change(editor, client, title):
    desk = Desk(client, editor.api)
    await desk.poll()
    editor.edit(title, "Une page sur le lac.", "début")
    editor.edit(title, "Une page sur le grand lac.\n\nEt la suite.", "suite")
    await desk.poll()
    page, change = desk.of(title)
    assert page.body == "début\n\nUne page sur le lac." and page.kind is Kind.PAGE and page.status is Status.PUBLISHED
    assert change.body == "suite\n\ngrand\nEt la suite." and change.about_id == page.remote_id
    assert change.author.name == "Admin"
    for url in (page.url, change.url):
        assert (await client.request("GET", url)).status == 200
    editor.do("move", **{"from": title, "to": f"{title} bis", "reason": "autre nom"})
    editor.edit(f"{title} bis", "Une page sur le grand lac.", "moins")
    editor.do("delete", title=f"{title} bis", reason="inutile")
    await desk.poll()
    assert "(move → " in "".join(item.body for item in desk.of(title))
    assert "(delete) inutile" in [item.body for item in desk.of(f"{title} bis")]
    assert desk.items[page.remote_id].status is Status.DELETED
    editor.do("undelete", title=f"{title} bis", reason="si")
    await desk.poll()
    assert desk.items[page.remote_id].status is Status.PUBLISHED


async def test_only_what_happens_on_the_pages_of_a_category_is_read(editor, client, title):
    category = f"Category:C{title[5:]}"
    editor.edit(title, f"dedans\n[[{category}]]", "")
    desk = Desk(client, Scope(editor.api, category=category).address)
    await desk.poll()
    assert {item.title for item in desk.items.values()} == {title}
    editor.edit(f"{title} dehors", "dehors", "")
    editor.edit(title, f"dedans et plus\n[[{category}]]", "")
    editor.edit(f"{title} aussi", f"nouvelle venue\n[[{category}]]", "")
    await desk.poll()
    assert {item.title for item in desk.items.values()} == {title, f"{title} aussi"}
    assert "et plus" in [item.body for item in desk.of(title)]
    editor.do("move", **{"from": title, "to": f"{title} bis", "reason": "autre nom", "noredirect": "1"})
    editor.do("delete", title=f"{title} aussi", reason="inutile")
    await desk.poll()
    assert any("(move → " in item.body for item in desk.of(title))
    gone = [item.remote_id for item in desk.items.values() if item.status is Status.DELETED]
    assert len(gone) == 1 and gone[0].startswith("page:")


async def test_single_page_is_read_with_its_history(editor, client, title):
    for number in range(25):
        editor.edit(title, "\n\n".join(f"paragraph {n}" for n in range(number + 1)), "")
    desk = Desk(client, Scope(editor.api, title=title).address)
    await desk.poll()
    assert len(desk.items) == 20
    for number in range(25, 30):
        editor.edit(title, "\n\n".join(f"paragraph {n}" for n in range(number + 1)), "")
    await desk.poll()
    assert len(desk.items) == 25 and {f"paragraph {n}" for n in range(25, 30)} <= {i.body for i in desk.items.values()}


async def test_wrong_page_of_the_wiki_is_told(editor, client):
    with pytest.raises((AnswerNotUnderstood, Refused)):
        await connector.check(client.session(f"{editor.url}/index.php", {}))


@pytest.fixture(scope="module")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


async def _recognised(address):
    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as client:
        recognition = (await look_at(address, client))[0]
        return recognition, await preview(recognition, {}, client, now=datetime.now(UTC))


@pytest.mark.slow
def test_edit_is_stored_by_the_worker_within_the_interval(box, editor, title):
    people = make_cast()
    recognition, seen = asyncio.run(_recognised(editor.url))
    assert recognition.slug == "mediawiki" and seen.items and seen.problem_count == 0
    now = datetime.now(UTC)
    channel = open_channel(
        people.olive, recognition, {}, department=people.news, now=now, account=seen.account, opens_conversations=[]
    )
    Channel.objects.filter(pk=channel.pk).update(interval_s=INTERVAL_S)
    worker = box.worker(lease_s=60)
    wait_until(lambda: Channel.objects.get(pk=channel.pk).last_success_at)
    editor.edit(title, "Un texte que personne n’attend.", "")
    began_s = time.monotonic()
    wait_until(lambda: Item.objects.filter(channel=channel, title=title).exists())
    took_s = time.monotonic() - began_s
    stop(worker)
    assert took_s < INTERVAL_S + 3.0 * slowness()
    item = Item.objects.get(channel=channel, title=title)
    assert (
        item.text.endswith("Un texte que personne n’attend.")
        and item.kind == Kind.PAGE
        and item.profile.name == "Admin"
    )
    assert Channel.objects.get(pk=channel.pk).error is None
