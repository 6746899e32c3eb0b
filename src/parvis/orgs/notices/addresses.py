"""Addresses to which notices go: which are taken, and how one is shown without its secrets."""

from importlib.util import find_spec
from urllib.parse import parse_qsl, urlsplit

from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.orgs.models import RouteKind
from parvis.orgs.wanted import email_from

SERVICES = frozenset(  # as Apprise calls them
    """
    bark barks betterstack brevo bulksms clickatell discord form forms gchat gotify gotifys guilded hassio
    hassios ifttt ilert incidentio join json jsons lametric line mailgun mastodon mastodons matrix matrixs mmost
    mmosts ncloud nclouds nctalk nctalks ntfy ntfys opsgenie pagerduty pagertree pbul postmark pover prowl pushy
    resend rocket rockets ryver sendgrid seven signal signals signl4 sinch slack splunk squadcast tgram threema
    toot toots twilio twist victorops vonage webex whatsapp workflow workflows wxteams xml xmls zulip
    """.split()  # noqa: SIM905
)
"""Of what Apprise speaks, that which is HTTP to a service: nothing that runs programs, opens files or other protocols."""
_FILE_PARAMETERS = frozenset({"attach", "attachment", "config", "keyfile", "pgp", "pgpkey", "subfile", "template"})
_LONGEST = 2_000


def apprise_is_here() -> bool:
    """Whether this installation has the extra `notices`."""
    return find_spec("apprise") is not None


def address_from(kind: str, written: str) -> str:
    """Raises BadInput with what is wrong."""
    if kind == RouteKind.MAIL:
        return email_from(written)
    address = written.strip()
    if len(address) > _LONGEST or not address.isprintable() or " " in address:
        raise BadInput(detail=Text("this is not an Apprise address", "ce n’est pas une adresse Apprise"))
    service = service_of(address)
    if service not in SERVICES:
        raise BadInput(
            detail=Text(
                "“{service}://” is not among the services that notices may go to",
                "«\u202f{service}://\u202f» ne fait pas partie des services auxquels des avis peuvent aller",
            ).format(service=service[:20])
        )
    if not address.partition("://")[2].strip("/?"):
        raise BadInput(detail=Text("the address ends after “://”", "l’adresse s’arrête après «\u202f://\u202f»"))
    if named := _FILE_PARAMETERS & {
        name.lower() for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)
    }:
        raise BadInput(
            detail=Text(
                "“{name}=” names a file of this machine, which is not opened",
                "«\u202f{name}=\u202f» désigne un fichier de cette machine, qui n’est pas ouvert",
            ).format(name=min(named))
        )
    return address


def service_of(address: str) -> str:
    return address.partition("://")[0].lower() if "://" in address else ""


def masked(kind: str, address: str) -> str:
    """Enough to tell it from others; never what would let anybody write there."""
    if kind == RouteKind.MAIL:
        name, _, host = address.rpartition("@")
        return f"{name[:1]}…@{host}"
    return f"{service_of(address)}://…"
