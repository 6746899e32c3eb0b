"""Every connector keeps its contract: the installed ones are found, and each is held to the same."""

import dataclasses

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.apps import noting

from parvis.channels import registry
from parvis.core.connector import Act, AskPerson, Can, Done
from parvis.core.errors import ConnectorFaulty
from parvis.core.post import Content, Fault, Medium, Part, Poll, Publishing
from parvis.core.wording import Text
from parvis.testing.contract import (
    declaration_faults,
    declared_publishing_faults,
    garbage_payloads,
    parsing_faults,
    publishing_faults,
    recorded_payloads,
)

INSTALLED = sorted(registry.connectors())
PUBLISHING = [slug for slug in INSTALLED if registry.connectors()[slug].publishing is not None]


@pytest.fixture(params=INSTALLED)
def connector(request):
    return registry.connectors()[request.param]


def test_connectors_are_found():
    assert len(INSTALLED) >= 3


def test_folder_and_declaration_are_complete(connector):
    assert list(declaration_faults(connector)) == []


def test_recorded_answers_always_parse_to_the_same(connector):
    faults = {name: list(parsing_faults(connector, payload)) for name, payload in recorded_payloads(connector)}
    assert {name: found for name, found in faults.items() if found} == {}


def test_nonsense_is_either_empty_or_not_understood(connector):
    faults = {payload.body[:40]: list(parsing_faults(connector, payload)) for payload in garbage_payloads(connector)}
    assert {body: found for body, found in faults.items() if found} == {}


def test_an_empty_address_is_nothing_of_theirs(connector):
    from parvis.core.types import Answer

    for body in (b"", b"<html></html>", b"{}", b"[", b"\xff\xfe"):
        assert connector.recognise(Answer(status=200, url="https://example.org/", headers={}, body=body)) == []


ODD_TEXTS = st.text(max_size=40) | st.sampled_from(
    [
        "",
        " ",
        "\r\n",
        "@",
        "#",
        "https://",
        "@a@b",
        "\0",
        "\ud800",
        "https://example.org/\ud800",
        "x" * 6_000,
        "👩‍👩‍👧" * 400,
    ]
)
ODD_NUMBERS = st.integers(-1, 10**12)
MEDIA = st.builds(
    Medium,
    path=ODD_TEXTS,
    name=ODD_TEXTS,
    mime=st.sampled_from(["image/png", "image/gif", "video/mp4", "audio/mpeg", "application/pdf", "", "image"])
    | ODD_TEXTS,
    size_bytes=ODD_NUMBERS,
    width=st.none() | ODD_NUMBERS,
    height=st.none() | ODD_NUMBERS,
    duration_s=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    alt=ODD_TEXTS,
    focus=st.none() | st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    captions=ODD_TEXTS,
)
POLLS = st.builds(
    Poll, choices=st.lists(ODD_TEXTS, max_size=6).map(tuple), lasts_s=ODD_NUMBERS, is_multiple=st.booleans()
)
ODD_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | ODD_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD_TEXTS, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def odd_contents(draw, names):
    """Posts as nobody would write them; options have names that the platform knows, and values that it does not."""
    return Content(
        text=draw(ODD_TEXTS),
        title=draw(ODD_TEXTS),
        link=draw(ODD_TEXTS),
        language=draw(ODD_TEXTS),
        warning=draw(ODD_TEXTS),
        media=draw(st.lists(MEDIA, max_size=6).map(tuple)),
        thread=draw(st.lists(ODD_TEXTS, max_size=4).map(tuple)),
        comment=draw(ODD_TEXTS),
        poll=draw(st.none() | POLLS),
        options=draw(st.dictionaries(st.sampled_from(names), ODD_VALUES, max_size=4)),
    )


def test_what_publishing_says_of_itself_is_whole(connector):
    assert list(declared_publishing_faults(connector)) == []


POST = Part(name="post", can=Can.PUBLISH, body={}, step=1)


def giving(*parts):
    return lambda _content, _facts: parts


@pytest.mark.parametrize(
    "change",
    [
        {"parts": giving(POST, POST)},
        {"parts": giving(msgspec.structs.replace(POST, step=2), msgspec.structs.replace(POST, name="post:2"))},
        {"parts": giving(msgspec.structs.replace(POST, name="x" * 41))},
        {"parts": giving(msgspec.structs.replace(POST, can=Can.EDIT))},
        {"parts": giving(msgspec.structs.replace(POST, body={"at": (1, 2)}))},
        {"parts": giving(msgspec.structs.replace(POST, can=Can.UPLOAD, body={"file": {"path": "a"}}))},
        {"faults": lambda _content, _facts: [Fault("x", "", Text("No.", ""))]},
    ],
)
def test_parts_that_break_the_contract_are_known(change):
    acts = {can: Act(perform=_perform, settle=AskPerson()) for can in (Can.PUBLISH, Can.UPLOAD)}
    whole = Publishing(parts=giving(POST), faults=lambda _content, _facts: [], has=frozenset(), media=lambda _: ())
    connector = dataclasses.replace(noting.connector, acts=acts, publishing=whole)
    assert list(publishing_faults(connector, Content(), {})) == [] == list(declared_publishing_faults(connector))
    broken = dataclasses.replace(connector, publishing=dataclasses.replace(whole, **change))
    assert list(publishing_faults(broken, Content(), {})) != []


@pytest.mark.parametrize("slug", PUBLISHING)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_post_becomes_parts_that_can_be_kept(slug, data):
    connector = registry.connectors()[slug]
    names = [*(option.name for option in connector.publishing.options), "card", "other"]
    facts = data.draw(st.dictionaries(st.text(max_size=10), ODD_TEXTS, max_size=3))
    content = data.draw(odd_contents(names))
    assert list(publishing_faults(connector, content, facts)) == []


async def _perform(session, order):
    return Done()


@pytest.mark.parametrize(
    "change",
    [
        {"slug": "other"},
        {"version": 0},
        {"interval_s": 0},
        {"acts": {"approve it": Act(perform=_perform, settle=AskPerson())}},
        {"acts": {Can.APPROVE: Act(perform=_perform, settle=AskPerson(), kinds=frozenset())}},
        {"acts": {Can.APPROVE: Act(perform=_perform, settle=None)}},
        {"acts": {Can.APPROVE: "approve"}},
        {"credentials": noting.connector.credentials * 2},
    ],
)
def test_declaration_that_breaks_the_contract_is_not_loaded(change):
    with pytest.raises(ConnectorFaulty):
        registry.checked(dataclasses.replace(noting.connector, **change), "noting")


def test_what_is_no_connector_is_not_loaded():
    with pytest.raises(ConnectorFaulty):
        registry.checked(None, "nothing")
