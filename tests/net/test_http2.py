"""With http2 switched on, the same bounds hold."""

import asyncio

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import pytest
from tests.net.certificates import serving
from tests.net.conftest import options

from parvis.core.errors import AnswerTooLarge, RemoteBroken, TimedOut
from parvis.net import HttpClient


async def _serve(reader, writer):
    """Answers /fine, /500 and /endless, and nothing else ever."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    endless: int | None = None
    try:
        while True:
            writer.write(connection.data_to_send())
            await writer.drain()
            data = await reader.read(65536)
            if not data:
                break
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    path = dict(event.headers)[b":path"]
                    if path in {b"/fine", b"/500", b"/endless"}:
                        status = "500" if path == b"/500" else "200"
                        connection.send_headers(event.stream_id, [(":status", status)], end_stream=path != b"/endless")
                    endless = event.stream_id if path == b"/endless" else None
            while endless and (window := connection.local_flow_control_window(endless)):
                connection.send_data(endless, b"x" * min(window, 16384))
    except (OSError, h2.exceptions.ProtocolError):
        pass  # the client leaves as it likes
    finally:
        writer.close()


@pytest.fixture
async def url():
    context = serving("good")
    context.set_alpn_protocols(["h2"])
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_http2_is_spoken_and_bounded(url):
    async with HttpClient(options(http2=True)) as client:
        assert (await client.request("GET", url + "/fine")).status == 200
        assert "HTTP/2" in client._pool.connections[0].info()
        with pytest.raises(RemoteBroken) as broken:
            await client.request("POST", url + "/500", json={})
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", url + "/endless")
    assert broken.value.maybe_done is True


async def test_write_over_http2_that_is_not_answered_may_be_done(url):
    async with HttpClient(options(http2=True)) as client:
        with pytest.raises(TimedOut) as caught:
            await client.request("POST", url + "/silent", json={})
    assert caught.value.maybe_done is True
