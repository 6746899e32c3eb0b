"""Somebody who works in a Ghost site beside the connector, with the same key."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from parvis.connectors.ghost.site import token_of


class Keeper:
    """Asks the Admin API; what it says is what Ghost's own database holds."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def ask(self, method: str, path: str, body: Any = None, **params: str | int) -> Any:
        asked = f"{self.env['ADMIN_API']}/{path}?{urllib.parse.urlencode(params)}"
        token = token_of(self.env["ADMIN_API_KEY"], at_s=time.time())
        headers = {"Authorization": f"Ghost {token}", "Accept-Version": "v6.0", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(asked, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            told = answer.read()
        return json.loads(told) if told else None

    def status_of(self, method: str, path: str) -> int:
        try:
            self.ask(method, path)
        except urllib.error.HTTPError as error:
            return error.code
        return 200

    def titled(self, mark: str, *, kind: str = "posts") -> list[dict[str, Any]]:
        """All whose title holds it, whatever their status, oldest first."""
        asked = {"filter": f"title:~'{mark}'", "formats": "html", "order": "id asc", "limit": 50}
        return self.ask("GET", f"{kind}/", **asked)[kind]

    def post(self, title: str, html: str = "<p>Text</p>", **fields: Any) -> dict[str, Any]:
        body = {"posts": [{"title": title, "html": html, "status": "published", **fields}]}
        return self.ask("POST", "posts/", body, source="html")["posts"][0]

    def change(self, kind: str, row: dict[str, Any], **fields: Any) -> dict[str, Any]:
        body = {kind: [{**fields, "updated_at": row["updated_at"]}]}
        return self.ask("PUT", f"{kind}/{row['id']}/", body, source="html", formats="html")[kind][0]

    def member(self, email: str, name: str) -> dict[str, Any]:
        found = self.ask("GET", "members/", filter=f"email:'{email}'")["members"]
        return (
            found[0]
            if found
            else self.ask("POST", "members/", {"members": [{"email": email, "name": name}]})["members"][0]
        )

    def comment(self, member: dict[str, Any], html: str, **place: str) -> dict[str, Any]:
        """`post_id`, or `parent_id` and `in_reply_to_id`."""
        body = {"comments": [{"member_id": member["id"], "html": html, **place}]}
        return self.ask("POST", "comments/", body)["comments"][0]

    def set_status(self, number: str, status: str) -> None:
        self.ask("PUT", f"comments/{number}/", {"comments": [{"id": number, "status": status}]})
