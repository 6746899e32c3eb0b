"""Mastodon and what speaks its API: timelines, hashtags, accounts, and what reaches an account of the house."""

from parvis.connectors.mastodon.account import check
from parvis.connectors.mastodon.acts import ACTS
from parvis.connectors.mastodon.addresses import recognise, recognise_typed
from parvis.connectors.mastodon.fetch import fetch, newest
from parvis.connectors.mastodon.listen import has_stream, stream
from parvis.connectors.mastodon.parse import parse
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
                "Of an application with the scopes read and write:statuses. Without one Parvis reads what is public, and more slowly.",
                "D’une application avec les droits read et write:statuses. Sans jeton, Parvis lit ce qui est public, et plus lentement.",
            ),
            secret=True,
            required=False,
        ),
    ),
    guide=Text(
        "In Mastodon, open Preferences → Development and press “New application”.\n"
        "Name it Parvis; leave the scopes read and write:statuses, take the others away.\n"
        "Open it again and copy “Your access token”.",
        "Dans Mastodon, ouvrez Préférences → Développement et cliquez sur « Nouvelle application ».\n"
        "Nommez-la Parvis ; gardez les droits read et write:statuses, ôtez les autres.\n"
        "Rouvrez-la et copiez « Votre jeton d’accès ».",
    ),
    acts=ACTS,
    interval_s=60.0,
    requests_per_minute=30.0,
)
