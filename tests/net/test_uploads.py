"""A file that is sent: whole, in pieces, bounded, and judged as any other request is."""

import asyncio
import tracemalloc
from email import message_from_bytes
from pathlib import Path

import pytest
from tests.net.conftest import options

from parvis.core.connector import File
from parvis.core.errors import (
    AddressRefused,
    BadInput,
    FileNotUnderstood,
    RateLimited,
    RemoteBroken,
    RightMissing,
    TimedOut,
    Unreachable,
)
from parvis.net import HttpClient, Limits
from parvis.net.files import PIECE_BYTES, FileBody

BODY = bytes(range(256)) * 5_000


@pytest.fixture
def file(tmp_path):
    return a_file(tmp_path, BODY)


def a_file(folder: Path, body: bytes, name: str = "lake.png") -> File:
    path = folder / "stored"
    path.write_bytes(body)
    return File(path=path, mime="image/png", size_bytes=len(body), name=name)


def form_of(visit):
    kind = f"Content-Type: {visit.headers['content-type']}\r\n\r\n".encode()
    return {
        part.get_param("name", header="content-disposition"): part
        for part in message_from_bytes(kind + visit.body).get_payload()
    }


async def taken(visit):
    await visit.answer(200, {"size": len(visit.body)})


async def test_file_travels_whole_as_a_field_of_a_form(server, client, file):
    server.routes["/media"] = taken
    await client.upload("POST", server.url("/media"), file=file, field="file", data={"description": "Un lac « bleu »"})
    form = form_of(server.visits[0])
    assert form["description"].get_payload(decode=True).decode() == "Un lac « bleu »"
    assert (form["file"].get_payload(decode=True), form["file"].get_content_type()) == (BODY, "image/png")
    assert form["file"].get_filename() == "lake.png"
    assert int(server.visits[0].headers["content-length"]) == len(server.visits[0].body)


async def test_file_travels_alone_under_its_own_content_type(server, client, file):
    server.routes["/blob"] = taken
    await client.upload("PUT", server.url("/blob"), file=file, field=None, headers={"x-one": "1"}, params={"a": 1})
    visit = server.visits[0]
    assert (visit.method, visit.body, visit.headers["content-type"]) == ("PUT", BODY, "image/png")
    assert (visit.headers["x-one"], visit.query) == ("1", {"a": "1"})


async def test_session_signs_an_upload_at_its_own_origin_alone(server, client, file):
    server.routes["/media"] = taken
    mine = client.session(server.url("/"), {"username": "zoe", "password": "abcd"})
    await mine.upload("POST", "/media", file=file, field="file")
    assert server.visits[0].headers["authorization"].startswith("Basic ")
    away = client.session("https://example.org/", {"username": "zoe", "password": "abcd"})
    await away.upload("POST", server.url("/media"), file=file, field="file", headers={"Authorization": "Bearer t"})
    assert "authorization" not in server.visits[1].headers


@pytest.mark.parametrize("name", ['a"b.png', "a\r\nX-Evil: 1\r\n\r\nb.png", "été 👩‍👩‍👧.png"])
async def test_no_name_of_a_file_breaks_out_of_its_place(server, client, tmp_path, name):
    server.routes["/media"] = taken
    await client.upload("POST", server.url("/media"), file=a_file(tmp_path, b"x", name), field="file")
    form = form_of(server.visits[0])
    assert list(form) == ["file"] and form["file"].get_payload(decode=True) == b"x"
    assert "x-evil" not in {header.lower() for header in form["file"]}


async def test_file_is_read_in_pieces(tmp_path):
    path = tmp_path / "film"
    with path.open("wb") as opened:
        opened.truncate(12_000_000)
    film = File(path=path, mime="video/mp4", size_bytes=12_000_000, name="film.mp4")
    body = FileBody(film, field="file", data={})
    tracemalloc.start()
    sizes = [len(piece) async for piece in body]
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(sizes) == len(body) and max(sizes) <= PIECE_BYTES and most_bytes < 4 * PIECE_BYTES


@pytest.mark.parametrize("change", [b"", BODY + b"x", BODY[:-1]])
async def test_file_that_is_not_as_it_was_said_is_not_sent(server, client, file, change):
    file.path.write_bytes(change)
    with pytest.raises(FileNotUnderstood):
        await client.upload("POST", server.url("/media"), file=file, field="file")
    file.path.unlink()
    with pytest.raises(FileNotUnderstood):
        await client.upload("POST", server.url("/media"), file=file, field="file")
    assert server.visits == []


async def test_fields_want_a_form(server, client, file):
    with pytest.raises(BadInput):
        await client.upload("POST", server.url("/media"), file=file, field=None, data={"a": "b"})


async def test_private_address_takes_no_file(server, file):
    async with HttpClient(options(allowed_private_hosts=frozenset())) as guarded:
        with pytest.raises(AddressRefused):
            await guarded.upload("POST", server.url("/media"), file=file, field="file")
    assert server.visits == []


@pytest.mark.parametrize(
    ("status", "headers", "error", "maybe_done"),
    [
        (500, {}, RemoteBroken, True),
        (403, {}, RightMissing, False),
        (429, {"retry_after": "30"}, RateLimited, False),
    ],
)
async def test_refusals_are_judged_as_those_of_other_writes(server, client, file, status, headers, error, maybe_done):
    async def refusing(visit):
        await visit.answer(status, {"error": "no"}, **headers)

    server.routes["/media"] = refusing
    with pytest.raises(error) as caught:
        await client.upload("POST", server.url("/media"), file=file, field="file")
    assert caught.value.maybe_done is maybe_done
    answer = await client.upload(
        "POST", server.url("/media"), file=file, field="file", accept_statuses=frozenset({status})
    )
    assert answer.status == status


async def test_upload_that_is_cut_off_is_in_doubt_and_not_sent_again(server, client, file):
    async def cutting(visit):
        visit.reset()

    server.routes["/media"] = cutting
    with pytest.raises(Unreachable) as caught:
        await client.upload("POST", server.url("/media"), file=file, field="file")
    assert caught.value.maybe_done and len(server.visits) == 1


async def test_larger_file_has_more_time_and_not_for_ever(server, file):
    async def slow(visit):
        await asyncio.sleep(0.3)
        await visit.answer(200)

    server.routes["/media"] = slow
    tight = Limits(connect_s=1, read_s=2, total_s=0.1, upload_bytes_per_s=2_000_000)
    async with HttpClient(options(limits=tight)) as client:
        await client.upload("POST", server.url("/media"), file=file, field="file")
    short = Limits(connect_s=1, read_s=2, total_s=0.1, upload_bytes_per_s=2_000_000_000)
    async with HttpClient(options(limits=short)) as client:
        with pytest.raises(TimedOut) as caught:
            await client.upload("POST", server.url("/media"), file=file, field="file")
    assert caught.value.maybe_done


async def test_upload_follows_a_redirect_that_keeps_the_method(server, client, file):
    async def moved(visit):
        await visit.answer(307, location="/media")

    server.routes["/old"], server.routes["/media"] = moved, taken
    await client.upload("POST", server.url("/old"), file=file, field=None)
    assert server.visits[-1].body == BODY
