"""WordPress: posts, pages and comments by its REST API; with an application password moderated and published."""

from datetime import date

from parvis.connectors.wordpress import acts, publish
from parvis.connectors.wordpress.fetch import fetch, newest
from parvis.connectors.wordpress.look import look
from parvis.connectors.wordpress.parse import parse
from parvis.connectors.wordpress.publishing import PUBLISHING
from parvis.connectors.wordpress.recognise import recognise
from parvis.connectors.wordpress.rights import check
from parvis.core.connector import Connector, Credential
from parvis.core.measuring import TextLimit, TextPart, TextRules, Unit
from parvis.core.wording import Text

DATABASE = "https://codex.wordpress.org/Database_Description#Table:_wp_posts"

connector = Connector(
    slug="wordpress",
    name=Text("WordPress", "WordPress"),
    version=2,
    recognise=recognise,
    fetch=fetch,
    newest=newest,
    parse=parse,
    check=check,
    credentials=(
        Credential(
            name="username",
            label=Text("User name", "Nom d’utilisateur"),
            help=Text(
                "An account with the role Editor or Administrator. Leave it empty to read only what is public.",
                "Un compte ayant le rôle Éditeur ou Administrateur. Laissez vide pour ne lire que ce qui est public.",
            ),
            required=False,
        ),
        Credential(
            name="password",
            label=Text("Application password", "Mot de passe d’application"),
            help=Text(
                "24 letters and digits, with or without the spaces. Not the password used to sign in.",
                "24 lettres et chiffres, avec ou sans les espaces. Pas le mot de passe de connexion.",
            ),
            secret=True,
            required=False,
        ),
    ),
    guide=Text(
        "In WordPress, open Users → Profile and go to “Application Passwords”.\n"
        "Write Parvis as its name and press “Add New Application Password”.\n"
        "Copy the password shown: WordPress shows it once only.",
        "Dans WordPress, ouvrez Comptes → Profil et allez à « Mots de passe d’application ».\n"
        "Donnez-lui le nom Parvis et cliquez sur « Ajouter un mot de passe d’application ».\n"
        "Copiez le mot de passe affiché : WordPress ne le montre qu’une fois.",
    ),
    acts={**acts.ACTS, **publish.ACTS},
    publishing=PUBLISHING,
    look=look,
    interval_s=60.0,
    requests_per_minute=600.0,
    text_rules=TextRules(
        limits=(
            TextLimit(unit=Unit.CHARACTERS, most=None, source=DATABASE, checked_on=date(2026, 11, 1)),
            TextLimit(
                unit=Unit.BYTES,
                most=65_535,
                source=DATABASE,
                checked_on=date(2026, 11, 1),
                applies_to=TextPart.TITLE,
                note="The column of MySQL; themes cut far earlier.",
            ),
        ),
    ),
)
