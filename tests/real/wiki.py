"""Somebody who writes in a MediaWiki of tests/real/servers, beside the connector."""

import http.cookiejar
import json
import urllib.parse
import urllib.request


class Editor:
    """Signed in as the wiki's administrator."""

    def __init__(self, directory=None, *, env=None):
        env = env or dict(line.split("=", 1) for line in (directory / "env").read_text().splitlines() if "=" in line)
        self.url, self.api = env["URL"], env["API"]
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        token = self.ask(action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        signed_in = self.ask(
            is_post=True, action="login", lgname=env["ADMIN_USER"], lgpassword=env["PASSWORD"], lgtoken=token
        )
        assert signed_in["login"]["result"] == "Success"
        self._token = self.ask(action="query", meta="tokens")["query"]["tokens"]["csrftoken"]

    def ask(self, *, is_post=False, **fields):
        data = urllib.parse.urlencode({"format": "json", "formatversion": "2", **fields})
        request = (self.api, data.encode()) if is_post else (f"{self.api}?{data}",)
        with self._opener.open(*request, timeout=30) as answer:
            return json.loads(answer.read())

    def do(self, action, **fields):
        told = self.ask(is_post=True, action=action, token=self._token, **fields)
        assert "error" not in told, told
        return told[action]

    def edit(self, title, text, summary="", **fields):
        """The number of the new revision."""
        return self.do("edit", title=title, text=text, summary=summary, **fields)["newrevid"]
