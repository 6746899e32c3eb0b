from dataclasses import replace

import pytest
from asgiref.sync import async_to_sync
from tests.apps.noting import PAGES, broken, connector, note, payload

from parvis.channels import registry
from parvis.channels.models import Channel, Item
from parvis.channels.opening import (
    change_channel,
    check_credentials,
    look_at,
    open_channel,
    pause_channel,
    preview,
    reconnect_channel,
    remove_channel,
    resume_channel,
    sync_now,
)
from parvis.channels.queries import channel_named, channels_of
from parvis.channels.sessions import http_client
from parvis.channels.vault import unseal
from parvis.core.connector import Account, Can, Fetched
from parvis.core.errors import (
    AddressNotUnderstood,
    CredentialsRejected,
    NotAllowed,
    NothingHere,
    RemoteBroken,
    Unreachable,
)
from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import later
from parvis.testing.factories import make_channel

FOUND = Recognition(
    slug="noting", address="https://notes.example.org/open", name="Notes", offers=Text("Reads.", "Lit.")
)
GOOD = {"username": "ada", "password": "good"}
ACCOUNT = Account(name="Ada", can=frozenset({Can.APPROVE}), facts={"user_id": "1"})


@pytest.fixture(autouse=True)
def noting():
    with registry.added(connector):
        yield
    PAGES.pop(FOUND.address, None)


class Web:
    """A client that knows two pages and remembers what it was asked for."""

    def __init__(self, pages):
        self.pages, self.asked = pages, []

    async def request(self, method, url, **options):
        self.asked.append(url)
        if url not in self.pages:
            raise Unreachable(host=url, detail="no route")
        return Answer(status=200, url=url, headers={}, body=self.pages[url])


def opened(cast, member=None, **more):
    return open_channel(member or cast.maud, FOUND, GOOD, department=cast.news, account=ACCOUNT, **more)


async def test_address_without_a_scheme_is_tried_with_https_and_then_with_http():
    web = Web({"http://notes.example.org": b"notes live here"})
    found = await look_at(" notes.example.org ", web)
    assert web.asked == ["https://notes.example.org", "http://notes.example.org"]
    assert [(one.slug, one.address) for one in found] == [("noting", "http://notes.example.org")]


async def test_address_that_a_connector_knows_as_it_is_typed_is_not_opened():
    web = Web({})
    found = Recognition(slug="noting", address="notes://desk", name="Desk", offers=connector.guide)
    typing = replace(connector, recognise_typed=lambda typed: [found] if typed.startswith("notes:") else [])
    with registry.added(typing):
        assert await look_at("notes://desk", web) == [found]
    assert web.asked == []


async def test_nothing_readable_is_said_in_words():
    with pytest.raises(NothingHere) as refused:
        await look_at("https://empty.example.org", Web({"https://empty.example.org": b"hello"}))
    assert "empty.example.org" in refused.value.text.fr


@pytest.mark.parametrize(
    "address", ["", "  ", "two words", "ftp://example.org", "https://", "http://[", "https://a:b/"]
)
async def test_what_is_no_address_is_said_before_anything_is_asked(address):
    web = Web({})
    with pytest.raises(AddressNotUnderstood):
        await look_at(address, web)
    assert web.asked == []


@pytest.mark.django_db
def test_preview_shows_first_items_and_saves_nothing(now):
    PAGES[FOUND.address] = [[payload(note(0, kind="article"), *(note(number) for number in range(1, 13)))]]

    async def look():
        async with http_client() as client:
            return await preview(FOUND, GOOD, client, now=now)

    shown = async_to_sync(look)()
    assert (shown.account.name, len(shown.items), shown.items[0].kind) == ("Notes", 10, "comment")
    assert (Channel.objects.count(), Item.objects.count()) == (0, 0)


def looked_at(now, at=FOUND):
    async def look():
        async with http_client() as client:
            return await preview(at, GOOD, client, now=now)

    return async_to_sync(look)()


@pytest.mark.django_db
def test_preview_reads_on_to_the_first_comments_where_posts_come_first(now):
    posts = [payload(*(note(100 * page + number, kind="article") for number in range(20))) for page in range(3)]
    PAGES[FOUND.address] = [[posts[0]], [posts[1]], [posts[2]], [payload(note(900), note(901))]]
    kinds = [item.kind for item in looked_at(now).items]
    assert kinds == ["comment"] * 2 + ["article"] * 8


@pytest.mark.django_db
def test_preview_shows_the_newest_of_each_kind(now):
    kinds = ("article", "page", "comment")
    notes = [
        note(number + 100 * place, f"note {number}", kind=kind, at=number)
        for place, kind in enumerate(kinds)
        for number in range(1, 30)
    ]
    PAGES[FOUND.address] = [[payload(*notes)]]
    shown = [(item.kind.value, item.body) for item in looked_at(now).items]
    assert shown == [
        *[("comment", f"note {number}") for number in (29, 28, 27, 26)],
        *[("article", f"note {number}") for number in (29, 28, 27)],
        *[("page", f"note {number}") for number in (29, 28, 27)],
    ]


