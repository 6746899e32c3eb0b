"""`parvis member …`: a sign-in link for who lost the password, the table of roles."""

import argparse
from datetime import UTC, datetime

from parvis.cli import language, open_django
from parvis.core.errors import BadInput
from parvis.core.wording import Text

NAME = "member"
HELP = Text("Let somebody in again, or show the roles.", "Redonner accès à quelqu’un, ou montrer les rôles.")

_LINK = Text(
    "print a link that signs somebody in once, within 24 hours; without EMAIL the owner’s first one",
    "afficher un lien qui identifie quelqu’un une fois, dans les 24 heures ; sans EMAIL, le premier de la personne propriétaire",
)
_FORGET = Text(
    "also forget their authenticator app, passkeys and recovery codes",
    "oublier aussi son application d’authentification, ses clés d’accès et ses codes de secours",
)
_ADDRESS = Text(
    "where people open the desk, such as http://127.0.0.1:8000",
    "où l’on ouvre le desk, par exemple http://127.0.0.1:8000",
)
_ROLES = Text("print the table of roles", "afficher le tableau des rôles")
_UNKNOWN = Text("there is no member {email}", "il n’y a pas de membre {email}")
_SIGNED_UP = Text(
    "an owner has signed up; name the member by e-mail",
    "une personne propriétaire est inscrite ; indiquez le membre par son e-mail",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    link = actions.add_parser("link", help=_LINK.in_language(language()))
    link.add_argument("email", nargs="?", metavar="EMAIL")
    link.add_argument("--address", help=_ADDRESS.in_language(language()))
    link.add_argument("--forget-factors", action="store_true", help=_FORGET.in_language(language()))
    actions.add_parser("roles", help=_ROLES.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    open_django()
    if arguments.action == "roles":
        from parvis.orgs.rights_page import rights_page

        print(rights_page(), end="")
        return 0
    print(_link(arguments))
    return 0


def _link(arguments: argparse.Namespace) -> str:
    from parvis.orgs.factors import forget_factors
    from parvis.orgs.links import default_address, sign_in_link
    from parvis.orgs.queries import member_by_email

    now = datetime.now(UTC)
    member = member_by_email(arguments.email) if arguments.email else None
    if arguments.email and member is None:
        raise BadInput(detail=_UNKNOWN.format(email=arguments.email))
    link = sign_in_link(address=arguments.address or default_address(), now=now, member=member)
    if link is None:
        raise BadInput(detail=_SIGNED_UP)
    if member is not None and arguments.forget_factors:
        forget_factors(member, by=None, now=now)
    return link
