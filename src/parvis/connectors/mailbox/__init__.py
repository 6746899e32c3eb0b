"""A mailbox over IMAP: each mail, or each entry of an alert or a dispatch, is an item. Nothing is marked as read.

Where it has an outgoing server and a list, posts leave from it as mails to that list.
"""

from datetime import date

from parvis.connectors.mailbox.account import check
from parvis.connectors.mailbox.address import SLUG, recognise_typed
from parvis.connectors.mailbox.fetch import fetch, has_stream, newest, stream
from parvis.connectors.mailbox.parse import parse
from parvis.connectors.mailbox.publishing import PUBLISHING
from parvis.connectors.mailbox.sending import ACTS
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
        Credential(
            name="smtp",
            label=Text("Outgoing server", "Serveur sortant"),
            help=Text(
                "To publish to a mailing list: smtps://mail.example.org, or smtp:// where it is encrypted on the way in. Leave it empty to read only.",
                "Pour publier sur une liste de diffusion\u202f: smtps://mail.exemple.ch, ou smtp:// s’il chiffre en cours de route. Laissez vide pour lire seulement.",
            ),
            required=False,
        ),
        Credential(
            name="list",
            label=Text("Mailing list", "Liste de diffusion"),
            help=Text(
                "The address to which posts are sent, such as news@lists.example.org.",
                "L’adresse à laquelle les contenus partent, par exemple infos@listes.exemple.ch.",
            ),
            required=False,
        ),
        Credential(
            name="sender",
            label=Text("Sender", "Expéditeur"),
            help=Text(
                "Such as Example News <news@example.org>; empty: the user name.",
                "Par exemple Infos Exemple <infos@exemple.ch>\u202f; vide\u202f: le nom d’utilisateur.",
            ),
            required=False,
        ),
        Credential(
            name="leave",
            label=Text("Way out of the list", "Pour quitter la liste"),
            help=Text(
                "Only where the list’s own server adds none: https://… or mailto:…",
                "Seulement si le serveur de la liste n’en ajoute pas\u202f: https://… ou mailto:…",
            ),
            required=False,
        ),
        Credential(
            name="copies",
            label=Text("Folder of copies", "Dossier des copies"),
            help=Text(
                "Where mails that were sent are found again, if not in the usual folder.",
                "Où retrouver les messages envoyés, si ce n’est dans le dossier habituel.",
            ),
            required=False,
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
    acts=ACTS,
    publishing=PUBLISHING,
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
