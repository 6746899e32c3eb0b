"""French stands beside English, whole."""

from parvis.testing.messages import faults, used_messages


def test_no_french_message_is_missing_fuzzy_or_left_over():
    assert list(faults()) == []


def test_the_test_sees_messages_at_all():
    assert len(list(used_messages())) > 100