@pytest.mark.django_db
def test_preview_of_a_large_site_asks_for_its_newest_alone(now):
    async def newest(_session):
        yield Fetched(payloads=(payload(note(7)),), cursor={})

    PAGES[FOUND.address] = [RemoteBroken(host="notes.example.org", status="500")]
    with registry.added(replace(connector, newest=newest)):
        assert [item.remote_id for item in looked_at(now).items] == ["note:7"]


def crash(_payload):
    raise RuntimeError("a fault in a parser")


@pytest.mark.django_db
@pytest.mark.parametrize("parse", [connector.parse, crash])
def test_preview_of_a_payload_that_nobody_can_read_says_how_many(now, parse):
    PAGES[FOUND.address] = [[broken()], [broken("<b>")]]
    with registry.added(replace(connector, parse=parse)):
        shown = looked_at(now)
    assert (shown.items, shown.problem_count) == ((), 2)


@pytest.mark.django_db
def test_preview_shows_what_it_can_read_beside_what_it_cannot(now):
    PAGES[FOUND.address] = [[broken(), payload(note(1), {"text": "no id"})]]
    shown = looked_at(now)
    assert ([item.remote_id for item in shown.items], shown.problem_count) == (["note:1"], 2)


@pytest.mark.django_db
def test_new_channel_is_read_at_once_audited_and_keeps_no_open_secret(cast, now):
    channel = opened(cast, now=now)
    channel.refresh_from_db()
    assert (channel.name, channel.can, channel.next_sync_at) == ("Notes", ["approve"], now)
    assert channel.facts == {"user_id": "1"}
    assert unseal(channel.sealed_credentials) == GOOD
    entry = AuditEntry.objects.get(action="channel.open")
    assert entry.member == cast.maud
    assert "good" not in str(entry.facts)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["camille", "anna", "conrad", "sam"])
def test_only_those_who_manage_channels_change_them(cast, now, name):
    member, channel = getattr(cast, name), make_channel(cast.news, connector="noting")
    with pytest.raises(NotAllowed):
        opened(cast, member, now=now)
    for change in (pause_channel, resume_channel, remove_channel, sync_now, change_channel):
        with pytest.raises(NotAllowed):
            change(channel, member, now=now)
    with pytest.raises(NotAllowed):
        reconnect_channel(channel, member, GOOD, account=ACCOUNT, now=now)


@pytest.mark.django_db
def test_reconnection_with_an_empty_password_keeps_the_old_one(cast, now):
    channel = opened(cast, now=now)
    Channel.objects.update(state="needs_person", failure_count=3, error={"code": "credentials_rejected"})
    reconnect_channel(channel, cast.maud, {"username": "bob", "password": ""}, account=ACCOUNT, now=later(now, hours=1))
    channel.refresh_from_db()
    assert unseal(channel.sealed_credentials) == {"username": "bob", "password": "good"}
    assert (channel.state, channel.error, channel.next_sync_at) == ("active", None, later(now, hours=1))


@pytest.mark.django_db
def test_wrong_credentials_are_found_before_they_replace_good_ones(cast, now):
    channel = opened(cast, now=now)

    async def check():
        async with http_client() as client:
            await check_credentials(channel, {"password": "wrong"}, client, now=now)

    with pytest.raises(CredentialsRejected):
        async_to_sync(check)()
    channel.refresh_from_db()
    assert unseal(channel.sealed_credentials) == GOOD


@pytest.mark.django_db
def test_removed_channel_forgets_its_credentials_and_keeps_its_items(cast, now):
    channel = opened(cast, now=now)
    remove_channel(channel, cast.maud, now=now)
    channel.refresh_from_db()
    assert (bytes(channel.sealed_credentials), channel.removed_at, channel.next_sync_at) == (b"", now, None)
    assert list(channels_of(cast.maud)) == []


@pytest.mark.django_db
def test_channel_is_paused_resumed_renamed_and_moved(cast, now):
    channel = opened(cast, now=now)
    assert pause_channel(channel, cast.maud, now=now).state == "paused"
    assert resume_channel(channel, cast.maud, now=later(now, hours=1)).next_sync_at == later(now, hours=1)
    with pytest.raises(NotAllowed):
        change_channel(channel, cast.maud, now=now, department=cast.sport)
    moved = change_channel(channel, cast.stella, now=now, name="Sport notes", department=cast.sport)
    assert (moved.name, moved.department) == ("Sport notes", cast.sport)
    assert channel_named("Sport notes") == channel_named(str(channel.pk)) == channel
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["channel.open", "channel.pause", "channel.resume", "channel.change"]
