"""What is out is read back: confirmed, told apart where it differs, and missed where somebody took it down over there."""

from functools import partial

import pytest
from tests.apps.delivering import platform, run_beside
from tests.apps.publishing import planned, posting_channel, run, written

from parvis.channels.models import Item
from parvis.core.errors import RemoteBroken
from parvis.core.post import Content, Medium
from parvis.core.types import Status
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.orgs.models import AuditEntry, Notice
from parvis.publishing.comparing import differences
from parvis.publishing.models import Publication, ReadBack
from parvis.publishing.reading_back import claim_looks, notice_gone, record_look_failed
from parvis.publishing.withdrawing import withdraw
from parvis.testing.clock import later
from parvis.testing.factories import make_item
from parvis.testing.simulated import simulated
from parvis.testing.simulator import Fault
from parvis.worker.reading_back import ReadingBack

PICTURE = Medium(path="a.png", name="a.png", mime="image/png", size_bytes=9, alt="A hill in the morning")


@pytest.fixture
def far():
    with platform() as simulator:
        yield simulator


@pytest.fixture
def channel(far, cast):
    return posting_channel(far, cast.news, can=["upload", "publish", "edit", "withdraw"])


def out(cast, channel, now, **fields) -> Publication:
    post = written(cast.camille, cast.news, [channel], now=now, **fields)
    planned(post, cast.camille, at=later(now, minutes=5), now=now)
    for seconds in range(3):
        run(later(now, minutes=5, seconds=seconds))
    return Publication.objects.get()


def read_back(at) -> ReadBack:
    """One turn of a worker at that moment."""

    async def work(in_database):
        async def ask(function, *arguments, **named):
            return await in_database(partial(function, **named), *arguments)

        async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as client:
            await ReadingBack(client, worker="w", clock=lambda: at, in_database=ask).turn()

    run_beside(work)
    return ReadBack.objects.get()


def test_what_stands_there_as_it_was_meant_is_confirmed(cast, channel, now):
    out(cast, channel, now)
    assert read_back(later(now, minutes=5, seconds=10)).look_count == 0
    row = read_back(later(now, minutes=6))
    assert row.confirmed_at == later(now, minutes=6)
    assert (row.differences, row.look_count) == ([], 1)
    assert AuditEntry.objects.filter(action="publication.confirm").exists()
    assert Item.objects.get().remote_id == row.publication.remote_id


def test_missing_alt_text_is_said_and_told_once_when_it_stays_so(far, cast, channel, now):
    publication = out(cast, channel, now, media=(PICTURE,))
    far.books.alts[int(publication.remote_id.partition(":")[2])] = [""]
    row = read_back(later(now, minutes=6))
    assert [one["code"] for one in row.differences] == ["alt"]
    assert row.confirmed_at is None
    assert not Notice.objects.filter(kind="publication.differs").exists()
    read_back(later(now, minutes=21))
    read_back(later(now, hours=2))
    told = Notice.objects.get(kind="publication.differs")
    assert "alt text" in told.text + "texte de remplacement"
    assert told.member == cast.camille


def test_text_that_was_changed_there_is_seen(far, cast, channel, now):
    publication = out(cast, channel, now)
    far.books.replies[0].text = "Something else altogether"
    assert [one["code"] for one in read_back(later(now, minutes=6)).differences] == ["text"]
    assert publication.content["text"] == "Good morning"


def test_gone_on_the_platform_it_is_told_to_who_planned_it(far, cast, channel, now):
    publication = out(cast, channel, now)
    far.books.replies.clear()
    row = read_back(later(now, minutes=6))
    assert (row.gone_at, row.next_at) == (later(now, minutes=6), None)
    assert Notice.objects.get(kind="publication.gone").member == cast.camille
    assert AuditEntry.objects.filter(action="publication.gone", subject_key=str(publication.key)).exists()


def test_gone_as_reading_the_channel_shows_it(cast, channel, now):
    publication = out(cast, channel, now)
    make_item(channel, "Good morning", remote_id=publication.remote_id, status=Status.DELETED)
    Item.objects.update(remote_status=Status.DELETED)
    assert notice_gone(now=later(now, hours=1)) == 1
    assert notice_gone(now=later(now, hours=1)) == 0
    assert Notice.objects.filter(kind="publication.gone").count() == 1


