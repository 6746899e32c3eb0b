"""Looking around in a demonstration house before one's own is open, and leaving it without a trace."""

from datetime import datetime

from django.apps import apps
from django.db import connection, transaction

from parvis.core.errors import Conflict, NotAllowed
from parvis.core.wording import Text
from parvis.flows.demo import fill_house
from parvis.orgs.audit_guard import lowered_guard
from parvis.orgs.house import the_house
from parvis.orgs.links import sign_in_link
from parvis.orgs.models import House, Member

_FLAG = "is_looked_around_in"
_SEARCH_TABLE = "channels_itemsearch"
_OURS = ("jobs", "orgs", "channels", "inbox", "moderation", "listening")
_OF_ACCOUNTS = ("account", "mfa", "socialaccount", "usersessions", "sessions")


def look_around(*, now: datetime) -> Member:
    """The owner of a demonstration house made for it. Raises Conflict where a house is open."""
    if the_house() is not None and not is_looked_around_in():
        raise Conflict(
            who=Text("Somebody", "Quelqu’un"),
            detail=Text("this house is open already", "cette maison est déjà ouverte"),
        )
    owner = fill_house(now=now)
    house = House.objects.get()
    house.options[_FLAG] = True
    house.save(update_fields=["options"])
    return owner


def is_looked_around_in() -> bool:
    """Whether the house that is open is such a one: it can be left, and then another opened."""
    house = the_house()
    return house is not None and house.is_demo and bool(house.options.get(_FLAG))


@transaction.atomic
def leave_demonstration(member: Member, *, address: str, now: datetime) -> str:
    """Removes all of it, the audit trail and every session too; the link by which a real house is opened."""
    if not is_looked_around_in() or not member.is_owner:
        raise NotAllowed(action=Text("leave the demonstration", "quitter la démonstration"))
    tables = [
        model._meta.db_table  # noqa: SLF001
        for label in (*_OURS, *_OF_ACCOUNTS)
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    ]
    with lowered_guard(connection), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        for table in (_SEARCH_TABLE, *tables):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608
    link = sign_in_link(address=address, now=now)
    if link is None:
        raise NotAllowed(action=Text("leave the demonstration", "quitter la démonstration"))
    return link
