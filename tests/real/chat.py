"""Somebody who writes in the rooms of a homeserver of tests/real/servers, beside the connector."""

import json
import urllib.parse
import urllib.request
import uuid


class Writer:
    """One account; `env` is what the server's script has written."""

    def __init__(self, env, name):
        self.url = env["URL"]
        self.user_id, self.token = env[f"{name.upper()}_USER"], env[f"{name.upper()}_TOKEN"]

    def ask(self, method, *path, query="", **fields):
        parts = "/".join(urllib.parse.quote(part, safe="") for part in path)
        request = urllib.request.Request(
            f"{self.url}/_matrix/client/v3/{parts}{query}",
            data=json.dumps(fields).encode() if method != "GET" else None,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def room(self, name, *invited, is_encrypted=False, **fields):
        encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        state = [encryption] if is_encrypted else []
        told = self.ask("POST", "createRoom", name=name, invite=list(invited), initial_state=state, **fields)
        return told["room_id"]

    def send(self, room, content, kind="m.room.message"):
        return self.ask("PUT", "rooms", room, "send", kind, str(uuid.uuid4()), **content)["event_id"]

    def say(self, room, text, **more):
        return self.send(room, {"msgtype": "m.text", "body": text, **more})

    def edit(self, room, event_id, text):
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event_id}
        return self.say(room, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})

    def answer(self, room, event_id, text, *, thread=""):
        relation = {"m.in_reply_to": {"event_id": event_id}}
        if thread:
            relation |= {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True}
        return self.say(room, text, **{"m.relates_to": relation})

    def redact(self, room, event_id):
        return self.ask("PUT", "rooms", room, "redact", event_id, str(uuid.uuid4()))["event_id"]

    def read(self, room, event_id):
        return self.ask("GET", "rooms", room, "event", event_id)

    def history(self, room):
        """The last events of a room, newest first."""
        return self.ask("GET", "rooms", room, "messages", query="?dir=b&limit=50")["chunk"]
