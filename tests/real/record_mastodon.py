"""Records the answers that the connector's unit tests read, from the stand-in running in a directory.

    tests/real/servers/mastodon-mock.sh start /tmp/ms && python tests/real/record_mastodon.py /tmp/ms

It is mastodon-mock, made by others, and not Mastodon; what is said of Mastodon alone is written by hand
in the tests. The address is written as https://instance.example.
"""

import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "src/parvis/connectors/mastodon"


class Instance:
    """Works on the instance itself, beside the connector."""

    def __init__(self, env):
        self.env = env
        self.url = env["URL"]

    def open(self, method, path, *, who="", form=None, raw=b"", kind=""):
        headers = {"Authorization": f"Bearer {self.env[f'{who}_TOKEN']}"} if who else {}
        data = raw or (urllib.parse.urlencode(form, doseq=True).encode() if form else None)
        if kind:
            headers["Content-Type"] = kind
        request = urllib.request.Request(f"{self.url}/api/{path}", data=data, headers=headers, method=method)
        return urllib.request.urlopen(request, timeout=30)

    def call(self, method, path, **more):
        with self.open(method, path, **more) as answer:
            return json.loads(answer.read() or b"null")

    def account(self, who):
        return self.call("GET", "v1/accounts/verify_credentials", who=who)

    def post(self, who, text, **form):
        return self.call("POST", "v1/statuses", who=who, form={"status": text, **form})

    def edit(self, who, number, text, **form):
        return self.call("PUT", f"v1/statuses/{number}", who=who, form={"status": text, **form})

    def delete(self, who, number):
        return self.call("DELETE", f"v1/statuses/{number}", who=who)

    def is_there(self, number):
        try:
            return bool(self.call("GET", f"v1/statuses/{number}", who="ADMIN"))
        except urllib.error.HTTPError:
            return False

    def picture(self, who, alt):
        mark = uuid.uuid4().hex
        pixel = bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636800000082008177cd72b6"
            "0000000049454e44ae426082"
        )
        parts = f'--{mark}\r\nContent-Disposition: form-data; name="description"\r\n\r\n{alt}\r\n'.encode()
        head = 'Content-Disposition: form-data; name="file"; filename="lake.png"\r\nContent-Type: image/png'
        parts += f"--{mark}\r\n{head}\r\n\r\n".encode() + pixel + f"\r\n--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        return self.call("POST", "v2/media", who=who, raw=parts, kind=kind)["id"]


def main(directory):
    lines = (Path(directory) / "env").read_text().splitlines()
    instance = Instance(dict(line.split("=", 1) for line in lines))
    own = instance.post("BRAND", "Notre émission de ce soir #parvis", language="fr")
    picture = instance.picture("MEMBER", "Un lac & une montagne")
    warned = {"spoiler_text": "météo", "language": "fr", "media_ids[]": picture}
    instance.post("MEMBER", "@brand À quelle heure ? https://example.org/a #parvis", in_reply_to_id=own["id"], **warned)
    changed = instance.post("TROLL", "@brand first words", language="en")
    instance.edit("TROLL", changed["id"], "@brand other words")
    instance.post("MEMBER", "@brand for you alone", visibility="direct")
    passed_on = instance.post("MEMBER", "Something else")
    instance.call("POST", f"v1/statuses/{passed_on['id']}/reblog", who="TROLL")
    (FOLDER / "answers").mkdir(exist_ok=True)
    (FOLDER / "pages").mkdir(exist_ok=True)
    house = {"account_id": instance.account("BRAND")["id"]}
    record(instance, "timeline", "v1/timelines/public?limit=5")
    record(instance, "notifications", "v1/notifications?types[]=mention&limit=5", who="BRAND", facts=house)
    record(instance, "statuses", f"v1/accounts/{house['account_id']}/statuses?limit=2", who="BRAND", facts=house)
    record(instance, "status", f"v1/statuses/{own['id']}", who="BRAND", facts=house)
    (FOLDER / "pages" / "instance.json").write_bytes(hidden(instance, instance.open("GET", "v2/instance").read()))
    record_stream(instance, house)
    record_publishing(instance, house)


def record_publishing(instance, house):
    """What is said of a file and of the post that shows it."""
    picture = instance.picture("BRAND", "Un lac & une montagne")
    words = "Ce soir à 20 h : https://example.org/a/programme?x=1&y=2 avec @member #parvis\n\nÀ ce soir"
    post = instance.post("BRAND", words, spoiler_text="météo", language="fr", **{"media_ids[]": picture})
    record(instance, "status_published", f"v1/statuses/{post['id']}", who="BRAND", facts=house)
    body = hidden(instance, instance.open("GET", f"v1/media/{picture}", who="BRAND").read())
    (FOLDER / "pages" / "media.json").write_bytes(body)


def hidden(instance, body):
    port = instance.url.rpartition(":")[2]
    return re.sub(rb"(?:https?|ws)://(?:localhost|127\.0\.0\.1):%s" % port.encode(), b"https://instance.example", body)


def record(instance, name, path, *, who="", facts=None):
    body = json.loads(hidden(instance, instance.open("GET", path, who=who).read()))
    url = f"https://instance.example/api/{path}"
    kept = {"url": url, "content_type": "application/json", "facts": facts or {}, "body": body}
    (FOLDER / "answers" / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def record_stream(instance, house):
    """What the account's stream says of a mention, a post of its own, its change and its deletion."""
    with instance.open("GET", "v1/streaming/user", who="BRAND") as stream:
        stream.readline()
        instance.post("MEMBER", "@brand streamed", language="en")
        own = instance.post("BRAND", "own words")
        instance.edit("BRAND", own["id"], "own words, changed")
        instance.delete("BRAND", own["id"])
        time.sleep(0.5)
        lines = [stream.readline() for _ in range(13)]
    url = "https://instance.example/api/v1/streaming/user"
    text = hidden(instance, b"".join(lines)).decode().lstrip("\n")
    kept = {"url": url, "content_type": "text/event-stream", "facts": house, "body": text}
    (FOLDER / "answers" / "events.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
