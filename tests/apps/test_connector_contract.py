"""Every connector keeps its contract: the installed ones are found, and each is held to the same."""

import dataclasses

import pytest
from tests.apps import noting

from parvis.channels import registry
from parvis.core.connector import Act, AskPerson, Can, Done
from parvis.core.errors import ConnectorFaulty
from parvis.testing.contract import declaration_faults, garbage_payloads, parsing_faults, recorded_payloads

INSTALLED = sorted(registry.connectors())


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
