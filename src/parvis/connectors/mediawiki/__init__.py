"""MediaWiki: what is written on a wiki, on one page of it or in one category, by its action API."""

from parvis.connectors.mediawiki.fetch import check, fetch, newest
from parvis.connectors.mediawiki.parse import parse
from parvis.connectors.mediawiki.recognise import recognise
from parvis.connectors.mediawiki.scope import SLUG
from parvis.core.connector import Connector, Credential
from parvis.core.types import Kind
from parvis.core.wording import Text

connector = Connector(
    slug=SLUG,
    name=Text("MediaWiki", "MediaWiki"),
    version=1,
    recognise=recognise,
    fetch=fetch,
    newest=newest,
    parse=parse,
    check=check,
    credentials=(
        Credential(
            name="access_token",
            label=Text("Access token", "Jeton d’accès"),
            help=Text(
                "Only for a wiki that is closed to the public: an owner-only OAuth 2 token. Leave it empty elsewhere.",
                "Seulement pour un wiki fermé au public\u202f: un jeton OAuth 2 pour vous seul. Laissez vide ailleurs.",
            ),
            secret=True,
            required=False,
        ),
    ),
    guide=Text(
        "Paste the address of the wiki, of a page or of a category. A public wiki asks for nothing more.\n"
        "For a closed one, open Special:OAuthConsumerRegistration/propose/oauth2 on it and tick “for use by me only”.\n"
        "The right “Basic rights” is enough. Copy the access token that is shown.",
        "Collez l’adresse du wiki, d’une page ou d’une catégorie. Un wiki public ne demande rien de plus.\n"
        "Pour un wiki fermé, ouvrez-y Special:OAuthConsumerRegistration/propose/oauth2 et cochez l’usage personnel.\n"
        "Les «\u202fdroits de base\u202f» suffisent. Copiez le jeton d’accès affiché.",
    ),
    interval_s=60.0,
    opens_conversations=frozenset({Kind.COMMENT}),
)
