"""Anything else: another system posts JSON to the channel's own address, signed with its secret."""

from parvis.connectors.webhook.items import parse, read_delivery
from parvis.connectors.webhook.mapping import facts_of, written
from parvis.connectors.webhook.signing import check_signed
from parvis.core.connector import Account, Connector, Credential, Hook, Session
from parvis.core.errors import BadInput
from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

NAME = Text("Webhook", "Webhook")
LEAST_SECRET = 16
_SHORT = Text("a secret has at least 16 characters", "un secret compte au moins 16 signes")


def recognise(_answer: Answer) -> list[Recognition]:
    """Nothing is opened: others come to us."""
    return []


async def check(session: Session) -> Account:
    """There is nobody to ask; a secret that somebody made up must be one."""
    if len(session.credentials.get("secret", "")) < LEAST_SECRET:
        raise BadInput(detail=_SHORT)
    return Account(name=NAME.en, can=frozenset(), facts={})


def example(address: str) -> str:
    """For a POSIX shell with openssl and curl."""
    signed = """-H "Parvis-Timestamp: $T" -H "Parvis-Signature: sha256=$S" -H "Parvis-Delivery: test-$T\""""
    return "\n".join(
        (
            """BODY='{"title": "A test", "text": "Sent by curl", "url": "https://example.org/1"}'; T=$(date +%s)""",
            """S=$(printf '%s.%s' "$T" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)""",
            f"""curl -sS -H 'Content-Type: application/json' {signed} -d "$BODY" '{address}'""",
        )
    )


connector = Connector(
    slug="webhook",
    name=NAME,
    version=1,
    recognise=recognise,
    fetch=None,
    parse=parse,
    check=check,
    credentials=(
        Credential(
            name="secret",
            label=Text("Secret", "Secret"),
            help=Text(
                "What deliveries are signed with: at least 16 characters.",
                "Sert à signer les envois : au moins 16 signes.",
            ),
            secret=True,
        ),
    ),
    guide=Text(
        "Another system posts JSON to an address of its own here, and signs each delivery.\n"
        "Parvis makes up the address and the secret; the secret is shown once.\n"
        "Where the other system cannot choose its form, say where title, text and the rest are in it.",
        "Un autre système envoie du JSON à une adresse qui lui est propre ici, et signe chaque envoi.\n"
        "Parvis invente l’adresse et le secret ; le secret n’est montré qu’une fois.\n"
        "Si l’autre système ne peut choisir sa forme, dites où s’y trouvent le titre, le texte et le reste.",
    ),
    hook=Hook(
        secret="secret",  # noqa: S106 - a field's name
        check_signed=check_signed,
        read=read_delivery,
        facts_of=facts_of,
        written=written,
        help=Text(
            "Empty for our own form. Else a line for each field, such as title = data.headline; items = data.entries "
            "names the list that holds the items.",
            "Vide pour notre propre forme. Sinon une ligne par champ, par exemple title = data.headline ; "
            "items = data.entries désigne la liste qui contient les éléments.",
        ),
        example=example,
    ),
)
