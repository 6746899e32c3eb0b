"""The one table of rights: what each role may do. `may` in orgs/access.py answers from it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """From the most to the least far-reaching; a role is held in one department or in the whole house."""

    STRATEGIST = "strategist", _("Strategist")
    ARCHITECT = "architect", _("Architect")
    MANAGER = "manager", _("Manager")
    COMMUNITY_MANAGER = "community_manager", _("Community manager")
    ANALYST = "analyst", _("Analyst")
    CONTRIBUTOR = "contributor", _("Contributor")


class Action(models.TextChoices):
    SEE = "see", _("see conversations")
    NOTE = "note", _("write notes")
    REPLY = "reply", _("answer in the name of the house")
    DECIDE = "decide", _("approve and refuse")
    DELETE = "delete", _("delete for good")
    ASSIGN = "assign", _("assign and change conversations")
    DRAFT = "draft", _("write drafts of posts")
    APPROVE_POSTS = "approve_posts", _("approve posts")
    PUBLISH = "publish", _("plan and publish")
    MANAGE_ASSETS = "manage_assets", _("look after the library of assets")
    SHARE_VIEW = "share_view", _("share views")
    LISTEN = "listen", _("save and change queries that listen")
    CRISIS = "crisis", _("open and end a crisis room")
    SEE_CHANNELS = "see_channels", _("see channels and their health")
    MANAGE_CHANNELS = "manage_channels", _("add and change channels")
    MANAGE_PEOPLE = "manage_people", _("invite people and give roles")
    SEE_AUDIT = "see_audit", _("read the audit trail")
    MANAGE_HOUSE = "manage_house", _("change the house")


_READS = frozenset({Action.SEE, Action.SEE_CHANNELS})
_WORKS = _READS | {
    Action.NOTE,
    Action.REPLY,
    Action.DECIDE,
    Action.ASSIGN,
    Action.DRAFT,
    Action.PUBLISH,
    Action.MANAGE_ASSETS,
    Action.SHARE_VIEW,
    Action.LISTEN,
}
_LEADS = _WORKS | {
    Action.DELETE,
    Action.APPROVE_POSTS,
    Action.CRISIS,
    Action.MANAGE_PEOPLE,
    Action.SEE_AUDIT,
    Action.MANAGE_CHANNELS,
}

RIGHTS: dict[str, frozenset[str]] = {
    Role.STRATEGIST: _LEADS | {Action.MANAGE_HOUSE},
    Role.ARCHITECT: _READS
    | {Action.NOTE, Action.LISTEN, Action.MANAGE_CHANNELS, Action.SEE_AUDIT, Action.MANAGE_HOUSE},
    Role.MANAGER: _LEADS,
    Role.COMMUNITY_MANAGER: _WORKS,
    Role.ANALYST: _READS | {Action.NOTE, Action.LISTEN},
    Role.CONTRIBUTOR: frozenset({Action.SEE, Action.NOTE, Action.DRAFT}),
}
"""The owner may do everything everywhere and stands outside the table."""
