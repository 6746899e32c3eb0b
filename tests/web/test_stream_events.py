"""/stream: who hears what, and how much of it."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async

from parvis.jobs.live import last_event_id, tell
from parvis.web import stream
from parvis.web.stream import QUEUE_LIMIT, Listener, Poller, compose, listener_of

pytestmark = pytest.mark.django_db(transaction=True)


def session_of(member) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "parvis.orgs.asking.Backend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return session.session_key


def events(*, after: int = 0):
    from parvis.jobs.live import events_after

    return events_after(after, limit=10_000)


def told_of(message: str) -> dict:
    return json.loads(next(line for line in message.splitlines() if line.startswith("data: "))[6:])


class Connection:
    """What a browser would hold: a call of the application, and what it has sent so far."""

    def __init__(self, key: str, query: str = "", **headers: str) -> None:
        self.sent: list[dict] = []
        self.leaving = asyncio.Event()
        pairs = {"cookie": f"parvis={key}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {"type": "http", "method": "GET", "path": "/stream", "query_string": query.encode()}
        scope["headers"] = [(name.encode(), value.encode()) for name, value in pairs.items()]
        self.task = asyncio.create_task(stream.stream_app(scope, self.receive, self.send))

    async def receive(self):
        await self.leaving.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    def heard(self) -> list[dict]:
        text = b"".join(one.get("body", b"") for one in self.sent[1:]).decode()
        return [told_of(part) for part in text.split("\n\n") if "event: live" in part]

    async def until(self, check) -> None:
        async with asyncio.timeout(60):
            while not check():  # noqa: ASYNC110 - what is waited for lies in another task's list
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        self.leaving.set()
        await self.task


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(stream, "POLL_S", 0.02)
    monkeypatch.setattr(stream, "poller", Poller())


def test_nobody_hears_of_another_department(cast, now):
    for department in (cast.news, cast.sport):
        tell("conversation", now=now, department_id=department.pk, subject_id=department.pk)
    tell("job", now=now, member_id=cast.maud.pk, facts={"job": "1"})
    camille = listener_of(session_of(cast.camille))
    camille.offer(events())
    assert told_of(camille.queue.get_nowait()) == {"conversation": [cast.news.pk], "many": False}
    olive = listener_of(session_of(cast.olive))
    olive.offer(events())
    assert told_of(olive.queue.get_nowait())["conversation"] == [cast.news.pk, cast.sport.pk]


def test_only_the_member_hears_of_their_job(cast, now):
    tell("job", now=now, member_id=cast.maud.pk, facts={"job": "1", "done": 5})
    maud, camille = (listener_of(session_of(one)) for one in (cast.maud, cast.camille))
    for listener in (maud, camille):
        listener.offer(events())
    assert told_of(maud.queue.get_nowait())["jobs"] == [{"job": "1", "done": 5}]
    assert camille.queue.empty()


def test_five_thousand_events_are_one_short_message(cast, now):
    from parvis.jobs.models import LiveEvent

    LiveEvent.objects.bulk_create(
        LiveEvent(at=now, kind="conversation", department_key=cast.news.pk, subject_key=number)
        for number in range(5000)
    )
    message = compose(events())
    assert told_of(message)["many"] is True
    assert len(message) < 2000
    assert message.startswith(f"id: {last_event_id()}\n")


def test_a_slow_connection_is_told_to_look_again_and_grows_no_further(cast, now):
    tell("conversation", now=now, department_id=cast.news.pk, subject_id=1)
    listener = Listener(cast.camille.pk, None)
    for _ in range(QUEUE_LIMIT * 3):
        listener.offer(events())
    assert listener.queue.qsize() <= QUEUE_LIMIT
    messages = [told_of(listener.queue.get_nowait()) for _ in range(listener.queue.qsize())]
    assert {"many": True} in messages


def test_without_a_session_nothing_is_told(cast):
    assert listener_of("nonsense") is None
    cast.camille.is_active = False
    key = session_of(cast.camille)
    cast.camille.save()
    assert listener_of(key) is None


async def test_a_page_hears_at_once_and_one_poller_serves_all(cast, now, quick):
    key = await sync_to_async(session_of)(cast.camille)
    pages = [Connection(key) for _ in range(5)]
    for page in pages:
        await page.until(lambda page=page: len(page.sent) > 1)
    await pages[0].until(lambda: len(stream.poller.listeners) == 5)
    await sync_to_async(tell)("conversation", now=now, department_id=cast.news.pk, subject_id=7)
    for page in pages:
        await page.until(page.heard)
        assert page.heard() == [{"conversation": [7], "many": False}]
    for page in pages:
        await page.close()
    assert not stream.poller.listeners


async def test_a_page_that_comes_back_hears_what_it_missed(cast, now, quick):
    key = await sync_to_async(session_of)(cast.camille)
    for number in (1, 2, 3):
        await sync_to_async(tell)("conversation", now=now, department_id=cast.news.pk, subject_id=number)
    first = (await sync_to_async(events)())[0].id
    page = Connection(key, last_event_id=str(first))
    await page.until(page.heard)
    assert page.heard() == [{"conversation": [2, 3], "many": False}]
    await page.close()


async def test_a_new_page_hears_what_came_after_it_was_made(cast, now, quick):
    key = await sync_to_async(session_of)(cast.camille)
    for number in (1, 2, 3):
        await sync_to_async(tell)("conversation", now=now, department_id=cast.news.pk, subject_id=number)
    second = (await sync_to_async(events)())[1].id
    page = Connection(key, query=f"after={second}")
    await page.until(page.heard)
    assert page.heard() == [{"conversation": [3], "many": False}]
    await page.close()
    come_back = Connection(key, query=f"after={second}", last_event_id=str(second + 1))
    await come_back.until(lambda: stream.poller.listeners)
    assert come_back.heard() == []
    await come_back.close()


@pytest.mark.parametrize("query", ["after=x", "after=", "after=-1", "after=" + "9" * 40, "after=%00", "=&&"])
async def test_nonsense_in_the_query_means_from_now_on(cast, now, quick, query):
    key = await sync_to_async(session_of)(cast.camille)
    await sync_to_async(tell)("conversation", now=now, department_id=cast.news.pk, subject_id=1)
    page = Connection(key, query=query)
    await page.until(lambda: stream.poller.listeners)
    assert (page.status, page.heard()) == (200, [])
    await page.close()


async def test_a_stranger_is_turned_away(cast, quick):
    page = Connection("nonsense")
    await page.task
    assert page.status == 401


async def test_the_stream_ends_with_the_session(cast, quick, monkeypatch):
    monkeypatch.setattr(stream, "RECHECK_S", 0)
    monkeypatch.setattr(stream, "BEAT_S", 0.05)
    key = await sync_to_async(session_of)(cast.camille)
    page = Connection(key)
    await page.until(lambda: len(page.sent) > 1)
    cast.camille.is_active = False
    await sync_to_async(cast.camille.save)()
    async with asyncio.timeout(60):
        await page.task
    assert b"event: end" in b"".join(one.get("body", b"") for one in page.sent[1:])
