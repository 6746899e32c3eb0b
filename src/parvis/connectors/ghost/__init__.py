"""Ghost: posts, pages and the comments of members by its Admin API, moderated and published with an integration's key."""

from datetime import date

from parvis.connectors.ghost import acts, publish
from parvis.connectors.ghost.account import check
from parvis.connectors.ghost.fetch import fetch, newest
from parvis.connectors.ghost.look import look
from parvis.connectors.ghost.parse import parse
from parvis.connectors.ghost.publishing import PUBLISHING
from parvis.connectors.ghost.recognise import recognise
from parvis.core.connector import Connector, Credential
from parvis.core.measuring import TextLimit, TextPart, TextRules, Unit
from parvis.core.wording import Text

SCHEMA = "https://github.com/TryGhost/Ghost/blob/main/ghost/core/core/server/data/schema/schema.js"
CHECKED_ON = date(2026, 11, 23)

connector = Connector(
    slug="ghost",
    name=Text("Ghost", "Ghost"),
    version=1,
    recognise=recognise,
    fetch=fetch,
    newest=newest,
    parse=parse,
    check=check,
    credentials=(
        Credential(
            name="key",
            label=Text("Admin API key", "Clé de l’API Admin"),
            help=Text(
                "Of an integration of your own: 24 signs, a colon and 64 signs.",
                "D’une intégration à vous\u202f: 24 signes, un deux-points et 64 signes.",
            ),
            secret=True,
        ),
        Credential(
            name="member",
            label=Text("Member who answers", "Membre qui répond"),
            help=Text(
                "The e-mail address of the member in whose name comments are answered. Without one, nothing is answered.",
                "L’adresse e-mail du membre au nom duquel on répond aux commentaires. Sans elle, on ne répond pas.",
            ),
            required=False,
        ),
    ),
    guide=Text(
        "In Ghost, open Settings → Integrations → Custom and press “Add custom integration”.\n"
        "Name it Parvis and copy the “Admin API key”.\n"
        "To answer comments, make a member for the house (Members → New member) and give its e-mail address here.",
        "Dans Ghost, ouvrez Settings → Integrations → Custom et cliquez sur « Add custom integration ».\n"
        "Nommez-la Parvis et copiez « Admin API key ».\n"
        "Pour répondre aux commentaires, créez un membre pour la maison (Members → New member) et donnez ici son adresse e-mail.",
    ),
    acts={**acts.ACTS, **publish.ACTS},
    publishing=PUBLISHING,
    look=look,
    interval_s=60.0,
    requests_per_minute=300.0,
    text_rules=TextRules(
        limits=(
            TextLimit(unit=Unit.CHARACTERS, most=None, source=SCHEMA, checked_on=CHECKED_ON),
            TextLimit(unit=Unit.CHARACTERS, most=255, source=SCHEMA, checked_on=CHECKED_ON, applies_to=TextPart.TITLE),
        ),
    ),
)
