"""What went wrong, in words: from the pool's exceptions and from HTTP statuses to the tree of errors."""

import errno
import ssl
from collections.abc import Iterator
from datetime import datetime

import httpcore2

from parvis.core.errors import (
    AnswerNotUnderstood,
    CredentialsRejected,
    RateLimited,
    Refused,
    RemoteBroken,
    RemoteError,
    RemoteGone,
    RightMissing,
    TimedOut,
    TlsFailed,
    Unreachable,
)
from parvis.core.types import Answer
from parvis.core.wording import Text
from parvis.net.options import Limits
from parvis.net.page import complaint_of
from parvis.net.pauses import pause_after_refusal_s, pause_asked_s

TRANSPORT_ERRORS = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    OSError,  # the pool lets ssl.SSLError through while it reads
)

NAME_UNKNOWN = Text("its name is not known", "son nom est inconnu")
NAME_SERVER_SILENT = Text("the name server does not answer", "le serveur de noms ne répond pas")
NO_WAY = Text("no way leads there", "aucun chemin n’y mène")
CUT = Text("it closed the connection without answering", "il a fermé la connexion sans répondre")
CUT_SHORT = Text("its answer broke off", "sa réponse s’est interrompue")
BUSY = Text("every connection of this machine is in use", "toutes les connexions de cette machine sont occupées")

_CAUSES = {
    errno.ECONNREFUSED: Text("it refuses the connection", "il refuse la connexion"),
    errno.ECONNRESET: Text("it broke the connection off", "il a rompu la connexion"),
    errno.EHOSTUNREACH: NO_WAY,
    errno.ENETUNREACH: NO_WAY,
    errno.EADDRNOTAVAIL: NO_WAY,
}
# Codes of X509_verify_cert: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_CERTIFICATE_CAUSES = {
    9: Text("it is not valid yet", "il n’est pas encore valable"),
    10: Text("it has expired", "il a expiré"),
    18: Text("it was signed by nobody but itself", "il n’est signé que par lui-même"),
    19: Text("its authority is not a known one", "son autorité n’est pas reconnue"),
    20: Text("its authority is not a known one", "son autorité n’est pas reconnue"),
    21: Text("its authority is not a known one", "son autorité n’est pas reconnue"),
    62: Text("it belongs to another name", "il appartient à un autre nom"),
    64: Text("it belongs to another address", "il appartient à une autre adresse"),
}
_NO_TLS = Text("nothing there speaks TLS as we can", "rien n’y parle un TLS que nous acceptions")
NOT_WEBSOCKET = Text("no WebSocket is spoken there", "on n’y parle pas WebSocket")
DAMAGED = Text("its packed data is broken", "ses données compressées sont abîmées")
_NOT_HTTP = Text("not valid HTTP", "du HTTP non valable")
_ENDLESS_HEADERS = Text("headers without end", "des en-têtes sans fin")


def failure_from(error: Exception, *, host: str, limits: Limits) -> RemoteError:
    """One of TRANSPORT_ERRORS as an error of ours."""
    match error:
        case httpcore2.PoolTimeout():
            return Unreachable(host=host, detail=BUSY, retry_after_s=5.0)
        case httpcore2.ConnectTimeout():
            return TimedOut(host=host, limit_s=f"{limits.connect_s:g}")
        case httpcore2.TimeoutException():
            return TimedOut(host=host, limit_s=f"{limits.read_s:g}")
        case httpcore2.ProtocolError():
            return _from_protocol(str(error), host)
    return unreachable_from(error, host=host)


def _from_protocol(message: str, host: str) -> RemoteError:
    if "disconnected" in message.lower():
        return Unreachable(host=host, detail=CUT)
    if "peer closed connection" in message:
        return Unreachable(host=host, detail=CUT_SHORT)
    endless = "buffer too long" in message
    return AnswerNotUnderstood(host=host, detail=_ENDLESS_HEADERS if endless else _NOT_HTTP)


def unreachable_from(error: BaseException, *, host: str) -> RemoteError:
    """The cause is looked for along the chain, since the pool wraps what the system said."""
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            detail = _CERTIFICATE_CAUSES.get(cause.verify_code, Text(cause.verify_message, cause.verify_message))
            return TlsFailed(host=host, detail=detail)
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return TlsFailed(host=host, detail=_NO_TLS)
        if isinstance(cause, OSError) and cause.errno in _CAUSES:
            return Unreachable(host=host, detail=_CAUSES[cause.errno])
    return Unreachable(host=host, detail=CUT)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def refusal_of(answer: Answer, *, host: str, is_safe: bool, now: datetime) -> RemoteError:
    """The error that a status of 400 or more stands for.

    A 5xx leaves open whether a write was carried out, a 503 too: a gateway that gave up waiting says
    503 with Retry-After (Varnish does by default) while the server behind it works on.
    """
    status = answer.status
    maybe_done = status >= 500 and not is_safe
    if status == 429 or (status == 503 and "retry-after" in answer.headers) or _is_rate_limit(answer, now):
        pause_s = pause_after_refusal_s(answer.headers, now)
        return RateLimited(host=host, answer=answer, maybe_done=maybe_done, retry_after_s=pause_s)
    if status >= 500:
        return RemoteBroken(
            host=host,
            status=status,
            answer=answer,
            maybe_done=maybe_done,
            retry_after_s=pause_asked_s(answer.headers, now),
        )
    detail = complaint_of(answer).message.rstrip(".") or f"HTTP {status}"
    return _REFUSALS.get(status, Refused)(host=host, answer=answer, detail=detail)


def _is_rate_limit(answer: Answer, now: datetime) -> bool:
    """GitHub and its like say 403 when the hour's requests are used up."""
    return answer.status == 403 and pause_asked_s(answer.headers, now) is not None


_REFUSALS: dict[int, type[Refused]] = {
    401: CredentialsRejected,
    403: RightMissing,
    404: RemoteGone,
    410: RemoteGone,
}
