"""Lists in JSON: Hacker News by its API and its search, Reddit and the sites that run on its code."""

from parvis.connectors.listing.fetch import check, fetch
from parvis.connectors.listing.parse import parse
from parvis.connectors.listing.recognise import SLUG, recognise
from parvis.core.connector import Connector
from parvis.core.types import Kind
from parvis.core.wording import Text

connector = Connector(
    slug=SLUG,
    name=Text("Forum list", "Liste de forum"),
    version=1,
    recognise=recognise,
    fetch=fetch,
    parse=parse,
    check=check,
    guide=Text(
        "Paste the address of a community, a discussion, an author or a search on Hacker News or Reddit.\n"
        "Lists are public: there is nothing to sign in to.\n"
        "Nothing can be written back through a list.",
        "Collez l’adresse d’une communauté, d’une discussion, d’un auteur ou d’une recherche sur Hacker News ou Reddit.\n"
        "Ces listes sont publiques\u202f: aucune identification n’est demandée.\n"
        "Une liste ne permet pas d’écrire en retour.",
    ),
    interval_s=120.0,
    opens_conversations=frozenset({Kind.ARTICLE, Kind.COMMENT}),
)
