"""WordPress: posts, pages and comments by its REST API, moderated with an application password."""

from parvis.connectors.wordpress.acts import ACTS
from parvis.connectors.wordpress.fetch import fetch, newest
from parvis.connectors.wordpress.parse import parse
from parvis.connectors.wordpress.recognise import recognise
from parvis.connectors.wordpress.rights import check
from parvis.core.connector import Connector, Credential
from parvis.core.wording import Text

connector = Connector(
    slug="wordpress",
    name=Text("WordPress", "WordPress"),
    version=1,
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
    acts=ACTS,
    interval_s=60.0,
    requests_per_minute=600.0,
)
