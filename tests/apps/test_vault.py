import pytest
from django.test import override_settings

from parvis.channels.models import Channel
from parvis.channels.sessions import http_client, session_for
from parvis.channels.vault import merged, rotate, seal, unseal
from parvis.core.connector import Credential
from parvis.core.errors import KeyMissing
from parvis.core.wording import Text
from parvis.testing.factories import make_channel

NOTHING = Text("", "")
FIELDS = (
    Credential(name="username", label=NOTHING, help=NOTHING),
    Credential(name="token", label=NOTHING, help=NOTHING, secret=True),
)
SECRET = {"username": "ada", "token": "s3cret-word"}


def test_what_is_sealed_comes_back_and_cannot_be_read():
    sealed = seal(SECRET)
    assert unseal(sealed) == SECRET
    assert b"s3cret-word" not in sealed
    assert seal(SECRET) != sealed
    assert (seal({}), unseal(b"")) == (b"", {})


def test_sealed_with_a_key_that_is_gone_says_so():
    with override_settings(SECRET_KEYS=("old",)):
        sealed = seal(SECRET)
    with override_settings(SECRET_KEYS=("new",)), pytest.raises(KeyMissing):
        unseal(sealed)
    with override_settings(SECRET_KEYS=("new", "old")):
        assert unseal(sealed) == SECRET


def test_changed_bytes_are_not_opened():
    sealed = bytearray(seal(SECRET))
    sealed[20] ^= 1
    with pytest.raises(KeyMissing):
        unseal(bytes(sealed))


@pytest.mark.django_db
def test_after_rotation_the_old_key_is_needed_no_more():
    with override_settings(SECRET_KEYS=("old",)):
        for _ in range(3):
            make_channel(sealed_credentials=seal(SECRET))
    make_channel()
    with override_settings(SECRET_KEYS=("new", "old")):
        assert rotate() == 3
    with override_settings(SECRET_KEYS=("new",)):
        opened = [unseal(row) for row in Channel.objects.values_list("sealed_credentials", flat=True)]
    assert sorted(opened, key=len) == [{}, SECRET, SECRET, SECRET]


def test_secret_left_empty_keeps_the_old_one():
    assert merged(SECRET, {"username": "bob", "token": ""}, fields=FIELDS) == {
        "username": "bob",
        "token": "s3cret-word",
    }
    assert merged(SECRET, {"token": "  new "}, fields=FIELDS) == {"username": "ada", "token": "new"}
    assert merged(SECRET, {"username": "", "other": "x"}, fields=FIELDS) == {"token": "s3cret-word"}


@pytest.mark.django_db
async def test_session_shows_no_secret(now):
    channel = Channel(address="https://example.org/", sealed_credentials=seal(SECRET), facts={})
    async with http_client() as client:
        session = session_for(channel, client, now=now)
        assert session.credentials == SECRET
        assert "s3cret" not in repr(session) + repr(channel) + str(channel.__dict__)
