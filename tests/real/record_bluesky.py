"""Records the answers that the connector's unit tests read, from the Bluesky network running in a directory.

    tests/real/servers/bluesky.sh start /tmp/bs && PYTHONPATH=src:. python tests/real/record_bluesky.py /tmp/bs

Addresses of this machine are written as https://pds.example and https://view.example.
"""

import asyncio
import json
import struct
import sys
import time
import urllib.error
import urllib.request
import zlib
from datetime import UTC, datetime
from pathlib import Path

from parvis.connectors.bluesky.frames import frame_of
from parvis.net import ClientOptions, HttpClient

ANSWERS = Path(__file__).parents[2] / "src/parvis/connectors/bluesky/answers"
POST = "app.bsky.feed.post"


def png() -> bytes:
    """One grey point."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head, body = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), zlib.compress(b"\0\x80")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


class Network:
    """Works on the network itself, beside the connector."""

    def __init__(self, env):
        self.env = env
        self.tokens = {}

    def call(self, method, path, *, base="PDS", who="", body=None, raw=b"", kind="application/json"):
        headers = {"content-type": kind} if body is not None or raw else {}
        if who:
            headers["authorization"] = f"Bearer {self.sign_in(who)['accessJwt']}"
        data = raw or (json.dumps(body).encode() if body is not None else None)
        request = urllib.request.Request(f"{self.env[base]}/xrpc/{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def sign_in(self, who):
        if who not in self.tokens:
            body = {"identifier": self.env[f"{who}_HANDLE"], "password": self.env["PASSWORD"]}
            self.tokens[who] = self.call("POST", "com.atproto.server.createSession", body=body)
        return self.tokens[who]

    def did(self, who):
        return self.env[f"{who}_DID"]

    def post(self, who, text, **more):
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"$type": POST, "text": text, "createdAt": now, **more}
        body = {"repo": self.did(who), "collection": POST, "record": record}
        told = self.call("POST", "com.atproto.repo.createRecord", who=who, body=body)
        return {"uri": told["uri"], "cid": told["cid"]}

    def put(self, who, uri, text, **more):
        """Changes a post, as some programs do."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"$type": POST, "text": text, "createdAt": now, **more}
        body = {"repo": self.did(who), "collection": POST, "rkey": uri.rpartition("/")[2], "record": record}
        return self.call("POST", "com.atproto.repo.putRecord", who=who, body=body)

    def delete(self, who, uri):
        body = {"repo": self.did(who), "collection": POST, "rkey": uri.rpartition("/")[2]}
        self.call("POST", "com.atproto.repo.deleteRecord", who=who, body=body)

    def picture(self, who):
        return self.call("POST", "com.atproto.repo.uploadBlob", who=who, raw=png(), kind="image/png")["blob"]

    def mention(self, text, name, did):
        start = len(text[: text.index(name)].encode())
        feature = {"$type": "app.bsky.richtext.facet#mention", "did": did}
        return {"index": {"byteStart": start, "byteEnd": start + len(name.encode())}, "features": [feature]}

    def link(self, text, shown, uri):
        start = len(text[: text.index(shown)].encode())
        feature = {"$type": "app.bsky.richtext.facet#link", "uri": uri}
        return {"index": {"byteStart": start, "byteEnd": start + len(shown.encode())}, "features": [feature]}


