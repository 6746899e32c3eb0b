"""A mailbox over IMAP: each mail, or each entry of an alert or a dispatch, is an item. Nothing is marked as read."""

from datetime import date

from parvis.connectors.mailbox.address import SLUG, recognise_typed
from parvis.connectors.mailbox.fetch import check, fetch, has_stream, newest, stream
from parvis.connectors.mailbox.parse import parse
from parvis.core.connector import Connector, Credential
from parvis.core.measuring import TextLimit, TextRules, Unit
from parvis.core.types import Answer, Kind, Recognition
from parvis.core.wording import Text


def recognise(_answer: Answer) -> list[Recognition]:
    """No page is a mailbox: its address is recognised as it is typed."""
    return []


connector = Connector(
    slug=SLUG,
    name=Text("Mailbox", "Boîte de courriel"),
    version=1,
    recognise=recognise,
    recognise_typed=recognise_typed,
    fetch=fetch,
    newest=newest,
    parse=parse,
    check=check,
    credentials=(
        Credential(
            name="username",
            label=Text("User name", "Nom d’utilisateur"),
            help=Text("Mostly the whole mail address.", "Le plus souvent l’adresse de courriel entière."),
        ),
        Credential(
            name="password",
            label=Text("Password", "Mot de passe"),
            help=Text(
                "Where the provider asks for a second factor: a password for applications.",
                "Si le fournisseur demande un second facteur : un mot de passe d’application.",
            ),
            secret=True,
        ),
    ),
    guide=Text(
        "Write the address as imaps://mail.example.org, with /Folder behind it for another folder than the inbox.\n"
        "Make a mailbox of its own for alerts and agencies, and let it be read over IMAP.\n"
        "Gmail and others ask for a password for applications; Microsoft 365 offers no sign-in by password.",
        "Écrivez l’adresse ainsi : imaps://mail.exemple.ch, suivie de /Dossier pour un autre dossier que la réception.\n"
        "Créez une boîte réservée aux alertes et aux agences, et autorisez-y l’accès IMAP.\n"
        "Gmail et d’autres exigent un mot de passe d’application ; Microsoft 365 n’admet plus de mot de passe.",
    ),
    interval_s=120.0,
    opens_conversations=frozenset({Kind.MESSAGE}),
    stream=stream,
    has_stream=has_stream,
    stream_resumes=True,
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.CHARACTERS,
                most=None,
                source="https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1",
                checked_on=date(2026, 11, 1),
                note="Lines have a limit, which their encoding keeps; a mail has none.",
            ),
        ),
    ),
)
