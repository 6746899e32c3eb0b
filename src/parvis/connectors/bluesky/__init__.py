"""Bluesky and other AT Protocol networks: profiles, searches, an account's mentions, and the firehose."""

from parvis.connectors.bluesky.account import ACTS, check
from parvis.connectors.bluesky.addresses import recognise, recognise_typed
from parvis.connectors.bluesky.counting import TEXT_RULES
from parvis.connectors.bluesky.fetch import fetch, newest
from parvis.connectors.bluesky.firehose import is_firehose, stream
from parvis.connectors.bluesky.look import look
from parvis.connectors.bluesky.parse import parse
from parvis.connectors.bluesky.publishing import PUBLISHING
from parvis.core.connector import Connector, Credential
from parvis.core.wording import Text

connector = Connector(
    slug="bluesky",
    name=Text("Bluesky", "Bluesky"),
    version=1,
    recognise=recognise,
    recognise_typed=recognise_typed,
    fetch=fetch,
    newest=newest,
    stream=stream,
    has_stream=is_firehose,
    stream_resumes=True,
    carries_everything=True,
    parse=parse,
    check=check,
    credentials=(
        Credential(
            name="identifier",
            label=Text("Handle", "Identifiant"),
            help=Text(
                "Of the house’s account, such as parvis.bsky.social. Leave it empty to read only what is public.",
                "Celui du compte de la maison, par exemple parvis.bsky.social. Laissez vide pour ne lire que ce qui est public.",
            ),
            required=False,
        ),
        Credential(
            name="app_password",
            label=Text("App password", "Mot de passe d’application"),
            help=Text(
                "Four groups of four characters. Not the password used to sign in.",
                "Quatre groupes de quatre signes. Pas le mot de passe de connexion.",
            ),
            secret=True,
            required=False,
        ),
    ),
    guide=Text(
        "In Bluesky, open Settings → Privacy and security → App passwords.\n"
        "Add one with the name Parvis; it needs no access to direct messages.\n"
        "Copy it: Bluesky shows it once only.",
        "Dans Bluesky, ouvrez Paramètres → Confidentialité et sécurité → Mots de passe d’application.\n"
        "Ajoutez-en un du nom de Parvis ; l’accès aux messages privés est inutile.\n"
        "Copiez-le : Bluesky ne le montre qu’une fois.",
    ),
    acts=ACTS,
    look=look,
    publishing=PUBLISHING,
    interval_s=60.0,
    requests_per_minute=20.0,
    text_rules=TEXT_RULES,
)
