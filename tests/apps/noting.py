"""A platform of our own for tests: payloads are JSON lists of notes, a cursor is a page number."""

import json
from datetime import UTC, datetime

from parvis.core.connector import Account, Act, AskPerson, Can, Connector, Credential, Done, Fetched
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import ItemRecord, Kind, Parsed, Payload, Problem, ProfileRecord, Recognition, Status
from parvis.core.wording import Text


def payload(*notes: dict, endpoint: str = "notes") -> Payload:
    return Payload(endpoint=endpoint, url="https://notes.example.org/", body=json.dumps(notes).encode())


def broken(text: str = "<html>") -> Payload:
    return Payload(endpoint="notes", url="https://notes.example.org/", body=text.encode())


def note(number: int, text: str = "", **fields) -> dict:
    return {"id": number, "text": text or f"note {number}", **fields}


def parse(given: Payload) -> Parsed:
    try:
        notes = json.loads(given.body)
    except ValueError as error:
        raise AnswerNotUnderstood(host="notes.example.org", detail="no JSON") from error
    if not isinstance(notes, list):
        raise AnswerNotUnderstood(host="notes.example.org", detail="no list")
    items, problems = [], []
    for place, found in enumerate(notes):
        if not isinstance(found, dict) or "id" not in found:
            problems.append(Problem(where=str(place), detail="no id"))
        else:
            items.append(_record(found))
    return Parsed(items=tuple(items), problems=tuple(problems))


def _record(found: dict) -> ItemRecord:
    changed = found.get("changed")
    author = found.get("author")
    return ItemRecord(
        remote_id=f"note:{found['id']}",
        kind=Kind(found.get("kind", "comment")),
        body=found.get("text", ""),
        body_is_html=found.get("html", False),
        title=found.get("title", ""),
        author=ProfileRecord(remote_id=f"user:{author}", name=author) if author else None,
        parent_id=f"note:{found['parent']}" if found.get("parent") else "",
        about_id=f"note:{found['about']}" if found.get("about") else "",
        status=Status(found.get("status", "published")),
        published_at=datetime(2026, 11, 1, minute=found.get("at", 0), tzinfo=UTC),
        updated_at=datetime.fromtimestamp(changed, UTC) if changed else None,
        facts={"status_only": True} if found.get("status_only") else {},
    )


PAGES: dict[str, list[list[Payload]]] = {}
"""What each address serves, page by page; tests fill it. A RemoteError in it is raised."""


async def fetch(session, cursor):
    pages = PAGES.get(session.address, [])
    for number in range(cursor.get("page", 0), len(pages)):
        if isinstance(pages[number], Exception):
            raise pages[number]
        yield Fetched(payloads=tuple(pages[number]), cursor={"page": number + 1})


async def check(session) -> Account:
    if session.credentials.get("password") == "wrong":
        from parvis.core.errors import CredentialsRejected

        raise CredentialsRejected(host="notes.example.org")
    return Account(name="Notes", can=frozenset({Can.APPROVE}), facts={"user_id": "1"})


async def _approve(session, order) -> Done:
    return Done()


def recognise(answer) -> list[Recognition]:
    if b"notes live here" not in answer.body:
        return []
    offers = Text("Reads notes.", "Lit des notes.")
    return [Recognition(slug="noting", address=answer.url, name="Notes", offers=offers, certainty=0.5)]


connector = Connector(
    slug="noting",
    name=Text("Notes", "Notes"),
    version=1,
    recognise=recognise,
    fetch=fetch,
    parse=parse,
    check=check,
    credentials=(
        Credential(name="username", label=Text("User", "Nom"), help=Text("", ""), required=False),
        Credential(
            name="password", label=Text("Password", "Mot de passe"), help=Text("", ""), secret=True, required=False
        ),
    ),
    guide=Text("Ask.", "Demandez."),
    acts={Can.APPROVE: Act(perform=_approve, settle=AskPerson(), leads_to=Status.PUBLISHED)},
)
