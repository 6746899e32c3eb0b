"""Certificates of every kind, made on the spot by an authority that only the tests trust."""

import ssl
from datetime import UTC, datetime, timedelta
from functools import cache

import trustme


@cache
def authority() -> trustme.CA:
    return trustme.CA()


def trusting() -> ssl.SSLContext:
    """A client's context that knows our authority and no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


def serving(kind: str) -> ssl.SSLContext:
    """A server's context: good, expired, future, stranger (unknown authority), self_signed or wrong_name."""
    now = datetime.now(UTC)
    ca = trustme.CA() if kind == "stranger" else authority()
    names = ("elsewhere.example",) if kind == "wrong_name" else ("127.0.0.1", "localhost")
    spans = {
        "expired": {"not_before": now - timedelta(days=90), "not_after": now - timedelta(days=1)},
        "future": {"not_before": now + timedelta(days=1), "not_after": now + timedelta(days=90)},
    }
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "self_signed":
        _configure_self_signed(context)
    else:
        ca.issue_cert(*names, **spans.get(kind, {})).configure_cert(context)
    return context


def _configure_self_signed(context: ssl.SSLContext) -> None:
    """An authority that signs itself, used as if it were a site's certificate."""
    ca = trustme.CA()
    with ca.private_key_pem.tempfile() as key, ca.cert_pem.tempfile() as certificate:
        context.load_cert_chain(certificate, key)
