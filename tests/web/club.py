"""A small platform on loopback, and the connector for it: two boards to choose from, a password to give."""

import contextlib
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from parvis.core.connector import Account, Can, Credential, Fetched
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, Parsed, Payload, ProfileRecord, Recognition, Status
from parvis.core.wording import Text
from parvis.testing.simulated import simulated

PASSWORD = "open sesame"
HOSTILE = "<script>alert(1)</script> الكتاب"


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/slow"):
            self.server.patience.wait(30)
        if self.path.startswith("/empty"):
            return self._say(200, "text/html", b"<p>nothing here</p>")
        if self.path.startswith("/posts"):
            signed_in = self.headers.get("Authorization", "").startswith("Basic")
            wanted = self.server.accepts
            if signed_in and wanted is not None and self.headers["Authorization"] != wanted:
                return self._say(401, "application/json", b"{}")
            posts = [{"n": n, "text": f"Post {n} {HOSTILE}"} for n in range(12)]
            return self._say(200, "application/json", json.dumps(posts).encode())
        return self._say(200, "text/html", b"<title>club</title>")

    def _say(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def club_site():
    """Its address; `.accepts` of the server is the Authorization that is good."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    server.accepts = None
    server.patience = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield server
    finally:
        server.patience.set()
        server.shutdown()


def recognise(answer):
    if b"<title>club" not in answer.body:
        return []
    offers = Text("Read the posts and answer them.", "Lire les messages et y répondre.")
    return [
        Recognition(slug="simulated", address=answer.url + "?side", name="The side room", offers=offers, certainty=0.4),
        Recognition(slug="simulated", address=answer.url, name="The main hall", offers=offers, certainty=0.9),
    ]


def posts_of(session):
    return session.address.split("?")[0].rstrip("/") + "/posts"


async def check(session):
    await session.request("GET", posts_of(session))
    can = frozenset({Can.REPLY, Can.HOLD}) if session.credentials.get("password") else frozenset()
    return Account(name="The house <b>there</b>", can=can, facts={"id": "7"})


async def fetch(session, cursor):
    answer = await session.request("GET", posts_of(session))
    yield Fetched(payloads=(Payload(endpoint="posts", url=answer.url, body=answer.body),), cursor={"at": 1})


def parse(payload):
    try:
        rows = json.loads(payload.body)
    except ValueError:
        raise AnswerNotUnderstood(host="club", detail="no JSON") from None
    return Parsed(
        items=tuple(
            ItemRecord(
                remote_id=f"comment:{row['n']}",
                kind=Kind.COMMENT,
                body=row["text"],
                author=ProfileRecord(remote_id="a", name="Ann"),
                status=Status.HELD,
            )
            for row in rows
        )
    )


def club():
    """The connector."""
    return replace(
        simulated(),
        recognise=recognise,
        check=check,
        fetch=fetch,
        parse=parse,
        guide=Text("Open the door.\nLook for the key.\nCopy it.", "Ouvrez la porte.\nCherchez la clé.\nCopiez-la."),
        credentials=(
            Credential(name="username", label=Text("User name", "Nom"), help=Text("Yours.", "Le vôtre."), required=False),
            Credential(
                name="password", label=Text("Password", "Mot de passe"), help=Text("Secret.", "Secret."), secret=True,
                required=False,
            ),
        ),
    )  # fmt: skip
