"""The only way out to the network. No Django, no proxy from the environment, no cookies.

    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"intranet:8080"}))) as client:
        answer = await client.request("GET", "https://example.org/feed")
        text = decode_text(answer)

addresses.py  which IP addresses may be opened, and the house's exceptions
guard.py      a name is looked up once, judged, and the judged address is dialled
hops.py       where a redirect may lead, and what may be sent along
inflate.py, reading.py  bounded intake of a body
pauses.py     Retry-After and the rate-limit headers
failures.py   what went wrong, in words
page.py       text, JSON and complaints of an answer
lines.py, websocket.py  answers without an end; gathering.py gives them on in batches, events.py reads them
stream.py     connections for what is not HTTP; smtp.py hands mails over by one
session.py    the client with a channel's credentials
"""

from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions, Limits
from parvis.net.page import Complaint, complaint_of, decode_text, json_of, plain
from parvis.net.pauses import pause_asked_s
from parvis.net.session import ChannelSession, basic, basic_authorisation

__all__ = [
    "ChannelSession",
    "ClientOptions",
    "Complaint",
    "HttpClient",
    "Limits",
    "basic",
    "basic_authorisation",
    "complaint_of",
    "decode_text",
    "json_of",
    "pause_asked_s",
    "plain",
]
