"""Single values of the trail in words: a state, a role, a reason, a fault."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from parvis.core.connector import Can
from parvis.orgs.rights import Role
from parvis.web.screens.audit.names import Names
from parvis.web.screens.channels.words import kind_words
from parvis.web.screens.effects.words import what_of
from parvis.web.screens.inbox.listing import reason_choices


def name_of(name: str) -> str:
    known = {
        "priority": _("priority"),
        "state": _("state"),
        "status": _("state"),
        "department": _("department"),
        "department_id": _("department"),
        "verdict": _("verdict"),
        "label": _("label"),
        "name": _("name"),
        "zone": _("time zone"),
        "language": _("language"),
        "opens_conversations": _("what opens conversations"),
        "owner_id": _("responsible"),
        "purpose": _("purpose"),
        "colour": _("colour"),
        "version": _("version"),
        "changed": _("changed"),
        "linked": _("linked"),
        "claim": _("claim"),
        "position": _("position"),
    }
    return known.get(name, name.replace("_", " "))


def words(name: str, value: Any, names: Names) -> str:
    """One value of the fact of that name; what nobody foresaw stands as it is recorded."""
    if name in {"assignee", "assignee_id", "owner_id"}:
        return names.person(value) if value else _("nobody")
    if name == "opens_conversations":
        return _kinds(value)
    if value is None or value == "":
        return "–"
    if name in {"department", "department_id"}:
        return names.department(value)
    if isinstance(value, dict):
        return ", ".join(f"{name_of(key)} {words(key, one, names)}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else _chosen(name, value)


def _chosen(name: str, value: Any) -> str:
    known = {"state": _states, "status": _states, "priority": _priorities, "language": _languages}.get(name, dict)
    return known().get(value, str(value))


def role(code: str) -> str:
    return str(Role(code).label) if code in Role.values else code


def reason(code: str) -> str:
    return next((one.name for one in reason_choices() if one.code == code), code)


def verdict(code: str) -> str:
    return what_of(Can.TRASH if code == "refuse" else code)


def fault(code: str) -> str:
    known = {
        "credentials_rejected": _("the sign-in was refused"),
        "right_missing": _("the account lacks a right"),
        "key_missing": _("no key opens the credentials"),
        "not_encrypted": _("the password would travel in the open"),
        "not_offered": _("the platform does not offer it"),
        "refused": _("the platform refused"),
        "remote_gone": _("the platform no longer has it"),
        "remote_broken": _("the platform has a fault"),
        "rate_limited": _("the platform asks to wait"),
        "outcome_unknown": _("nobody can tell whether it happened"),
        "text_too_long": _("the text is too long"),
        "unreachable": _("the other side cannot be reached"),
        "timed_out": _("the other side does not answer"),
    }
    return known.get(code) or _("the fault called {code}").format(code=code)


def _kinds(value: Any) -> str:
    named = {str(kind): word for kind, word in kind_words().items()}
    return ", ".join(named.get(one, one) for one in value or ()) or _("nothing")


def _states() -> dict[Any, str]:
    return {
        "open": pgettext("a conversation", "open"),
        "waiting": pgettext("a conversation", "waiting"),
        "snoozed": pgettext("a conversation", "snoozed"),
        "done": pgettext("a conversation", "done"),
        "published": pgettext("a text", "published"),
        "held": pgettext("a text", "held back"),
        "spam": pgettext("a text", "spam"),
        "trashed": pgettext("a text", "in the trash"),
        "deleted": pgettext("a text", "deleted"),
        "on": pgettext("a query", "listening"),
        "paused": pgettext("a query", "paused"),
        "archived": pgettext("a query", "put away"),
        "answered": pgettext("a file", "answered"),
        "closed": pgettext("a file", "closed"),
    }


def _languages() -> dict[Any, str]:
    return {code: str(name) for code, name in settings.LANGUAGES}


def _priorities() -> dict[Any, str]:
    return {
        -1: pgettext("priority", "low"),
        0: pgettext("priority", "normal"),
        1: pgettext("priority", "high"),
        2: pgettext("priority", "urgent"),
    }
