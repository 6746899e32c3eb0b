"""What every connector must keep, checked on its declaration, on the answers recorded in its folder and on odd posts.

A recorded answer is a JSON file in `answers/`: {"endpoint", "url", "content_type", "facts", "body"}
(where `endpoint` is missing, the file's name stands for it), or any other file, which is a body.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import parvis.connectors
from parvis.channels.registry import faults_of
from parvis.core.connector import Can, Connector, Settle
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.post import Content, Has, Part
from parvis.core.types import ItemRecord, Parsed, Payload

GARBAGE = (
    b"", b"\0", b"null", b"[", b"{}", b"[null]", b"[[]]", b'[{"id": {}}]', b'{"a": 1', b"<", b"<html><body>Error",
    b"<?xml version='1.0'?>", b"<rss>", b"<rss><channel><item/></channel></rss>", b"\xff\xfe\xfd", b"\x1f\x8b\x08",
    b'"text"', b"[" * 20_000, b'{"items": [{"id": null}]}', b"503 Service Unavailable", "é".encode("utf-16"),
)  # fmt: skip

LONGEST_NAME = 40
"""Of a part, as it is kept."""


def folder_of(connector: Connector) -> Path:
    return Path(next(iter(parvis.connectors.__path__))) / connector.slug


def declaration_faults(connector: Connector) -> Iterator[str]:
    """What is missing from the folder or its declaration."""
    yield from faults_of(connector, connector.slug)
    folder = folder_of(connector)
    for name in ("guide.en.md", "guide.fr.md", "logo.svg"):
        if not (folder / name).is_file() or not (folder / name).read_text(encoding="utf-8").strip():
            yield f"{name} is missing or empty"
    for credential in connector.credentials:
        if not (credential.label.en and credential.label.fr):
            yield f"the credential {credential.name} has no label in both languages"
    if not any(folder.glob("test_*.py")):
        yield "it has no test of its own"


def recorded_payloads(connector: Connector) -> list[tuple[str, Payload]]:
    """Each recorded answer by its file's name."""
    folder = folder_of(connector) / "answers"
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return [(path.name, _payload(path)) for path in files]


def _payload(path: Path) -> Payload:
    body = path.read_bytes()
    told = _recording(body)
    if told is None:
        return Payload(endpoint=path.stem, url=f"https://example.org/{path.name}", body=body)
    text = told["body"]
    return Payload(
        endpoint=told.get("endpoint") or path.stem.split("_")[0],
        url=told.get("url", "https://example.org/"),
        body=(text if isinstance(text, str) else json.dumps(text)).encode(),
        content_type=told.get("content_type") or told.get("headers", {}).get("content-type", ""),
        facts=told.get("facts", {}),
    )


def _recording(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) and "body" in told else None


def parsing_faults(connector: Connector, payload: Payload) -> Iterator[str]:
    """What is wrong with what a payload gives: the same twice, every id told and told apart, times with a zone."""
    first, second = _outcome(connector, payload), _outcome(connector, payload)
    if first != second:
        yield "the same payload gave something else the second time"
    if isinstance(first, Parsed):
        for item in first.items:
            yield from _item_faults(item)
        if len({item.remote_id for item in first.items}) < len(first.items):
            yield "two items have the same remote id"
    elif first is not AnswerNotUnderstood:
        yield f"it raised {first!r} instead of AnswerNotUnderstood"


def _outcome(connector: Connector, payload: Payload) -> object:
    try:
        return connector.parse(payload)
    except AnswerNotUnderstood:
        return AnswerNotUnderstood
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault that is looked for
        return f"{type(error).__name__}: {error}"


def _item_faults(item: ItemRecord) -> Iterator[str]:
    if not item.remote_id:
        yield "an item has no remote id"
    for name in ("published_at", "updated_at"):
        moment = getattr(item, name)
        if moment is not None and moment.tzinfo is None:
            yield f"{item.remote_id}: {name} has no zone"
    if item.parent_id and item.parent_id == item.remote_id:
        yield f"{item.remote_id} answers itself"


def publishing_faults(connector: Connector, content: Content, facts: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with how a post becomes parts; whatever the post, nothing raises."""
    publishing = connector.publishing
    if publishing is None:
        return
    first, second = publishing.parts(content, facts), publishing.parts(content, facts)
    if first != second:
        yield "the same post gave other parts the second time"
    if publishing.faults(content, facts) != publishing.faults(content, facts):
        yield "the same post had other faults the second time"
    if len({part.name for part in first}) < len(first):
        yield "two parts have the same name"
    if [part.step for part in first] != sorted(part.step for part in first):
        yield "its steps do not rise"
    for part in first:
        yield from _part_faults(connector, part)
    for fault in publishing.faults(content, facts):
        if not (fault.code and fault.words.en and fault.words.fr):
            yield f"the fault {fault.code} has no words in both languages"


def _part_faults(connector: Connector, part: Part) -> Iterator[str]:
    if not 0 < len(part.name) <= LONGEST_NAME:
        yield f"the name {part.name!r} cannot be kept"
    act = connector.acts.get(part.can)
    if act is None:
        yield f"{part.name} wants {part.can}, which is not in its acts"
    elif not isinstance(act.settle, Settle):
        yield f"{part.can} does not say how an unknown outcome is settled"
    if not isinstance(part.body, dict) or json.loads(json.dumps(part.body)) != part.body:
        yield f"the body of {part.name} is no JSON"
    if part.can is Can.UPLOAD and set(part.body.get("file", ())) != {"path", "name", "mime", "size_bytes"}:
        yield f"{part.name} does not say which file it sends"
    if any(not {"path", "name", "mime", "size_bytes"} <= set(one) for one in part.body.get("files", ())):
        yield f"{part.name} does not say which files go along"


def declared_publishing_faults(connector: Connector) -> Iterator[str]:
    """What is wrong with what `publishing` says of itself."""
    publishing = connector.publishing
    if publishing is None:
        return
    if Can.PUBLISH not in connector.acts:
        yield "it takes posts and has no act that publishes"
    if publishing.edits and Can.EDIT not in connector.acts:
        yield "it says what can be changed and has no act that changes it"
    if not publishing.edits <= set(Content.__struct_fields__):
        yield "it says that something can be changed that no post has"
    rules = publishing.media({})
    if bool(rules) != (Has.MEDIA in publishing.has):
        yield "it has rules for files and takes none, or the other way round"
    if any(not rule.source for rule in rules):
        yield "a limit of files does not say where it is from"
    if len({option.name for option in publishing.options}) < len(publishing.options):
        yield "two of its options have the same name"
    for option in publishing.options:
        words = [option.label, *(label for _, label in option.choices)]
        if not all(text.en and text.fr for text in words):
            yield f"the option {option.name} has no label in both languages"


def garbage_payloads(connector: Connector) -> Iterator[Payload]:
    """Nonsense under each endpoint that was recorded."""
    endpoints = sorted({payload.endpoint for _, payload in recorded_payloads(connector)} | {connector.slug})
    for endpoint in endpoints:
        for body in GARBAGE:
            yield Payload(endpoint=endpoint, url="https://example.org/x", body=body)
