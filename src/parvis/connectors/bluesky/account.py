"""Who we are on a network, and what the channel will read there."""

from urllib.parse import urlsplit

from parvis.connectors.bluesky import acts, publish
from parvis.connectors.bluesky.service import Service, decoded
from parvis.core.connector import Account, Session
from parvis.core.errors import RightMissing
from parvis.core.wording import Text

ACTS = {**acts.ACTS, **publish.ACTS}
_SEARCH_CLOSED = Text(
    "it searches for signed-in accounts only; give the handle and an app password",
    "la recherche y est réservée aux comptes identifiés ; donnez l’identifiant et un mot de passe d’application",
)


async def check(session: Session) -> Account:
    service = Service(session)
    match session.facts.get("source"):
        case "feed":
            told = decoded(await service.get("app.bsky.actor.getProfile", {"actor": session.facts["actor"]}))
            name = str(told.get("displayName") or f"@{told.get('handle')}")
            return Account(name=name, can=frozenset(), facts={"actor": str(told.get("did") or session.facts["actor"])})
        case "search":
            await _search_once(service)
            return Account(name=session.facts.get("words", ""), can=frozenset(), facts={})
        case "firehose":
            await session.request("GET", f"{service.home}/xrpc/_health")
            return Account(name=urlsplit(session.address).netloc, can=frozenset(), facts={})
    who = await service.who()
    facts = {"source": "account", "did": who.did, "handle": who.handle}
    return Account(name=f"@{who.handle}", can=frozenset(ACTS), facts=facts)


async def _search_once(service: Service) -> None:
    """Bluesky's public view refuses some searches to those who are not signed in, with a 403."""
    try:
        await service.get("app.bsky.feed.searchPosts", {"q": service.session.facts["words"], "limit": 1})
    except RightMissing as error:
        if service.signs_in:
            raise
        raise RightMissing(host=service.host, detail=_SEARCH_CLOSED, answer=error.answer) from error
