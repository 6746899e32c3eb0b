"""Feeds: RSS, Atom, RDF, CDF and JSON Feed, from any address."""

from parvis.connectors.feed.fetch import check, fetch
from parvis.connectors.feed.parse import parse
from parvis.connectors.feed.recognise import SLUG, recognise
from parvis.core.connector import Connector
from parvis.core.types import Kind
from parvis.core.wording import Text

connector = Connector(
    slug=SLUG,
    name=Text("Feed", "Flux"),
    version=1,
    recognise=recognise,
    fetch=fetch,
    parse=parse,
    check=check,
    guide=Text(
        "Paste the address of the feed, or of the page that offers it.\n"
        "A feed is public: there is nothing to sign in to.\n"
        "Comments feeds work too; nothing can be written back through a feed.",
        "Collez l’adresse du flux, ou de la page qui le propose.\n"
        "Un flux est public\u202f: aucune identification n’est demandée.\n"
        "Les flux de commentaires conviennent aussi\u202f; un flux ne permet pas d’écrire en retour.",
    ),
    interval_s=900.0,
    opens_conversations=frozenset({Kind.ARTICLE, Kind.COMMENT}),
)
