"""Whose site it is, and what the key lets us do there."""

import json

from parvis.connectors.ghost.site import Site, quoted, rows_of
from parvis.core.connector import Account, Can, Session
from parvis.core.errors import AnswerNotUnderstood, FieldMissing, RightMissing
from parvis.core.wording import Text

_NO_SHAPE = Text("it does not look like Ghost", "cela ne ressemble pas à Ghost")
_NO_SUCH_MEMBER = Text(
    "a member with this e-mail address (the site has none)", "un membre avec cette adresse e-mail (le site n’en a pas)"
)
EVERYTHING = frozenset({Can.APPROVE, Can.HOLD, Can.DELETE, Can.REPLY, Can.UPLOAD, Can.PUBLISH, Can.EDIT, Can.WITHDRAW})


async def check(session: Session) -> Account:
    """The key of an integration may do all of it; an answer wants a member of the site as well."""
    site = Site(session)
    answer = await site.read("site/")
    try:
        told = json.loads(answer.body)["site"]
        facts = {"site_name": str(told["title"] or ""), "version": str(told["version"]), "site_url": str(told["url"])}
    except (ValueError, KeyError, TypeError) as error:
        raise AnswerNotUnderstood(host=site.host, detail=_NO_SHAPE, answer=answer) from error
    active: dict[str, str | int] = {"filter": "status:active", "limit": 100}
    newsletters = rows_of(await site.read("newsletters/", params=active), "newsletters")
    facts["newsletters"] = "\n".join(f"{one.get('slug')}={_line(one.get('name'))}" for one in newsletters)
    facts["newsletter_names"] = "\n".join(_line(one.get("name")) for one in newsletters)
    member = await _member_id(site)
    if member:
        facts["member_id"] = member
    can = EVERYTHING if member else EVERYTHING - {Can.REPLY}
    return Account(name=facts["site_name"] or site.host, can=can, facts=facts)


async def _member_id(site: Site) -> str:
    """Of the member whose name answers bear, "" where none is given. Raises FieldMissing where there is none such."""
    email = site.session.credentials.get("member", "").strip().lower()
    if not email:
        return ""
    try:
        answer = await site.read("members/", params={"filter": f"email:{quoted(email)}", "limit": 1})
    except RightMissing:
        return ""
    rows = rows_of(answer, "members")
    if not rows:
        raise FieldMissing(field=_NO_SUCH_MEMBER)
    return str(rows[0]["id"])


def _line(told: object) -> str:
    return " ".join(str(told or "").split())
