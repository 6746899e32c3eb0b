"""Mails that bring several entries at once, and how each tells them apart.

A recogniser is a row here: who sends such mails, and what in them begins an entry. One that does not
fit leaves the mail whole, so a row can only ever split what its structure says is several things.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Redirect:
    """A link that leads through somebody else's address: the page is in one of its parameters."""

    host: str
    """This host and those below it."""
    path: str
    parameter: str


@dataclass(frozen=True, slots=True)
class LinkList:
    """HTML in which each link through one of these redirects is an entry, its words the title."""

    name: str
    senders: tuple[str, ...]
    """An address, or @ and a domain, which stands for those below it too."""
    via: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Dispatches:
    """Plain text in which such a line stands between entries; each begins with its headline."""

    name: str
    senders: tuple[str, ...]
    between: re.Pattern[str]
    least: int = 2


WRAPPERS = (
    Redirect("safelinks.protection.outlook.com", "/", "url"),
    Redirect("urldefense.com", "/v2/url", "u"),
)
"""What mail gateways wrap around every link; unwrapped before anything else is looked at."""

GOOGLE = Redirect("google.com", "/url", "url")
_RULE = re.compile(r"[ \t]*(?:[-=_*~+#•·—–] ?){3,}[ \t]*")

RECOGNISERS: tuple[LinkList | Dispatches, ...] = (
    LinkList(
        name="google-alerts",
        senders=("googlealerts-noreply@google.com",),
        via=(GOOGLE, Redirect("google.com", "/url", "q")),
    ),
    LinkList(
        name="google-scholar",
        senders=("scholaralerts-noreply@google.com",),
        via=(Redirect("scholar.google.com", "/scholar_url", "url"),),
    ),
    Dispatches(
        name="press-agency",
        senders=(
            *("@keystone-ats.ch", "@keystone-sda.ch", "@sda-ats.ch", "@afp.com", "@apa.at", "@dpa.com", "@dpa.de"),
            *("@ansa.it", "@reuters.com", "@thomsonreuters.com", "@ap.org", "@belga.be", "@efe.com", "@lusa.pt"),
            *("@presseportal.ch", "@presseportal.de", "@newsaktuell.ch", "@newsaktuell.de", "@ots.at"),
        ),
        between=_RULE,
    ),
)


def recogniser_for(sender_address: str) -> LinkList | Dispatches | None:
    """The first whose sender it is."""
    return next((one for one in RECOGNISERS if any(_is_from(sender_address, told) for told in one.senders)), None)


def _is_from(address: str, told: str) -> bool:
    if not told.startswith("@"):
        return address == told
    domain = address.rpartition("@")[2]
    return domain == told[1:] or domain.endswith(f".{told[1:]}")
