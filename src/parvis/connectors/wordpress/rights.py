"""Who we are on a site and what that account may read and do there."""

from collections.abc import Mapping
from typing import Any

from parvis.connectors.wordpress.decode import record, records
from parvis.connectors.wordpress.site import SIGN_IN_WANTED, Site
from parvis.connectors.wordpress.terms import known_categories
from parvis.core.connector import Account, Can, Session
from parvis.core.errors import AnswerNotUnderstood, CredentialsRejected, Refused, RightMissing
from parvis.core.wording import Text

STAFF_ROLES = "administrator,editor,author,contributor"
STAFF_PAGES = 5
MODERATION = frozenset({Can.APPROVE, Can.HOLD, Can.SPAM, Can.TRASH, Can.DELETE, Can.REPLY})
PUBLISHING = {
    "upload_files": Can.UPLOAD,
    "publish_posts": Can.PUBLISH,
    "edit_published_posts": Can.EDIT,
    "delete_published_posts": Can.WITHDRAW,
}
"""By capability, what it lets one do: https://wordpress.org/documentation/article/roles-and-capabilities/, read 2026-11."""
NO_CONTENT_API = Text("its REST API has no posts and comments", "son API REST n’a ni articles ni commentaires")


async def check(session: Session) -> Account:
    """Who we are there. A wrong password reads like none, so only `users/me` is asked, never an error code."""
    site = Site(session)
    index = await site.read_record("", params={"_fields": "name,namespaces,timezone_string,gmt_offset"})
    if "wp/v2" not in index.get("namespaces", []):
        raise AnswerNotUnderstood(host=site.host, detail=NO_CONTENT_API)
    facts = {
        "site_name": str(index.get("name", "")),
        "timezone": str(index.get("timezone_string", "")),
        "gmt_offset_h": str(index.get("gmt_offset", "")),
        "namespaces": ",".join(str(name) for name in index["namespaces"]),
    }
    if not site.signs_in:
        await _public_reading(site)
        return Account(name=facts["site_name"] or site.host, can=frozenset(), facts=facts)
    me = await own_account(site)
    return Account(name=str(me.get("name") or ""), can=may(me), facts={**facts, **await account_facts(site, me)})


async def own_account(site: Site) -> dict[str, Any]:
    """The account that the credentials stand for. Raises CredentialsRejected on a 401 of any kind."""
    answer = await site.ask("GET", "wp/v2/users/me", params={"context": "edit"})
    if answer.status == 401:
        raise CredentialsRejected(host=site.host)
    if answer.status >= 400:
        raise site.refusal(answer)
    return record(answer.body, host=site.host)


def may(me: Mapping[str, Any]) -> frozenset[Can]:
    """With every comment of the site (single rights on own posts do not count), and with articles of one's own."""
    capabilities = _capabilities(me)
    publishing = frozenset(can for name, can in PUBLISHING.items() if name in capabilities)
    if "moderate_comments" in capabilities:
        return MODERATION | publishing
    return publishing | {Can.REPLY} if "edit_posts" in capabilities else publishing


async def account_facts(site: Site, me: Mapping[str, Any]) -> dict[str, str]:
    """What reading, parsing and acting need to know of the account, and who else works there."""
    capabilities = _capabilities(me)
    scopes = {
        "posts": {"edit_posts", "edit_others_posts", "edit_published_posts"} <= capabilities,
        "pages": {"edit_pages", "edit_others_pages", "edit_published_pages"} <= capabilities,
        "comments": "moderate_comments" in capabilities,
    }
    staff = await staff_ids(site, lists_users="list_users" in capabilities)
    return {
        "user_id": str(me.get("id", "")),
        "reads_all": ",".join(name for name, reads_all in scopes.items() if reads_all),
        "house_user_ids": ",".join(str(number) for number in sorted({*staff, int(me.get("id", 0))})),
        **await _publishing_facts(site, capabilities),
    }


async def _publishing_facts(site: Site, capabilities: set[str]) -> dict[str, str]:
    """What a post for the site is judged by before it leaves; {} for who cannot publish."""
    routes = [name for name in ("posts", "pages") if f"publish_{name}" in capabilities]
    if not routes:
        return {}
    facts = {"publishes": ",".join(routes), "format": await _format(site)}
    if "manage_categories" in capabilities:
        facts["adds_categories"] = "1"
    try:
        names, are_all = await known_categories(site)
    except Refused:
        return facts
    return facts | {"categories": "\n".join(names)} | ({"categories_are_all": "1"} if are_all else {})


async def _format(site: Site) -> str:
    """How the newest articles are written: “classic” where none of them is in blocks, though there are some."""
    asked: dict[str, str | int] = {"context": "edit", "per_page": 5, "_fields": "content.block_version,content.raw"}
    try:
        answer = await site.read("wp/v2/posts", params=asked)
    except Refused:
        return "blocks"
    rows = [row.get("content") for row in records(answer.body, host=site.host) if isinstance(row, dict)]
    written = [content for content in rows if isinstance(content, dict) and content.get("raw")]
    return "blocks" if not written or any(content.get("block_version") for content in written) else "classic"


async def staff_ids(site: Site, *, lists_users: bool) -> set[int]:
    """The people who write on the site; without the right to list users, those who may write posts."""
    asked: dict[str, str | int] = {"per_page": 100, "_fields": "id"}
    asked |= {"context": "edit", "roles": STAFF_ROLES} if lists_users else {"who": "authors"}
    found: set[int] = set()
    for page in range(1, STAFF_PAGES + 1):
        try:
            answer = await site.read("wp/v2/users", params={**asked, "page": page})
        except Refused:
            break
        rows = records(answer.body, host=site.host)
        found.update(row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int))
        if len(rows) < 100:
            break
    return found


def _capabilities(me: Mapping[str, Any]) -> set[str]:
    given = me.get("capabilities")
    return {name for name, holds in given.items() if holds} if isinstance(given, dict) else set()


async def _public_reading(site: Site) -> None:
    try:
        await site.read("wp/v2/comments", params={"per_page": 1, "_fields": "id"})
    except RightMissing as error:
        raise RightMissing(host=site.host, detail=SIGN_IN_WANTED) from error
