"""Whether a delivery was signed with a channel's secret, just now.

`Parvis-Signature: sha256=<hex>` is the HMAC-SHA256, keyed with the secret, of the bytes
`<Parvis-Timestamp>.<body>`; the timestamp is in seconds since 1970.
"""

import hashlib
import hmac
from datetime import datetime

from parvis.core.connector import Delivery
from parvis.core.errors import BadInput
from parvis.core.wording import Text

TIMESTAMP = "parvis-timestamp"
SIGNATURE = "parvis-signature"
DELIVERY = "parvis-delivery"
WINDOW_S = 300
"""What was signed longer ago, or so far ahead, might be a recording."""
_PREFIX = "sha256="
_LONGEST_TIMESTAMP = 12

_NO_TIME = Text(
    "the header Parvis-Timestamp is missing, or is not in seconds since 1970",
    "l’en-tête Parvis-Timestamp manque, ou n’est pas en secondes depuis 1970",
)
_TOO_OLD = Text(
    "Parvis-Timestamp is more than 5 minutes from now; set the sender’s clock",
    "Parvis-Timestamp s’écarte de plus de 5 minutes ; réglez l’horloge de l’expéditeur",
)
_WRONG = Text(
    "the header Parvis-Signature is missing or does not fit the address, its secret and this body",
    "l’en-tête Parvis-Signature manque ou ne correspond pas à l’adresse, à son secret et à ce contenu",
)


def check_signed(delivery: Delivery, secret: str, now: datetime) -> None:
    """Raises BadInput; what it says is the same for every secret."""
    told = delivery.headers.get(TIMESTAMP, "").strip()
    if not (told.isascii() and told.isdigit() and len(told) <= _LONGEST_TIMESTAMP):
        raise BadInput(detail=_NO_TIME)
    if abs(now.timestamp() - int(told)) > WINDOW_S:
        raise BadInput(detail=_TOO_OLD)
    given = delivery.headers.get(SIGNATURE, "").strip().lower()
    expected = _PREFIX + signature_of(delivery.body, timestamp=told, secret=secret)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()) or not secret:
        raise BadInput(detail=_WRONG)


def signature_of(body: bytes, *, timestamp: str, secret: str) -> str:
    """In hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
