"""Matrix: what is said in the rooms of an account, answered and taken away, invitations accepted; posts in a room."""

from datetime import date

from parvis.connectors.matrix.account import ACTS, check
from parvis.connectors.matrix.fetch import fetch, listen
from parvis.connectors.matrix.parse import parse
from parvis.connectors.matrix.publishing import LONGEST_BYTES, PUBLISHING
from parvis.connectors.matrix.recognise import SLUG, recognise
from parvis.core.connector import Connector, Credential
from parvis.core.measuring import TextLimit, TextRules, Unit
from parvis.core.types import Kind
from parvis.core.wording import Text

connector = Connector(
    slug=SLUG,
    name=Text("Matrix", "Matrix"),
    version=1,
    recognise=recognise,
    fetch=fetch,
    parse=parse,
    check=check,
    credentials=(
        Credential(
            name="access_token",
            label=Text("Access token", "Jeton d’accès"),
            help=Text(
                "Of an account of its own for Parvis; it reads the rooms that this account has joined.",
                "D’un compte propre à Parvis\u202f; il lit les salons que ce compte a rejoints.",
            ),
            secret=True,
        ),
        Credential(
            name="room",
            label=Text("Room for posts", "Salon des publications"),
            help=Text(
                "Where posts are published, such as #news:example.org. Leave it empty to read and answer only.",
                "Où publier, par exemple #actualites:exemple.ch. Laissez vide pour lire et répondre seulement.",
            ),
            required=False,
        ),
    ),
    guide=Text(
        "Make an account for Parvis on your homeserver, and sign in to it in Element in a private window.\n"
        "Open Settings → Help & About → Advanced, and copy the access token.\n"
        "Close the window without signing out: signing out would end the token.",
        "Créez un compte pour Parvis sur votre serveur, et connectez-vous dans Element, en navigation privée.\n"
        "Ouvrez Paramètres → Aide et à propos → Avancé, et copiez le jeton d’accès.\n"
        "Fermez la fenêtre sans vous déconnecter\u202f: cela mettrait fin au jeton.",
    ),
    acts=ACTS,
    publishing=PUBLISHING,
    stream=listen,
    stream_resumes=True,
    interval_s=15.0,
    requests_per_minute=60.0,
    opens_conversations=frozenset({Kind.MESSAGE, Kind.MENTION}),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.BYTES,
                most=LONGEST_BYTES,
                source="https://spec.matrix.org/v1.15/client-server-api/#size-limits",
                checked_on=date(2026, 11, 1),
                note="A whole event has 65,536 bytes; what is not the text is left room.",
            ),
        ),
    ),
)
