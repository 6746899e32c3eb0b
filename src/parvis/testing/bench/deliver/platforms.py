"""The real servers of the chaos: how each is started, who posts there, and what is there in the end, told by itself."""

import base64
import hmac
import json
import os
import subprocess
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[5] / "tests/real/servers"
START_LIMIT_S = 900
Env = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    script: str
    target: Callable[[Env], str]
    """Where the relay leads."""
    places: Callable[[Env, str], list[dict[str, Any]]]
    """By the relay's address: connector, address, credentials and name of each channel."""
    there: Callable[[Env], Counter[tuple[str, str]]]
    """How often each text stands in each account, asked of the server itself."""
    options: Mapping[str, str] = field(default_factory=dict)
    most_at_once: int = 8
    """Requests that it bears; mastodon-mock's pool of connections is exhausted by 15."""
    share: int = 1
    """Of all publications, by what the server does in a second."""


def _mastodon_places(env: Env, url: str) -> list[dict[str, Any]]:
    return [
        {"connector": "mastodon", "address": f"{url}/", "credentials": {"token": env[f"{who}_TOKEN"]}, "name": who}
        for who in ("ADMIN", "BRAND", "MEMBER", "TROLL")
    ]


def _mastodon_there(env: Env) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for who in ("ADMIN", "BRAND", "MEMBER", "TROLL"):
        headers = {"Authorization": f"Bearer {env[f'{who}_TOKEN']}"}
        own = asked(f"{env['URL']}/api/v1/accounts/verify_credentials", headers)["id"]
        page = f"{env['URL']}/api/v1/accounts/{own}/statuses?limit=40"
        rows = asked(page, headers)
        while rows:
            found.update((who, plain(row["content"])) for row in rows)
            rows = asked(f"{page}&max_id={rows[-1]['id']}", headers)
    return found


def _bluesky_places(env: Env, url: str) -> list[dict[str, Any]]:
    return [
        {
            "connector": "bluesky", "address": f"{url}/", "name": who,
            "credentials": {"identifier": env[f"{who}_HANDLE"], "app_password": env["PASSWORD"]},
        }
        for who in ("BRAND", "MEMBER", "MODERATOR")
    ]  # fmt: skip


def _bluesky_there(env: Env) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for who in ("BRAND", "MEMBER", "MODERATOR"):
        cursor = ""
        while True:
            query = urllib.parse.urlencode(
                {"repo": env[f"{who}_DID"], "collection": "app.bsky.feed.post", "limit": 100, "cursor": cursor}
            )
            page = asked(f"{env['PDS']}/xrpc/com.atproto.repo.listRecords?{query}")
            found.update((who, row["value"]["text"]) for row in page["records"])
            cursor = page.get("cursor") or ""
            if not cursor:
                break
    return found


def _wordpress_places(env: Env, url: str) -> list[dict[str, Any]]:
    return [
        {
            "connector": "wordpress", "address": f"{url}/wp-json/", "name": who,
            "credentials": {"username": env[f"{who}_USER"], "password": env[f"{who}_APP_PASSWORD"]},
        }
        for who in ("ADMIN", "EDITOR", "AUTHOR")
    ]  # fmt: skip


def _wordpress_there(env: Env) -> Counter[tuple[str, str]]:
    """Articles that everybody sees, by their author."""
    found: Counter[tuple[str, str]] = Counter()
    for who in ("ADMIN", "EDITOR", "AUTHOR"):
        headers = basic(env[f"{who}_USER"], env[f"{who}_APP_PASSWORD"])
        own = asked(f"{env['API']}/users/me", headers)["id"]
        page = 1
        while True:
            query = f"author={own}&status=publish,future&context=edit&per_page=100&page={page}&orderby=id"
            rows = asked(f"{env['API']}/posts?{query}&_fields=id,title.raw", headers)
            found.update((who, unescape(row["title"]["raw"])) for row in rows)
            if len(rows) < 100:
                break
            page += 1
    return found


def _ghost_places(env: Env, url: str) -> list[dict[str, Any]]:
    return [{"connector": "ghost", "address": f"{url}/", "credentials": {"key": env["ADMIN_API_KEY"]}, "name": "SITE"}]


def _ghost_there(env: Env) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    page: int | None = 1
    while page:
        headers = {"Authorization": f"Ghost {_ghost_token(env['ADMIN_API_KEY'])}", "Accept-Version": "v5.0"}
        query = f"limit=100&page={page}&fields=id,title&filter=status:[published,sent,scheduled]&order=id%20asc"
        told = asked(f"{env['ADMIN_API']}/posts/?{query}", headers)
        found.update(("SITE", row["title"]) for row in told["posts"])
        page = told["meta"]["pagination"]["next"]
    return found


def _ghost_token(key: str) -> str:
    """A JWT (RFC 7519, HS256), as the Admin API asks for."""
    name, _, secret = key.partition(":")
    now = int(time.time())
    claims: list[dict[str, Any]] = [
        {"alg": "HS256", "typ": "JWT", "kid": name}, {"iat": now, "exp": now + 300, "aud": "/admin/"},
    ]  # fmt: skip
    signed = ".".join(_url_base64(json.dumps(part).encode()) for part in claims)
    return f"{signed}.{_url_base64(hmac.digest(bytes.fromhex(secret), signed.encode(), 'sha256'))}"


def _url_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


PLATFORMS: dict[str, Platform] = {
    "mastodon": Platform(
        script="mastodon-mock", target=lambda env: env["URL"], places=_mastodon_places, there=_mastodon_there,
        options={"RATELIMIT": "10000000"}, share=4,
    ),
    "bluesky": Platform(
        script="bluesky", target=lambda env: env["PDS"], places=_bluesky_places, there=_bluesky_there, share=4
    ),
    "wordpress": Platform(
        script="wordpress", target=lambda env: env["URL"], places=_wordpress_places, there=_wordpress_there,
        most_at_once=4,
    ),
    "ghost": Platform(
        script="ghost", target=lambda env: env["URL"], places=_ghost_places, there=_ghost_there, most_at_once=4
    ),
}  # fmt: skip


def asked(url: str, headers: Mapping[str, str] | None = None) -> Any:
    request = urllib.request.Request(url, headers=dict(headers or {}))
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def plain(html: str) -> str:
    return unescape(html.replace("<p>", "").replace("</p>", "")).strip()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@contextmanager
def started(platform: Platform, directory: Path, running: str = "") -> Iterator[dict[str, str]]:
    """Its env while the block runs; `running` is the directory of one that runs already, and is left so."""
    if running:
        yield _env(Path(running))
        return
    script = str(SCRIPTS / f"{platform.script}.sh")
    options = {**os.environ, **platform.options}
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    begun = subprocess.run(
        [script, "start", str(directory)],
        capture_output=True,
        text=True,
        env=options,
        timeout=START_LIMIT_S,
        check=False,
    )
    try:
        if begun.returncode:
            raise RuntimeError(f"{platform.script} did not start: {begun.stderr[-1500:]}")
        yield _env(directory)
    finally:
        subprocess.run([script, "stop", str(directory)], capture_output=True, timeout=120, check=False)


def _env(directory: Path) -> dict[str, str]:
    lines = (directory / "env").read_text().splitlines()
    return {key: value.strip("'") for key, _, value in (line.partition("=") for line in lines if "=" in line)}
