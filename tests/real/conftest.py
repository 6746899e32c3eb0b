"""The real servers of tests/real/servers as fixtures, started once for all test processes.

PARVIS_TEST_WORDPRESS_DIR, …_OIDC_DIR, …_MAIL_DIR, …_BLUESKY_DIR, …_MASTODON_DIR,
…_GHOST_DIR, …_MEDIAWIKI_DIR and …_SYNAPSE_DIR name the directory of one that runs already; it is used and left running.
"""

import base64
import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.connectors.wordpress import connector
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions
from parvis.net.session import ChannelSession

SCRIPTS = Path(__file__).parent / "servers"
START_LIMIT_S = 600


def read_env(directory: Path) -> dict[str, str]:
    """The KEY=VALUE lines that a script leaves in its directory."""
    lines = (directory / "env").read_text().splitlines()
    return {key: value.strip("'") for key, _, value in (line.partition("=") for line in lines if "=" in line)}


def _cache() -> str:
    """Where the scripts keep the programs that no package of Debian holds."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return os.environ.get("SERVERS_CACHE") or f"{home}/test-servers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How one is started: its script, what shows that its packages are installed, and the script's options."""

    script: str
    needs: tuple[str, ...]
    """Paths or programs; where they are missing and cannot be installed, the test is skipped."""
    options: Mapping[str, str] = field(default_factory=dict)


SERVERS = {
    "wordpress": Server(script="wordpress", needs=("mariadbd", "mariadb", "php", "/usr/share/wordpress/wp-load.php")),
    "oidc": Server(
        script="oidc",
        needs=("npm", "node", "curl"),
        options={"REDIRECT_URIS": "http://127.0.0.1:8000/accounts/oidc/house/login/callback/"},
    ),
    "mail": Server(script="mail", needs=("/usr/sbin/dovecot",)),
    "bluesky": Server(script="bluesky", needs=("redis-server", "/usr/lib/postgresql/15/bin/postgres", "npm")),
    "mastodon": Server(script="mastodon-mock", needs=("python3", "curl"), options={"RATELIMIT": "100000"}),
    "ghost": Server(script="ghost", needs=("npm", "curl")),
    "mediawiki": Server(script="mediawiki", needs=("php", "/usr/share/mediawiki/api.php")),
    "synapse": Server(script="matrix-synapse", needs=(f"{_cache()}/synapse/.done",), options={"RELAXED": "1"}),
}
"""By the fixture that gives them."""


@contextlib.contextmanager
def shared_server(name: str, *, root: Path) -> Iterator[dict[str, str]]:
    """The env of a server that all test processes share; the last one to leave stops it."""
    given = os.environ.get(f"PARVIS_TEST_{name.upper()}_DIR")
    if given:
        yield read_env(Path(given))
        return
    server = SERVERS[name]
    _skip_where_impossible(server)
    directory = _enter(server, root)
    try:
        yield read_env(directory)
    finally:
        _leave(server, root)


@contextlib.contextmanager
def started_side_by_side(names: Iterable[str], *, root: Path) -> Iterator[None]:
    """Several at once, held while the block runs. One that does not start says so to the test that asks for it."""
    with contextlib.ExitStack() as held:
        with ThreadPoolExecutor() as threads:
            opened = [threads.submit(_hold, name, root) for name in names]
        for one in opened:
            held.enter_context(one.result())
        yield


def _hold(name: str, root: Path) -> contextlib.ExitStack:
    stack = contextlib.ExitStack()
    with contextlib.suppress(pytest.skip.Exception, pytest.fail.Exception, subprocess.TimeoutExpired):
        stack.enter_context(shared_server(name, root=root))
    return stack


def _skip_where_impossible(server: Server) -> None:
    if all(_is_there(one) for one in server.needs):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip(f"the {server.script} server is not installed here; installing it takes apt-get and root")


def _is_there(one: str) -> bool:
    return Path(one).exists() if one.startswith("/") else shutil.which(one) is not None


def _enter(server: Server, root: Path) -> Path:
    with _ledger(server, root) as ledger:
        if not ledger.get("users"):
            prefix = f"parvis-{server.script[:2]}-"
            ledger["directory"] = tempfile.mkdtemp(prefix=prefix, dir="/tmp")  # a socket's path is short
            # Database and web servers may change to another user.
            Path(ledger["directory"]).chmod(0o755)
            _start(server, ledger["directory"])
        ledger["users"] = ledger.get("users", 0) + 1
        return Path(ledger["directory"])


def _start(server: Server, directory: str) -> None:
    command = [str(SCRIPTS / f"{server.script}.sh"), "start", directory]
    options = {**server.options, **os.environ}
    run = subprocess.run(command, capture_output=True, text=True, timeout=START_LIMIT_S, check=False, env=options)
    if run.returncode == 0:
        return
    subprocess.run([command[0], "stop", directory], capture_output=True, timeout=60, check=False)
    shutil.rmtree(directory, ignore_errors=True)
    if not all(_is_there(one) for one in server.needs):
        pytest.skip(f"the {server.script} server could not be installed here: {run.stderr.strip()[-300:]}")
    pytest.fail(f"the {server.script} server did not start: {run.stderr.strip()[-2000:]}")


def _leave(server: Server, root: Path) -> None:
    with _ledger(server, root) as ledger:
        ledger["users"] -= 1
        if not ledger["users"]:
            command = [str(SCRIPTS / f"{server.script}.sh"), "stop", ledger["directory"]]
            subprocess.run(command, capture_output=True, timeout=120, check=False)
            shutil.rmtree(ledger["directory"], ignore_errors=True)


