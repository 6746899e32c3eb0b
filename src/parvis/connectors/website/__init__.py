"""A site without a feed: its sitemaps and its front page say what is new, and each page becomes an article."""

from parvis.connectors.website.fetch import check, fetch, newest
from parvis.connectors.website.parse import parse
from parvis.connectors.website.recognise import SLUG, recognise
from parvis.core.connector import Connector
from parvis.core.wording import Text

connector = Connector(
    slug=SLUG,
    name=Text("Website", "Site web"),
    version=1,
    recognise=recognise,
    fetch=fetch,
    newest=newest,
    parse=parse,
    check=check,
    guide=Text(
        "Paste the address of the site, or of the section that matters to you.\n"
        "Parvis reads robots.txt and keeps to it; a site that asks programs to stay away is not read.\n"
        "Where the site has a feed, Parvis proposes that instead: it is lighter for both sides.",
        "Collez l’adresse du site, ou de la rubrique qui vous importe.\n"
        "Parvis lit robots.txt et s’y tient ; un site qui demande aux programmes de s’abstenir n’est pas lu.\n"
        "Si le site a un flux, Parvis le propose à la place : c’est plus léger pour les deux côtés.",
    ),
    interval_s=900.0,
    opens_conversations=frozenset(),
)
