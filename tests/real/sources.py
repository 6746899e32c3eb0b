"""The sources that the desk listens to: how each is opened as people open it, and how somebody writes there."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.real.chat import Writer
from tests.real.conftest import Clerk
from tests.real.record_bluesky import Network
from tests.real.record_mastodon import Instance
from tests.real.test_mailbox import Person
from tests.real.wiki import Editor

from parvis.channels.models import Channel
from parvis.channels.opening import Preview, look_at, open_channel, preview
from parvis.core.types import Recognition
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.testing.cast import Cast

Write = Callable[[str], Any]
LOCAL = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of source on one server."""

    name: str
    platform: str
    """The connector that reads it, as `platform:` of a query says it."""
    server: str
    """The fixture that gives its server."""
    address: Callable[[Any], str]
    """What somebody types to add it."""
    writing: Callable[[Any], Write]
    """Somebody who writes there; ready to write at once."""
    credentials: Callable[[Any], Mapping[str, str]] = lambda _: {}
    kind: str = ""
    """Of several that are offered at the address, the fact `source` of this one."""
    is_streamed: bool = False
    opens_conversations: bool = False
    """Whether what comes waits in the inbox, as its connector proposes; else it is only listened to."""

    def open(self, server: Any, people: Cast) -> Channel:
        now = datetime.now(UTC)
        credentials = self.credentials(server)
        recognition, seen = asyncio.run(self._looked_at(server, credentials))
        return open_channel(
            people.olive,
            recognition,
            credentials,
            department=people.news,
            now=now,
            name=self.name,
            account=seen.account,
            opens_conversations=None if self.opens_conversations else [],
        )

    async def _looked_at(self, server: Any, credentials: Mapping[str, str]) -> tuple[Recognition, Preview]:
        async with HttpClient(ClientOptions(allowed_private_hosts=frozenset(LOCAL))) as client:
            offered = await look_at(self.address(server), client)
            fitting = [
                one
                for one in offered
                if one.slug == self.platform and (not self.kind or one.facts.get("source") == self.kind)
            ]
            return fitting[0], await preview(fitting[0], credentials, client, now=datetime.now(UTC))


def _commenting(site: Any) -> Write:
    clerk = Clerk(site, site.admin)
    article = clerk.post()
    return lambda text: clerk.comment(article, text)


def _publishing(site: Any) -> Write:
    clerk = Clerk(site, site.admin)
    return lambda text: clerk.post(title=text)


def _posting(env: Any) -> Write:
    """On a network where others talk: a server on which nobody says anything looks for news once a second."""
    network = Network(env)

    def write(text: str) -> None:
        for number in range(5):
            network.post("MODERATOR", f"nobody looks for this, {number}")
            time.sleep(0.2)
        network.post("MEMBER", text)

    return write


def _tooting(env: Any) -> Write:
    instance = Instance(env)
    return lambda text: instance.post("MEMBER", text)


def _editing(env: Any) -> Write:
    editor = Editor(env=env)
    return lambda text: editor.edit(f"Page {text}", text)


def _chatting(env: Any) -> Write:
    member, brand = Writer(env, "MEMBER"), Writer(env, "BRAND")
    room = member.room("Newsroom", env["BRAND_USER"])
    brand.ask("POST", "join", room)
    return lambda text: member.say(room, text)


def _mailing(server: Any) -> Write:
    person = Person(server)
    return lambda text: person.send("News", text)


SOURCES = (
    Source(
        name="Bluesky, all of a network",
        platform="bluesky",
        server="bluesky",
        address=lambda env: f"{env['PDS']}/",
        kind="firehose",
        writing=_posting,
        is_streamed=True,
    ),
    Source(
        name="Mastodon, public posts",
        platform="mastodon",
        server="mastodon",
        address=lambda env: f"{env['URL']}/api/v2/instance",
        kind="public",
        credentials=lambda env: {"token": env["BRAND_TOKEN"]},
        writing=_tooting,
        is_streamed=True,
    ),
    Source(
        name="Matrix, rooms",
        platform="matrix",
        server="synapse",
        address=lambda env: env["URL"],
        credentials=lambda env: {"access_token": env["BRAND_TOKEN"]},
        writing=_chatting,
        is_streamed=True,
        opens_conversations=True,
    ),
    Source(
        name="A mailbox",
        platform="mailbox",
        server="mail",
        address=lambda server: f"imap://{server.imap}",
        credentials=lambda server: {"username": server.user, "password": server.password},
        writing=_mailing,
        is_streamed=True,
    ),
    Source(
        name="WordPress, comments",
        platform="wordpress",
        server="wordpress",
        address=lambda site: site.url,
        credentials=lambda site: {"username": site.editor[0], "password": site.editor[1]},
        writing=_commenting,
        opens_conversations=True,
    ),
    Source(
        name="MediaWiki, recent changes",
        platform="mediawiki",
        server="mediawiki",
        address=lambda env: env["URL"],
        writing=_editing,
    ),
    Source(
        name="A feed",
        platform="feed",
        server="wordpress",
        address=lambda site: f"{site.url}/?feed=rss2",
        writing=_publishing,
    ),
)
