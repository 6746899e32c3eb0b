"""How often an account may ask, as its own instance tells."""

import pytest

from parvis.connectors.mastodon.account import _pace
from parvis.core.connector import REQUESTS_PER_MINUTE


@pytest.mark.parametrize(
    ("told", "each_minute"),
    [("300", "40"), ("1500", "200"), (" 7500 ", "1000"), ("7", ""), ("0", ""), ("-3", ""), ("many", ""), ("٣٠٠", ""), (None, "")],
)  # fmt: skip
def test_two_thirds_of_what_the_instance_allows_are_for_what_leaves(told, each_minute):
    headers = {} if told is None else {"x-ratelimit-limit": told}
    assert _pace(headers).get(REQUESTS_PER_MINUTE, "") == each_minute
