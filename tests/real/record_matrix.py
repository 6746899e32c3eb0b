"""Records the answers that the connector's unit tests read, from the Synapse running in a directory.

    tests/real/servers/matrix-synapse.sh start /tmp/sy && PYTHONPATH=src:. python tests/real/record_matrix.py /tmp/sy

The server's address is written as https://matrix.example.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.real.chat import Writer

from parvis.connectors.matrix import connector
from parvis.core.connector import Can, Order, Target
from parvis.core.types import Kind
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions

ANSWERS = Path(__file__).parents[2] / "src/parvis/connectors/matrix/answers"


def written(name, told, url):
    text = json.dumps(told, indent=1, ensure_ascii=False).replace(url, "https://matrix.example")
    (ANSWERS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


class Recorder:
    def __init__(self, client, env):
        self.client, self.env, self.cursor, self.facts = client, env, {}, {}

    def session(self):
        token = {"access_token": self.env["BRAND_TOKEN"]}
        return self.client.session(self.env["URL"], token, facts=self.facts)

    async def poll(self, name=""):
        seen = set()
        async for fetched in connector.fetch(self.session(), self.cursor):
            self.cursor = fetched.cursor
            for payload in fetched.payloads if name else ():
                told = {"endpoint": payload.endpoint, "url": payload.url, "facts": payload.facts}
                place = f"{payload.endpoint}_{name}" + (f"_{len(seen)}" if payload.endpoint in seen else "")
                seen.add(payload.endpoint)
                written(place, {**told, "body": payload.body.decode()}, self.env["URL"])

    async def join(self, room):
        target = Target(remote_id=f"invite:{room}", kind=Kind.MENTION)
        order = Order(key=room, can=Can.APPROVE, target=target, written_at=datetime.now(UTC))
        await connector.acts[Can.APPROVE].perform(self.session(), order)


async def main(directory):
    lines = (Path(directory) / "env").read_text().splitlines()
    env = dict(line.split("=", 1) for line in lines if "=" in line)
    member = Writer(env, "member")
    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as client:
        recorder = Recorder(client, env)
        await recorder.poll()
        recorder.facts = (await connector.check(recorder.session())).facts
        room = member.room("Accueil", env["BRAND_USER"], topic="Vos questions")
        secret = member.room("Entre nous", env["BRAND_USER"], is_encrypted=True)
        await recorder.poll("invited")
        await recorder.join(room)
        await recorder.join(secret)
        await recorder.poll("joined")
        first = member.say(room, "Bonjour à vous !")
        html = {"format": "org.matrix.custom.html", "formatted_body": "<mx-reply>quoted</mx-reply><b>Une réponse</b>"}
        relation = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
        second = member.say(room, "> <@member:example.test> Bonjour\n\nUne réponse", **html, **relation)
        member.answer(room, second, "Dans le fil", thread=first)
        picture = {"msgtype": "m.image", "body": "Le lac", "url": "mxc://example.test/abc"}
        member.send(room, {**picture, "info": {"mimetype": "image/png", "size": 1234}})
        member.send(secret, {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}, "m.room.encrypted")
        await recorder.poll("said")
        edit = member.edit(room, first, "Bonsoir à vous !")
        member.redact(room, second)
        await recorder.poll("changed")
        member.redact(room, edit)
        await recorder.poll("undone")
        for number in range(60):
            member.say(room, f"message {number}")
        await recorder.poll("many")
        for name, path in (
            ("home", "/"),
            ("versions", "/_matrix/client/versions"),
            ("named", "/.well-known/matrix/client"),
        ):
            answer = await client.request("GET", env["URL"] + path)
            headers = {"content-type": answer.content_type}
            body = answer.body.decode()[:3000] if name == "home" else answer.body.decode()
            written(name, {"endpoint": "pages", "url": answer.url, "headers": headers, "body": body}, env["URL"])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