def main(directory):
    lines = (Path(directory) / "env").read_text().splitlines()
    env = dict(line.split("=", 1) for line in lines)
    network = Network(env)
    own = network.post("BRAND", "Notre émission de ce soir", langs=["fr"])
    picture = {"alt": "Un lac & une montagne", "image": network.picture("MEMBER")}
    text = "Salut @acme-shop.test 👩‍👩‍👧 voyez example.org/lo… #parvis\nÀ ce soir"
    facets = [
        network.mention(text, "@acme-shop.test", network.did("BRAND")),
        network.link(text, "example.org/lo…", "https://example.org/long?a=1&b=2"),
    ]
    embed = {"$type": "app.bsky.embed.images", "images": [picture]}
    warned = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "graphic-media"}]}
    mention = network.post("MEMBER", text, facets=facets, embed=embed, langs=["fr"], labels=warned)
    answer = network.post("MEMBER", "D’accord <b>", reply={"root": own, "parent": own})
    network.post("MODERATOR", "Deeper", reply={"root": own, "parent": answer}, langs=["en"])
    card = {"uri": "https://example.org/page", "title": "A page", "description": "About it"}
    network.post("MEMBER", "A card", embed={"$type": "app.bsky.embed.external", "external": card})
    quote = {"$type": "app.bsky.embed.record", "record": own}
    network.post("MODERATOR", "What they say", embed=quote)
    repost = {"$type": "app.bsky.feed.repost", "subject": own, "createdAt": datetime.now(UTC).isoformat()}
    body = {"repo": network.did("MEMBER"), "collection": "app.bsky.feed.repost", "record": repost}
    network.call("POST", "com.atproto.repo.createRecord", who="MEMBER", body=body)
    network.delete("MODERATOR", network.post("MODERATOR", "Said too soon")["uri"])
    time.sleep(3)
    member, brand = network.did("MEMBER"), network.did("BRAND")
    record(network, "feed", f"app.bsky.feed.getAuthorFeed?actor={member}&limit=20", base="APPVIEW")
    record(network, "search", "app.bsky.feed.searchPosts?q=parvis&limit=5", base="APPVIEW")
    record(network, "posts", f"app.bsky.feed.getPosts?uris={mention['uri']}", base="APPVIEW")
    listing = "app.bsky.notification.listNotifications?limit=20"
    record(network, "notifications", listing, who="BRAND", facts={"did": brand})
    record(network, "profile", f"app.bsky.actor.getProfile?actor={member}", base="APPVIEW", endpoint="-")
    record(network, "server", "com.atproto.server.describeServer", endpoint="-")
    for base in ("PDS", "APPVIEW"):
        with urllib.request.urlopen(f"{env[base]}/", timeout=30) as page:
            (ANSWERS.parent / "pages").mkdir(exist_ok=True)
            (ANSWERS.parent / "pages" / f"{base.lower()}.txt").write_bytes(page.read())
    asyncio.run(record_frames(env["FIREHOSE"], mention["uri"]))
    record_publishing(network)


def record_publishing(network):
    """What is said of a file, of a record, and of a second one with the same key."""
    keep_page("blob", {"blob": network.picture("BRAND")})
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"repo": network.did("BRAND"), "collection": POST, "rkey": "3mabcdefgh222"}
    body["record"] = {"$type": POST, "text": "Notre émission de ce soir", "createdAt": now}
    keep_page("created", network.call("POST", "com.atproto.repo.createRecord", who="BRAND", body=body))
    try:
        network.call("POST", "com.atproto.repo.createRecord", who="BRAND", body=body)
    except urllib.error.HTTPError as error:
        keep_page("taken", {"status": error.code, "body": json.loads(error.read())})
    asked = f"repo={network.did('BRAND')}&collection={POST}&rkey={body['rkey']}"
    keep_page("record", network.call("GET", f"com.atproto.repo.getRecord?{asked}"))
    network.delete("BRAND", f"at://{network.did('BRAND')}/{POST}/{body['rkey']}")


def keep_page(name, told):
    place = ANSWERS.parent / "pages" / f"{name}.json"
    place.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def record(network, name, path, *, base="PDS", who="", facts=None, endpoint=""):
    told = network.call("GET", path, base=base, who=who)
    hidden = json.dumps(told, ensure_ascii=False, indent=1)
    for place, shown in (("PDS", "https://pds.example"), ("APPVIEW", "https://view.example")):
        hidden = hidden.replace(network.env[place], shown)
    where = {"PDS": "https://pds.example", "APPVIEW": "https://view.example"}[base]
    kept = {"url": f"{where}/xrpc/{path}", "content_type": "application/json; charset=utf-8", "facts": facts or {}}
    if endpoint == "-":
        place = ANSWERS.parent / "pages"
        place.mkdir(exist_ok=True)
        (place / f"{name}.json").write_text(hidden + "\n")
        return
    (ANSWERS / f"{name}.json").write_text(
        json.dumps({**kept, "body": json.loads(hidden)}, indent=1, ensure_ascii=False) + "\n"
    )


async def record_frames(url, written_uri):
    """A post with everything, a deletion, and a frame without posts."""
    async with (
        HttpClient(ClientOptions(allowed_private_hosts=frozenset({"localhost"}))) as client,
        client.websocket(url, params={"cursor": 0}) as batches,
    ):
        messages = [message for message in await anext(batches) if isinstance(message, bytes)]
    for name, wanted in (
        ("written", lambda frame: any(written_uri.endswith(f"/{key}") for _, key, _ in frame.posts())),
        ("deleted", lambda frame: any(action == "delete" for action, _, _ in frame.posts())),
    ):
        found = [message for message in messages if wanted(frame_of(message))]
        (ANSWERS / name).mkdir(exist_ok=True)
        (ANSWERS / name / "commit.cbor").write_bytes(found[-1])


if __name__ == "__main__":
    main(sys.argv[1])
