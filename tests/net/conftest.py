import pytest
from tests.net.certificates import trusting
from tests.net.hostile import HostileServer

from parvis.net import ClientOptions, HttpClient, Limits

QUICK = Limits(connect_s=1.0, read_s=0.4, total_s=0.8, max_body_bytes=2_000_000)


def options(**changes) -> ClientOptions:
    given = {"allowed_private_hosts": frozenset({"127.0.0.1"}), "limits": QUICK, "ssl_context": trusting()}
    return ClientOptions(**{**given, **changes})


@pytest.fixture
def server():
    with HostileServer() as running:
        yield running


@pytest.fixture
async def client():
    async with HttpClient(options()) as running:
        yield running
