"""Every option, error, capability and command has its line in docs/reference, and it is current."""

import pytest

from parvis.core.errors import every_error
from parvis.testing.reference import DIRECTORY, PAGES


@pytest.mark.parametrize("name", sorted(PAGES))
def test_reference_page_says_what_the_code_says(name):
    written = (DIRECTORY / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "run: python -m parvis.testing.reference"


def test_every_error_has_a_code_of_its_own_and_both_languages():
    errors = every_error()
    assert len({error.code for error in errors}) == len(errors) > 20
    assert all(error.sentence.en and error.sentence.fr for error in errors)
