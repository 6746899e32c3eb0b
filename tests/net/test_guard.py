"""No request reaches a private address, whatever it is called and wherever a site sends us."""

import socket

import pytest
from tests.net.conftest import options

from parvis.core.errors import AddressNotUnderstood, AddressRefused, BadInput, Unreachable, WayRefused
from parvis.net import HttpClient
from parvis.net.addresses import AllowedHosts

REFUSED = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.8.8.8", "169.254.1.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.7", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "100.100.100.200", "192.88.99.1",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "fc00::1",
    "fd12:3456::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "100::1", "2001:db8::1", "3fff::1",
    "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b::127.0.0.1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "2a00:1450::200:5efe:10.0.0.1", "2001:10::1", "5f00::1",
]  # fmt: skip
OPEN = [
    "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "198.20.0.1",
    "2606:4700:4700::1111", "2a00:1450:400a::200e", "2001:4860:4860::8888", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1",
]  # fmt: skip


class Names:
    """A name server that gives one answer after the other and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


class Dialler:
    """Stands for the network card: notes which address is dialled and leads every one of them home."""

    def __init__(self, client: HttpClient, port: int) -> None:
        backend = client._pool._network_backend
        self.dialled: list[str] = []
        self._real, self._port = backend._dialler, port
        backend._dialler = self

    async def connect_tcp(self, host, port, **rest):
        self.dialled.append(host)
        return await self._real.connect_tcp("127.0.0.1", self._port, **rest)


@pytest.mark.parametrize("address", REFUSED)
async def test_name_of_a_private_address_is_refused_before_any_connection(server, address):
    names = Names([address])
    async with HttpClient(options(allowed_private_hosts=frozenset(), resolve=names)) as client:
        network = Dialler(client, server.port)
        with pytest.raises(AddressRefused) as caught:
            await client.request("POST", "http://example.org/")
    assert network.dialled == [] and server.connections == 0
    assert caught.value.places["address"] == address and caught.value.maybe_done is False


@pytest.mark.parametrize("address", OPEN)
async def test_public_address_is_dialled_as_it_was_judged(server, address):
    async with HttpClient(options(allowed_private_hosts=frozenset(), resolve=Names([address]))) as client:
        network = Dialler(client, server.port)
        await client.request("GET", "http://example.org/fine")
    assert network.dialled == [address]


async def test_one_private_address_among_public_ones_refuses_the_name(server):
    names = Names(["1.1.1.1", "10.0.0.1"])
    async with HttpClient(options(resolve=names)) as client:
        network = Dialler(client, server.port)
        with pytest.raises(AddressRefused):
            await client.request("GET", "http://example.org/")
    assert network.dialled == []


async def test_rebinding_name_is_looked_up_once_and_the_judged_address_is_dialled(server):
    names = Names(["1.1.1.1"], ["127.0.0.1"])
    async with HttpClient(options(allowed_private_hosts=frozenset(), resolve=names)) as client:
        network = Dialler(client, server.port)
        await client.request("GET", "http://rebind.example/fine")
        assert (names.asked, network.dialled) == (["rebind.example"], ["1.1.1.1"])
        await client._pool.aclose()
        with pytest.raises(AddressRefused):
            await client.request("GET", "http://rebind.example/fine")
    assert network.dialled == ["1.1.1.1"]


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "127.1", "0x7f.1", "0177.1", "0", "localhost",
     "[::1]", "[::ffff:7f00:1]", "[::]", "[0:0:0:0:0:ffff:127.0.0.1]"],
)  # fmt: skip
async def test_loopback_in_disguise_is_refused(server, host):
    async with HttpClient(options(allowed_private_hosts=frozenset())) as client:
        with pytest.raises(AddressRefused):
            await client.request("GET", f"http://{host}:{server.port}/fine")
    assert server.connections == 0


@pytest.mark.parametrize("target", ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:1/"])
async def test_redirect_to_a_private_address_is_refused(server, client, target):
    with pytest.raises(AddressRefused):
        await client.request("GET", server.url(f"/redirect?to={target}"))


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://127.0.0.1/", "dict://127.0.0.1:11211/",
     "javascript:alert(1)", "data:text/plain,x", "http://user:secret@127.0.0.1/", "http://127.0.0.1:6379/",
     "http://127.0.0.1:22/", "http://127.0.0.1:0/"],
)  # fmt: skip
async def test_redirect_to_what_is_no_web_site_is_refused(server, client, target):
    with pytest.raises(WayRefused) as caught:
        await client.request("GET", server.url(f"/redirect?to={target}"))
    assert "127.0.0.1" in caught.value.text.en and "secret" not in caught.value.text.en


@pytest.mark.parametrize(
    "url", ["", "example.org", "http://[", "http://a b\r\n/", "/wp-json", "http://①②⑦.⓪.⓪.①/", "http://0177.0.0.1/"]
)
async def test_what_is_no_address_is_told_to_whoever_typed_it(client, url):
    with pytest.raises(AddressNotUnderstood):
        await client.request("GET", url)


@pytest.mark.parametrize(
    ("entries", "host", "port", "address", "opens"),
    [
        ({"intranet"}, "Intranet.", 80, "10.0.0.5", True),
        ({"intranet"}, "other", 80, "10.0.0.5", False),
        ({"intranet"}, "intranet", 80, "169.254.169.254", False),
        ({"intranet"}, "intranet", 80, "fd00:ec2::254", False),
        ({"169.254.169.254"}, "x", 80, "169.254.169.254", True),
        ({"intranet:8080"}, "intranet", 8080, "10.0.0.5", True),
        ({"intranet:8080"}, "intranet", 80, "10.0.0.5", False),
        ({"10.0.0.0/8"}, "anything", 80, "10.200.0.1", True),
        ({"10.0.0.0/8"}, "anything", 80, "::ffff:10.200.0.1", True),
        ({"10.0.0.0/8"}, "anything", 80, "192.168.0.1", False),
        ({"10.0.0.0/8:8080"}, "anything", 80, "10.0.0.1", False),
        ({"127.0.0.1:8080"}, "localhost", 8080, "127.0.0.1", True),
        ({"[::1]:8080"}, "localhost", 8080, "::1", True),
        ({"fd00::/8"}, "anything", 80, "fd00::5", True),
        ({" ", ""}, "", 80, "127.0.0.1", False),
    ],
)
def test_house_opens_exactly_the_private_hosts_that_it_names(entries, host, port, address, opens):
    import ipaddress

    assert AllowedHosts(entries).opens(host, port, ipaddress.ip_address(address)) is opens


@pytest.mark.parametrize("entry", ["http://intranet/", "a b", "host:port", "10.0.0.0/99", ":80", "user@host"])
def test_entry_that_names_no_host_is_refused_with_its_text(entry):
    with pytest.raises(BadInput, match="neither a host name"):
        AllowedHosts({entry})


async def test_named_port_opens_a_port_that_is_else_refused(server):
    async with HttpClient(options(allowed_private_hosts=frozenset({"127.0.0.1:9200"}))) as client:
        with pytest.raises(Unreachable, match="refuses the connection"):
            await client.request("GET", "http://127.0.0.1:9200/")
        with pytest.raises(WayRefused):
            await client.request("GET", "http://127.0.0.1:6379/")


@pytest.mark.parametrize("failure", [socket.EAI_NONAME, socket.EAI_AGAIN])
async def test_unknown_name_and_silent_name_server_are_told_apart(failure):
    async def resolve(host, port):
        raise socket.gaierror(failure, "no")

    async with HttpClient(options(resolve=resolve)) as client:
        with pytest.raises(Unreachable) as caught:
            await client.request("POST", "http://nowhere.example/")
    words = "name is not known" if failure == socket.EAI_NONAME else "name server does not answer"
    assert words in caught.value.text.en and caught.value.maybe_done is False


async def test_name_server_that_hangs_is_given_up_after_the_connect_limit():
    import asyncio

    from parvis.net import Limits

    async def resolve(host, port):
        await asyncio.sleep(60)

    async with HttpClient(options(resolve=resolve, limits=Limits(connect_s=0.1))) as client:
        with pytest.raises(Unreachable, match="name server does not answer"):
            await client.request("GET", "http://nowhere.example/")


async def test_label_that_is_too_long_for_a_name_is_an_unknown_name():
    async with HttpClient(options()) as client:
        with pytest.raises(Unreachable, match="name is not known"):
            await client.request("GET", f"http://{'a' * 70}.example/")


async def test_second_address_is_tried_where_the_first_refuses(server):
    names = Names(["127.0.0.2", "127.0.0.1"])
    hosts = frozenset({"127.0.0.0/8"})
    async with HttpClient(options(allowed_private_hosts=hosts, resolve=names)) as client:
        assert (await client.request("GET", server.url("/fine", host="two.example"))).status == 200


async def test_proxy_of_the_environment_is_not_asked(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    async with HttpClient(options()) as client:
        assert (await client.request("GET", server.url("/fine"))).status == 200
