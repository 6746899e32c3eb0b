"""Who we are on an instance, and what the channel will read there."""

from collections.abc import Mapping
from typing import Any

from parvis.connectors.mastodon import acts, publish
from parvis.connectors.mastodon.instance import Instance, record_of
from parvis.core.connector import REQUESTS_PER_MINUTE, Account, Session
from parvis.core.errors import CredentialsRejected, Refused, RemoteGone, RightMissing

WINDOW_MINUTES = 5
ACTS = {**acts.ACTS, **publish.ACTS}
_PROBES = {"write:statuses": ("DELETE", "v1/statuses/0"), "write:media": ("PUT", "v1/media/0")}
"""Requests about what is never there: 404 with the right, 403 without it."""


async def check(session: Session) -> Account:
    instance = Instance(session)
    own, pace = await _own(instance) if instance.signs_in else ({}, {})
    facts = {**await _instance_facts(instance), **pace}
    if own:
        facts["signed_in"] = "1"
    match session.facts.get("source"):
        case "public":
            return Account(name=facts["title"] or instance.host, can=frozenset(), facts=facts)
        case "tag":
            return Account(name=f"#{session.facts['tag']}", can=frozenset(), facts=facts)
        case "account":
            found = record_of(await instance.get("v1/accounts/lookup", {"acct": session.facts["acct"]}))
            name = str(found.get("display_name") or found.get("acct") or session.facts["acct"])
            return Account(name=name, can=frozenset(), facts={**facts, "account_id": str(found["id"])})
    if not own:
        raise CredentialsRejected(host=instance.host)
    account = {"source": "mentions", "account_id": str(own["id"]), "acct": str(own.get("acct") or "")}
    missing = [scope for scope in _PROBES if not await _has(instance, scope)]
    if missing:
        facts["missing_scopes"] = " ".join(missing)
    can = frozenset(ACTS).difference(*(publish.NEEDED[scope] for scope in missing))
    return Account(name=f"@{account['acct']}", can=can, facts={**facts, **account})


async def _has(instance: Instance, scope: str) -> bool:
    """Whether the token has the right; no endpoint of every instance tells it in words."""
    try:
        await instance.send(*_PROBES[scope])
    except CredentialsRejected:
        raise
    except Refused as error:
        return not isinstance(error, RightMissing)
    return True


async def _own(instance: Instance) -> tuple[dict[str, Any], dict[str, str]]:
    """The account, and how often it may ask. Raises CredentialsRejected where the token is none of this instance."""
    answer = await instance.get("v1/accounts/verify_credentials")
    return record_of(answer), _pace(answer.headers)


def _pace(headers: Mapping[str, str]) -> dict[str, str]:
    """Two thirds of what an account may ask in five minutes: the rest is for reading.

    https://docs.joinmastodon.org/api/rate-limits/#individual, read 2026-11.
    """
    told = headers.get("x-ratelimit-limit", "").strip()
    if not (told.isascii() and told.isdigit()):
        return {}
    each_minute = int(told) * 2 // (3 * WINDOW_MINUTES)
    return {REQUESTS_PER_MINUTE: str(each_minute)} if each_minute > 0 else {}


async def _instance_facts(instance: Instance) -> dict[str, str]:
    """Limits as the instance tells them, and where its streams are; other servers know v1 alone."""
    try:
        told = record_of(await instance.get("v2/instance"))
    except RemoteGone:
        told = record_of(await instance.get("v1/instance"))
    configuration = _part(told, "configuration")
    statuses, urls = _part(configuration, "statuses"), _part(configuration, "urls") or _part(told, "urls")
    media, polls = _part(configuration, "media_attachments"), _part(configuration, "polls")
    mimes = media.get("supported_mime_types")
    facts = {
        "title": str(told.get("title") or ""),
        "streaming": str(urls.get("streaming") or urls.get("streaming_api") or ""),
        "max_characters": _number(statuses.get("max_characters") or told.get("max_toot_chars")),
        "url_characters": _number(statuses.get("characters_reserved_per_url")),
        "most_media": _number(statuses.get("max_media_attachments")),
        "media_mimes": " ".join(one for one in mimes if isinstance(one, str)) if isinstance(mimes, list) else "",
        "alt_characters": _number(media.get("description_limit")),
        "image_bytes": _number(media.get("image_size_limit")),
        "image_pixels": _number(media.get("image_matrix_limit")),
        "video_bytes": _number(media.get("video_size_limit")),
        "video_pixels": _number(media.get("video_matrix_limit")),
        "poll_choices": _number(polls.get("max_options")),
        "poll_characters": _number(polls.get("max_characters_per_option")),
        "poll_least_s": _number(polls.get("min_expiration")),
        "poll_most_s": _number(polls.get("max_expiration")),
    }
    return {name: value for name, value in facts.items() if value or name == "title"}


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _number(told: Any) -> str:
    return str(told) if isinstance(told, int) and not isinstance(told, bool) and told > 0 else ""