@contextlib.contextmanager
def _ledger(server: Server, root: Path) -> Iterator[dict]:
    """Who uses the server, kept in a file; one process at a time."""
    with (root / f"{server.script}.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        ledger = json.loads(file.read() or "{}")
        try:
            yield ledger
        finally:
            file.seek(0)
            file.truncate()
            json.dump(ledger, file)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPress:
    """A site with an account of each role; each has an application password."""

    url: str
    api: str
    """Where wp/v2 begins."""
    password: str
    """Of all accounts, for the sign-in by form."""
    admin: tuple[str, str]
    editor: tuple[str, str]
    author: tuple[str, str]
    visitor: tuple[str, str]

    @property
    def root(self) -> str:
        """The API's root, as a channel is opened with."""
        return f"{self.url}/wp-json/"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdProvider:
    """A provider that takes any login name; `modNAME` is in the group moderators."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mailbox over IMAP without TLS, with an SMTP entrance; both are host:port."""

    imap: str
    smtp: str
    user: str
    other_user: str
    password: str


@pytest.fixture(scope="session")
def shared_root(tmp_path_factory) -> Path:
    """One directory for all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def wordpress(shared_root) -> Iterator[WordPress]:
    with shared_server("wordpress", root=shared_root) as env:
        accounts = {
            name: (env[f"{name.upper()}_USER"], env[f"{name.upper()}_APP_PASSWORD"])
            for name in ("admin", "editor", "author", "visitor")
        }
        yield WordPress(url=env["URL"], api=env["API"], password=env["PASSWORD"], **accounts)


@pytest.fixture(scope="session")
def oidc(shared_root) -> Iterator[OpenIdProvider]:
    with shared_server("oidc", root=shared_root) as env:
        yield OpenIdProvider(
            issuer=env["ISSUER"],
            client_id=env["CLIENT_ID"],
            client_secret=env["CLIENT_SECRET"],
            redirect_uris=tuple(env["REDIRECT_URIS"].split()),
        )


@pytest.fixture(scope="session")
def mail(shared_root) -> Iterator[MailServer]:
    _skip_on_postgresql("mail")
    with shared_server("mail", root=shared_root) as env:
        yield MailServer(
            imap=env["IMAP"],
            smtp=env["SMTP"],
            user=env["USER"],
            other_user=env["OTHER_USER"],
            password=env["PASSWORD"],
        )


def _skip_on_postgresql(name: str) -> None:
    if os.environ.get("PARVIS_DATABASE", "").startswith("postgresql"):
        pytest.skip(f"the {name} server is driven in the run on SQLite; nothing there depends on the database")


@pytest.fixture(scope="session")
def bluesky(shared_root) -> Iterator[dict[str, str]]:
    """A whole network: PDS, APPVIEW, FIREHOSE, and the accounts BRAND, MEMBER and MODERATOR."""
    _skip_on_postgresql("bluesky")
    with shared_server("bluesky", root=shared_root) as env:
        yield env


@pytest.fixture(scope="session")
def mastodon(shared_root) -> Iterator[dict[str, str]]:
    """A stand-in for the Mastodon API, made by others; URL and a token for ADMIN, BRAND, MEMBER and TROLL."""
    _skip_on_postgresql("mastodon-mock")
    with shared_server("mastodon", root=shared_root) as env:
        yield env


@pytest.fixture(scope="session")
def ghost(shared_root) -> Iterator[dict[str, str]]:
    """A Ghost site: URL, ADMIN_API_KEY, the owner's login, and a member with a cookie."""
    _skip_on_postgresql("ghost")
    with shared_server("ghost", root=shared_root) as env:
        yield env


@pytest.fixture(scope="session")
def mediawiki(shared_root) -> Iterator[dict[str, str]]:
    """A wiki: URL, API and the administrator's name and password."""
    _skip_on_postgresql("mediawiki")
    with shared_server("mediawiki", root=shared_root) as env:
        yield env


@pytest.fixture(scope="session")
def synapse(shared_root) -> Iterator[dict[str, str]]:
    """A Matrix homeserver: URL, and a user and a token for ADMIN, BRAND and MEMBER."""
    _skip_on_postgresql("matrix-synapse")
    with shared_server("synapse", root=shared_root) as env:
        yield env


class Clerk:
    """Works in WordPress itself, beside the connector."""

    def __init__(self, site, account):
        self.api = site.api
        self.token = base64.b64encode(":".join(account).encode()).decode()

    def __call__(self, method, path, **fields):
        data = json.dumps(fields).encode() if fields else None
        headers = {"Authorization": f"Basic {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.api}/{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def post(self, title="An article", **fields):
        return self("POST", "posts", title=title, content="Text", status="publish", **fields)["id"]

    def comment(self, post, text=None, status="hold", **fields):
        fields = {"author_name": "Anna", "author_email": "anna@example.test", **fields}
        text = text or f"What somebody says {uuid.uuid4()}"
        return self("POST", "comments", post=post, content=text, status=status, **fields)["id"]

    def read(self, number):
        return self("GET", f"comments/{number}?context=edit")


@pytest.fixture
def admin(wordpress):
    return Clerk(wordpress, wordpress.admin)


@pytest.fixture
async def client():
    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as opened:
        yield opened


@pytest.fixture
def session_of(wordpress, client):
    def make(account=None, *, facts=None, address=None, now=None):
        credentials = {"username": account[0], "password": account[1]} if account else {}
        return ChannelSession(
            client=client,
            address=address or wordpress.root,
            credentials=credentials,
            facts=facts or {},
            now=now or datetime.now(UTC),
        )

    return make


@pytest.fixture
async def moderator(wordpress, session_of):
    account = await connector.check(session_of(wordpress.editor))
    return session_of(wordpress.editor, facts=account.facts)
