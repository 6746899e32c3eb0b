"""What an address of an AT Protocol network is: somebody's profile, a search, a server, its firehose.

The kind of source stays with the channel as its fact `source`: feed, search, account or firehose.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import msgspec

from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

APP = "https://bsky.app"
PUBLIC_VIEW = "https://public.api.bsky.app"
"""Answers without a sign-in (https://docs.bsky.app/docs/advanced-guides/api-directory, read 2026-11)."""
ENTRYWAY = "https://bsky.social"
"""Where accounts of Bluesky itself sign in, wherever their data lies (same page)."""
RELAY = "https://bsky.network"
"""Carries the posts of every server that it knows (same page)."""
SUBSCRIBE = "com.atproto.sync.subscribeRepos"

_APP_HOSTS = frozenset({"bsky.app", "main.bsky.dev", "staging.bsky.app"})
_HANDLE = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE
)
_DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|web:[a-zA-Z0-9.%-]{3,200})")
_PDS_SIGN = b"AT Protocol Personal Data Server"
_VIEW_SIGN = b"AT Protocol Application View"
_RELAY_SIGN = re.compile(rb"\b(?:atproto|AT Protocol)\b[^\n]{0,80}\brelay\b", re.IGNORECASE)
_HEAD_BYTES = 4_000

FEED_OFFERS = Text("Read the posts of this account.", "Lire les publications de ce compte.")
SEARCH_OFFERS = Text("Read every post that this search finds.", "Lire chaque publication que cette recherche trouve.")
ACCOUNT_OFFERS = Text(
    "Read what answers and mentions your account, and answer it (needs an app password).",
    "Lire ce qui répond à votre compte ou le mentionne, et y répondre (avec un mot de passe d’application).",
)
FIREHOSE_OFFERS = Text(
    "Listen to everything posted there, and keep what your searches find.",
    "Écouter tout ce qui s’y publie, et garder ce que trouvent vos recherches.",
)


def recognise(answer: Answer) -> list[Recognition]:
    parts = urlsplit(answer.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    host = (parts.hostname or "").lower()
    if parts.path.startswith("/xrpc/"):
        return list(_of_method(answer, origin, parts.path.removeprefix("/xrpc/"), parse_qs(parts.query)))
    if host in _APP_HOSTS:
        return list(_of_app(parts.path, parse_qs(parts.query)))
    if parts.path.rstrip("/") == "/.well-known/atproto-did" and _DID.fullmatch(_text(answer)):
        return [feed_of(host)]
    return list(_of_server(answer, origin)) if not parts.path.strip("/") else []


def recognise_typed(typed: str) -> list[Recognition]:
    """@name.example.org or name.bsky.social, as people write handles; any other name may be a web site."""
    handle = typed.strip().removeprefix("@")
    is_marked = typed.strip().startswith("@") or handle.lower().endswith(".bsky.social")
    if not is_marked or not _HANDLE.fullmatch(handle):
        return []
    return [feed_of(handle.lower(), certainty=0.9), _account(ENTRYWAY, name=f"@{handle.lower()}", certainty=0.6)]


def feed_of(actor: str, *, view: str = PUBLIC_VIEW, certainty: float = 1.0) -> Recognition:
    home = APP if view == PUBLIC_VIEW else view
    return Recognition(
        slug="bluesky",
        address=f"{home}/profile/{actor}",
        name=actor if actor.startswith("did:") else f"@{actor}",
        offers=FEED_OFFERS,
        certainty=certainty,
        facts={"source": "feed", "actor": actor, "view": view},
    )


def _account(server: str, *, name: str, certainty: float = 1.0) -> Recognition:
    facts = {"source": "account"}
    return Recognition(
        slug="bluesky", address=f"{server}/", name=name, offers=ACCOUNT_OFFERS, certainty=certainty, facts=facts
    )


def _firehose(server: str, *, name: str, certainty: float) -> Recognition:
    return Recognition(
        slug="bluesky",
        address=f"{server}/xrpc/{SUBSCRIBE}",
        name=name,
        offers=FIREHOSE_OFFERS,
        certainty=certainty,
        facts={"source": "firehose"},
    )


def _search(words: str, *, address: str, view: str) -> Recognition:
    facts = {"source": "search", "words": words, "view": view}
    return Recognition(slug="bluesky", address=address, name=words, offers=SEARCH_OFFERS, facts=facts)


def _of_app(path: str, query: dict[str, list[str]]) -> Iterator[Recognition]:
    steps = [step for step in path.split("/") if step]
    match steps:
        case ["profile", actor, *_] if _HANDLE.fullmatch(actor) or _DID.fullmatch(actor):
            yield feed_of(actor)
            yield _account(ENTRYWAY, name=f"@{actor}", certainty=0.6)
        case ["search"] if words := query.get("q", [""])[0].strip():
            yield _search(words, address=f"{ENTRYWAY}/search?q={quote(words)}", view=PUBLIC_VIEW)
        case ["hashtag", tag]:
            yield _search(f"#{tag}", address=f"{ENTRYWAY}/search?q={quote(f'#{tag}')}", view=PUBLIC_VIEW)
        case []:
            yield _account(ENTRYWAY, name="Bluesky", certainty=0.9)
            yield _firehose(RELAY, name="Bluesky", certainty=0.8)


def _of_server(answer: Answer, origin: str) -> Iterator[Recognition]:
    head, host = answer.body[:_HEAD_BYTES], urlsplit(origin).netloc
    if _PDS_SIGN in head:
        yield _account(origin, name=host)
        yield _firehose(origin, name=host, certainty=0.8)
    elif _VIEW_SIGN not in head and answer.content_type == "text/plain" and _RELAY_SIGN.search(head):
        yield _firehose(origin, name=host, certainty=1.0)


def _of_method(answer: Answer, origin: str, method: str, query: dict[str, list[str]]) -> Iterator[Recognition]:
    """A method's address is what somebody who runs a server of their own would paste."""
    host = urlsplit(origin).netloc
    actor, words = query.get("actor", [""])[0], query.get("q", [""])[0].strip()
    told = _object(answer)
    if method == SUBSCRIBE:
        yield _firehose(origin, name=host, certainty=1.0)
    elif method == "com.atproto.server.describeServer" and "availableUserDomains" in told:
        yield _account(origin, name=host)
        yield _firehose(origin, name=host, certainty=0.8)
    elif method == "app.bsky.feed.getAuthorFeed" and "feed" in told and actor:
        yield feed_of(actor, view=origin)
    elif method == "app.bsky.feed.searchPosts" and "posts" in told and words:
        yield _search(words, address=answer.url, view=origin)


def _object(answer: Answer) -> dict[str, object]:
    try:
        told = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _text(answer: Answer) -> str:
    return answer.body[:300].decode("ascii", "replace").strip()
