"""Connections for what is not HTTP keep the same rules: judged addresses, TLS, time and size."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest
from tests.net.certificates import serving
from tests.net.conftest import options
from tests.net.test_guard import Names

from parvis.core.errors import (
    AddressRefused,
    AnswerNotUnderstood,
    NotEncrypted,
    TimedOut,
    TlsFailed,
    Unreachable,
    WayRefused,
)
from parvis.net import HttpClient


@asynccontextmanager
async def talking(*said: bytes, context: ssl.SSLContext | None = None, pause_s: float = 0.0, stays: bool = True):
    """A server that says these pieces and then stays silent, or leaves."""
    heard = bytearray()

    async def talk(reader, writer):
        for piece in said:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
        while stays and (more := await reader.read(1000)):
            heard.extend(more)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


def opened(client, port, *, host="127.0.0.1", tls=False, **more):
    return client.session(f"imaps://{host}:{port}", {}).open_stream(host, port, tls=tls, **more)


async def test_lines_and_pieces_are_read_as_they_were_sent(client):
    async with talking(b"* OK hello\r\n12345rest") as (port, _):
        stream = await opened(client, port)
        assert await stream.read_line() == b"* OK hello\r\n"
        assert await stream.read_exactly(5) == b"12345"
        await stream.aclose()


async def test_certificate_is_checked_against_the_name(client):
    async with talking(b"* OK\r\n", context=serving("good")) as (port, _):
        stream = await opened(client, port, tls=True)
        assert await stream.read_line() == b"* OK\r\n"
        await stream.aclose()
    for kind in ("expired", "stranger", "wrong_name", "self_signed"):
        async with talking(b"* OK\r\n", context=serving(kind)) as (port, _):
            with pytest.raises(TlsFailed):
                await opened(client, port, tls=True)


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1"])
async def test_private_address_behind_a_public_name_is_refused(address):
    async with HttpClient(options(allowed_private_hosts=frozenset(), resolve=Names([address]))) as client:
        with pytest.raises(AddressRefused):
            await opened(client, 993, host="mail.example.org", tls=True)


async def test_nothing_travels_in_the_open_to_a_host_that_the_house_did_not_name():
    async with HttpClient(options(allowed_private_hosts=frozenset(), resolve=Names(["93.184.216.34"]))) as client:
        with pytest.raises(NotEncrypted):
            await opened(client, 143, host="mail.example.org")


@pytest.mark.parametrize("port", [22, 25, 6379, 0, 70_000])
async def test_ports_of_other_services_are_refused(client, port):
    with pytest.raises(WayRefused):
        await client.open_stream("127.0.0.1", port, tls=False)


async def test_session_leads_only_to_its_own_host(client):
    with pytest.raises(WayRefused):
        await client.session("imaps://mail.example.org", {}).open_stream("127.0.0.1", 993, tls=True)


async def test_line_without_end_is_cut(client):
    async with talking(b"x" * 100_000) as (port, _):
        stream = await opened(client, port, line_limit_bytes=10_000)
        with pytest.raises(AnswerNotUnderstood):
            await stream.read_line()
        await stream.aclose()


async def test_line_that_drips_is_late(client):
    async with talking(*[b"x"] * 20, pause_s=0.05) as (port, _):
        stream = await opened(client, port)
        with pytest.raises(TimedOut):
            await stream.read_line()
        await stream.aclose()


async def test_closed_connection_is_said_in_words(client):
    async with talking(b"half a li", stays=False) as (port, _):
        stream = await opened(client, port)
        with pytest.raises(Unreachable) as caught:
            await stream.read_line()
        await stream.aclose()
    assert "127.0.0.1" in caught.value.text.en


async def test_piece_that_is_cut_short_is_unreachable(client):
    async with talking(b"123", stays=False) as (port, _):
        stream = await opened(client, port)
        with pytest.raises(Unreachable):
            await stream.read_exactly(10)
        await stream.aclose()
