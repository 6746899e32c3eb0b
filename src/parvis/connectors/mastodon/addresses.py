"""What an address of an instance is: the instance, an account, a hashtag, a timeline.

The kind of source stays with the channel as its fact `source`: public, tag, account or mentions.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import msgspec

from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

MENTIONS_OFFERS = Text(
    "Read what answers and mentions your account, and answer it (needs an access token).",
    "Lire ce qui répond à votre compte ou le mentionne, et y répondre (avec un jeton d’accès).",
)
PUBLIC_OFFERS = Text(
    "Read every public post of this instance’s own people.",
    "Lire chaque publication publique des membres de cette instance.",
)
WHOLE_OFFERS = Text(
    "Read every public post that reaches this instance.", "Lire chaque publication publique qui atteint cette instance."
)
TAG_OFFERS = Text("Read every public post with this hashtag.", "Lire chaque publication publique avec ce mot-dièse.")
ACCOUNT_OFFERS = Text("Read the public posts of this account.", "Lire les publications publiques de ce compte.")

_HEAD_BYTES = 60_000
_PAGE = re.compile(
    rb"<div[^>]{0,200}\bid=['\"]mastodon['\"]|<script[^>]{0,200}\bid=['\"]initial-state['\"]"
    rb"|joinmastodon\.org|<title>[^<]{0,200}\bMastodon</title>"
)
_ACCOUNT = re.compile(r"@[\w.-]{1,100}(?:@[\w.-]{1,253})?")
_TYPED = re.compile(r"@?([\w.-]{1,100})@((?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}(?::\d{1,5})?)", re.IGNORECASE)


def recognise(answer: Answer) -> list[Recognition]:
    parts = urlsplit(answer.url)
    origin, host = f"{parts.scheme}://{parts.netloc}", parts.netloc
    if parts.path.startswith("/api/"):
        return list(_of_api(answer, origin, host, parts.path))
    if _PAGE.search(answer.body[:_HEAD_BYTES]) or answer.headers.get("server", "").lower() == "mastodon":
        return list(_of_page(origin, host, [unquote(step) for step in parts.path.split("/") if step]))
    return []


def recognise_typed(typed: str) -> list[Recognition]:
    """@name@instance.example, as people write accounts; without the first sign it is a mail address."""
    found = _TYPED.fullmatch(typed.strip())
    if not found or not typed.strip().startswith("@"):
        return []
    origin = f"https://{found[2].lower()}"
    return [_account(origin, found[1], certainty=0.9), _mentions(origin, name=typed.strip(), certainty=0.6)]


def _of_page(origin: str, host: str, steps: list[str]) -> Iterator[Recognition]:
    match steps:
        case [name, *_] if _ACCOUNT.fullmatch(name):
            yield _account(origin, name.removeprefix("@"))
            yield _mentions(origin, name=name, certainty=0.6)
        case ["users", name, *_]:
            yield _account(origin, name)
        case ["tags" | "tag", tag, *_]:
            yield _tag(origin, tag)
        case ["public", *rest]:
            yield _public(origin, host, scope="local" if rest[:1] == ["local"] else "all", certainty=1.0)
        case ["notifications", *_]:
            yield _mentions(origin, name=host)
        case _:
            yield _mentions(origin, name=host)
            yield _public(origin, host, scope="local", certainty=0.9)
            yield _public(origin, host, scope="all", certainty=0.5)


def _of_api(answer: Answer, origin: str, host: str, path: str) -> Iterator[Recognition]:
    """The instance's own description, and lists as programs ask for them: of any server that speaks this API."""
    told = _decoded(answer)
    steps = [unquote(step) for step in path.split("/") if step][2:]
    match steps:
        case ["instance"] if isinstance(told, dict) and "title" in told and ("domain" in told or "uri" in told):
            name = str(told.get("title") or host)
            yield _mentions(origin, name=name)
            yield _public(origin, host, scope="local", certainty=0.9)
            yield _public(origin, host, scope="all", certainty=0.5)
        case ["timelines", "tag", tag] if isinstance(told, list):
            yield _tag(origin, tag)
        case ["timelines", "public"] if isinstance(told, list):
            is_local = "local=true" in urlsplit(answer.url).query
            yield _public(origin, host, scope="local" if is_local else "all", certainty=1.0)
        case ["accounts", "lookup"] if isinstance(told, dict) and told.get("acct"):
            yield _account(origin, str(told["acct"]))


def _decoded(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        return None


def _recognition(
    origin: str, path: str, name: str, offers: Text, certainty: float, facts: Mapping[str, str]
) -> Recognition:
    return Recognition(
        slug="mastodon", address=f"{origin}/{path}", name=name, offers=offers, certainty=certainty, facts=dict(facts)
    )


def _mentions(origin: str, *, name: str, certainty: float = 1.0) -> Recognition:
    return _recognition(origin, "notifications", name, MENTIONS_OFFERS, certainty, {"source": "mentions"})


def _public(origin: str, host: str, *, scope: str, certainty: float) -> Recognition:
    path, offers = ("public/local", PUBLIC_OFFERS) if scope == "local" else ("public", WHOLE_OFFERS)
    return _recognition(origin, path, host, offers, certainty, {"source": "public", "scope": scope})


def _tag(origin: str, tag: str) -> Recognition:
    tag = tag.removeprefix("#")
    return _recognition(origin, f"tags/{quote(tag)}", f"#{tag}", TAG_OFFERS, 1.0, {"source": "tag", "tag": tag})


def _account(origin: str, acct: str, *, certainty: float = 1.0) -> Recognition:
    facts = {"source": "account", "acct": acct}
    return _recognition(origin, f"@{quote(acct, safe='@')}", f"@{acct}", ACCOUNT_OFFERS, certainty, facts)
