"""Mastodon and what speaks its API: timelines, hashtags, accounts, and what reaches an account of the house."""

from parvis.connectors.mastodon.account import ACTS, check
from parvis.connectors.mastodon.addresses import recognise, recognise_typed
from parvis.connectors.mastodon.counting import TEXT_RULES
from parvis.connectors.mastodon.fetch import fetch, newest
from parvis.connectors.mastodon.listen import has_stream, stream
from parvis.connectors.mastodon.look import look
from parvis.connectors.mastodon.parse import parse
from parvis.connectors.mastodon.publishing import PUBLISHING
from parvis.core.connector import Connector, Credential
from parvis.core.wording import Text

connector = Connector(
    slug="mastodon",
    name=Text("Mastodon", "Mastodon"),
    version=1,
    recognise=recognise,
    recognise_typed=recognise_typed,
    fetch=fetch,
    newest=newest,
    stream=stream,
    has_stream=has_stream,
    parse=parse,
    check=check,
    credentials=(
        Credential(
            name="token",
            label=Text("Access token", "Jeton d’accès"),
            help=Text(
                "Of an application with the scopes read, write:statuses and write:media. Without one Parvis reads what is public, and more slowly.",
                "D’une application avec les droits read, write:statuses et write:media. Sans jeton, Parvis lit ce qui est public, et plus lentement.",
            ),
            secret=True,
            required=False,
        ),
    ),
    guide=Text(
        "In Mastodon, open Preferences → Development and press “New application”.\n"
        "Name it Parvis; leave the scopes read, write:statuses and write:media, take the others away.\n"
        "Open it again and copy “Your access token”.",
        "Dans Mastodon, ouvrez Préférences → Développement et cliquez sur « Nouvelle application ».\n"
        "Nommez-la Parvis ; gardez les droits read, write:statuses et write:media, ôtez les autres.\n"
        "Rouvrez-la et copiez « Votre jeton d’accès ».",
    ),
    acts=ACTS,
    look=look,
    publishing=PUBLISHING,
    interval_s=60.0,
    requests_per_minute=30.0,
    text_rules=TEXT_RULES,
)