def test_what_we_take_down_ourselves_is_no_news(far, cast, channel, now):
    publication = out(cast, channel, now)
    read_back(later(now, minutes=6))
    withdraw(publication, cast.camille, now=later(now, hours=1), reason="Wrong")
    run(later(now, hours=1, minutes=2))
    assert notice_gone(now=later(now, hours=2)) == 0
    assert not Notice.objects.filter(kind="publication.gone").exists()


def test_passing_error_is_tried_again_later_and_disconnects_nothing(far, cast, channel, now):
    out(cast, channel, now)
    far.fail_reading(Fault.BROKEN_BEFORE)
    row = read_back(later(now, minutes=6))
    assert (row.failure_count, row.look_count, row.confirmed_at) == (1, 0, None)
    assert row.error["code"] == RemoteBroken.code
    assert row.next_at > later(now, minutes=7)
    row = read_back(later(now, minutes=10))
    assert row.confirmed_at and row.error is None


def test_after_many_failures_only_its_next_figures_are_asked_for(cast, channel, now):
    out(cast, channel, now)
    for _ in range(8):
        ReadBack.objects.update(next_at=now)
        look = claim_looks(worker="w", now=later(now, minutes=6), limit=1)[0]
        record_look_failed(look, RemoteBroken(host="x", status=500), now=later(now, minutes=6))
    row = ReadBack.objects.get()
    assert (row.failure_count, row.next_at) == (0, later(now, minutes=20))


def test_two_workers_look_once(cast, channel, now):
    out(cast, channel, now)
    at = later(now, minutes=6)
    assert len(claim_looks(worker="a", now=at, limit=4)) == 1
    assert claim_looks(worker="b", now=at, limit=4) == []


def test_channel_that_must_wait_is_not_asked(cast, channel, now):
    out(cast, channel, now)
    channel.next_send_at = later(now, hours=3)
    channel.save()
    assert claim_looks(worker="a", now=later(now, hours=1), limit=4) == []
    assert len(claim_looks(worker="a", now=later(now, hours=3), limit=4)) == 1


@pytest.mark.parametrize(
    ("there", "codes"),
    [
        ({"text": "Come to https://example… at 8, @anna"}, []),
        ({"text": "Come to www.example.org/x at 8 @anna Read on"}, []),
        ({"text": "Come at 9"}, ["text"]),
        ({"text": ""}, ["text"]),
    ],
)
def test_what_platforms_rewrite_is_no_difference(there, codes, cast, channel):
    content = Content(text="Come to https://example.org/x at 8, @anna@social.example")
    item = make_item(channel, there["text"])
    assert [one.code for one in differences(content, {"post": item}, simulated())] == codes


def test_media_that_did_not_arrive_are_counted(channel):
    content = Content(text="Hello", media=(PICTURE, PICTURE))
    item = make_item(channel, "Hello", media=[{"url": "https://x.example/1.png", "alt": "A hill"}])
    found = differences(content, {"post": item}, simulated())
    assert [(one.code, one.words.en) for one in found] == [("media", "1 of 2 media are there")]


def test_later_parts_are_compared_with_what_they_were_to_say(channel):
    content = Content(text="Hello", thread=(" ", "two"), comment="three")
    items = {
        name: make_item(channel, text) for name, text in {"post": "Hello", "post:2": "two", "comment": "3"}.items()
    }
    assert [one.code for one in differences(content, items, simulated())] == ["text"]


def test_nothing_is_lost_where_a_loop_is_stopped(cast, channel, now):
    """A look under way that is broken off is done again once its lease is over."""
    out(cast, channel, now)
    at = later(now, minutes=6)
    assert claim_looks(worker="dead", now=at, limit=1)
    assert claim_looks(worker="b", now=later(at, minutes=1), limit=1) == []
    assert claim_looks(worker="b", now=later(at, minutes=3), limit=1)
