"""/stream: what changes, told to open pages as server-sent events; on the event loop, without Django's handler.

One poller a process reads the events once for all connections. What a connection may hear is its
member's reach. A page is told which rows changed, never what they say: it asks for those it shows.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from parvis.jobs.live import events_after, last_event_id
from parvis.jobs.models import LiveEvent
from parvis.orgs.access import reach_of
from parvis.orgs.models import Member
from parvis.orgs.rights import Action
from parvis.web.asked import asked_number

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

POLL_S = 0.7
BEAT_S = 20.0
RECHECK_S = 2.0
"""How soon a page of somebody who was signed out, or whose role changed, stops hearing."""
QUEUE_LIMIT = 32
"""Ticks that may wait for a slow connection; beyond it the page is told to look again."""
SUBJECT_LIMIT = 100
"""Rows named in one message; beyond it the page is told that there are many."""
EVENTS_A_TICK = 1000
REPLAY_LIMIT = 1000
RETRY_MS = 3000


@dataclass(eq=False, slots=True)
class Listener:
    """One connection, and where its member may see."""

    member_id: int
    departments: frozenset[int] | None
    queue: "asyncio.Queue[str]" = field(default_factory=lambda: asyncio.Queue(QUEUE_LIMIT))

    def may_hear(self, event: LiveEvent) -> bool:
        if event.member_key is not None:
            return event.member_key == self.member_id
        return event.department_key is None or self.departments is None or event.department_key in self.departments

    def offer(self, events: Iterable[LiveEvent]) -> None:
        message = compose([event for event in events if self.may_hear(event)])
        if not message:
            return
        if self.queue.full():
            self._forget()
            message = _frame("live", {"many": True})
        self.queue.put_nowait(message)

    def _forget(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()


def compose(events: list[LiveEvent]) -> str:
    """One message for everything of a tick; "" where nothing is to be told.

    {"conversation": [ids], "effect": [ids], …, "jobs": [facts], "many": bool}; its id is the last event's.
    """
    if not events:
        return ""
    subjects: dict[str, set[int]] = {}
    jobs: dict[str, Any] = {}
    for event in events:
        if event.kind == "job":
            jobs[str(event.facts.get("job"))] = event.facts
        elif event.subject_key is not None:
            subjects.setdefault(event.kind, set()).add(event.subject_key)
        else:
            subjects.setdefault(event.kind, set())
    told: dict[str, Any] = {kind: sorted(ids)[-SUBJECT_LIMIT:] for kind, ids in subjects.items()}
    told["many"] = any(len(ids) > SUBJECT_LIMIT for ids in subjects.values())
    if jobs:
        told["jobs"] = list(jobs.values())
    return _frame("live", told, event_id=events[-1].id)


def _frame(name: str, data: Mapping[str, Any], *, event_id: int | None = None) -> str:
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


class Poller:
    """Reads the events while somebody listens, and hands them to everybody."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.last_id: int | None = None
        self._task: asyncio.Task[None] | None = None

    async def join(self, listener: Listener, *, after_id: int | None) -> None:
        """From now on, or from what the page knows."""
        if self.last_id is None:
            self.last_id = await sync_to_async(_read_last_id)()
        if after_id is not None and after_id < self.last_id:
            missed = await sync_to_async(_read_events)(after_id, limit=REPLAY_LIMIT)
            listener.offer(event for event in missed if event.id <= self.last_id)
            if len(missed) == REPLAY_LIMIT:
                listener.queue.put_nowait(_frame("live", {"many": True}))
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)

    async def _run(self) -> None:
        while self.listeners:
            await asyncio.sleep(POLL_S)
            try:
                await self._tick()
            except DatabaseError:
                log.warning("The events could not be read; trying again.", exc_info=True)
        self.last_id = None

    async def _tick(self) -> None:
        events = await sync_to_async(_read_events)(self.last_id or 0, limit=EVENTS_A_TICK)
        if not events:
            return
        self.last_id = events[-1].id
        for listener in tuple(self.listeners):
            listener.offer(events)


poller = Poller()


def _read_last_id() -> int:
    close_old_connections()
    return last_event_id()


def _read_events(after_id: int, *, limit: int) -> list[LiveEvent]:
    close_old_connections()
    return events_after(after_id, limit=limit, now=datetime.now(UTC))


def listener_of(session_key: str) -> Listener | None:
    """Who listens, from the session; None where nobody is signed in any more."""
    from importlib import import_module

    from django.contrib.auth import get_user
    from django.http import HttpRequest

    close_old_connections()
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    member = get_user(request)
    if not isinstance(member, Member) or not member.is_active:
        return None
    return Listener(member.id, reach_of(member).departments(Action.SEE))


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _session_key(headers: Mapping[str, str]) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _heard(scope: Scope, headers: Mapping[str, str]) -> int | None:
    """The last event that the page knows of: what the browser says when it comes back, or what the page was made with."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", [""])[0]
    return asked_number(headers.get("last-event-id") or asked)


async def stream_app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application of /stream."""
    headers = _headers(scope)
    key = _session_key(headers)
    listener = await sync_to_async(listener_of)(key) if key else None
    if scope["method"] != "GET" or listener is None:
        await _refuse(send, 405 if scope["method"] != "GET" else 401)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await _write(send, f"retry: {RETRY_MS}\n\n")
    await poller.join(listener, after_id=_heard(scope, headers))
    gone = asyncio.create_task(_wait_until_gone(receive))
    try:
        await _serve(listener, key, send, gone)
    finally:
        poller.leave(listener)
        gone.cancel()


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def _refuse(send: Send, status: int) -> None:
    """204 would stop the browser for good; 401 does too, and says why."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _serve(listener: Listener, key: str, send: Send, gone: "asyncio.Task[None]") -> None:
    checked_s = time.monotonic()
    while not gone.done():
        waiting = asyncio.create_task(listener.queue.get())
        done, _pending = await asyncio.wait({waiting, gone}, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
        if waiting not in done:
            waiting.cancel()
        if gone in done:
            return
        if time.monotonic() - checked_s > RECHECK_S:
            checked_s = time.monotonic()
            fresh = await sync_to_async(listener_of)(key)
            if fresh is None:
                await _write(send, _frame("end", {}))
                await send({"type": "http.response.body", "body": b""})
                return
            if fresh.departments != listener.departments and waiting in done:
                listener.departments = fresh.departments
                await _write(send, _frame("live", {"many": True}))  # what waits was put together for the old reach
                continue
            listener.departments = fresh.departments
        await _write(send, waiting.result() if waiting in done else ": beat\n\n")
