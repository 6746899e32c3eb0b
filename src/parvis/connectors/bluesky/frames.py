"""Frames of com.atproto.sync.subscribeRepos: two DAG-CBOR objects, the second with a commit's blocks in a CAR.

https://atproto.com/specs/event-stream and https://atproto.com/specs/sync, read 2026-11.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

POSTS = "app.bsky.feed.post/"


class FrameFault(ValueError):
    """It is no frame as it is specified."""


@dataclass(frozen=True, slots=True)
class Frame:
    kind: str
    """ "#commit", "#identity", "#account", "#sync", "#info"; "" for an error."""
    body: dict[str, Any]

    @property
    def seq(self) -> int | None:
        seq = self.body.get("seq")
        return seq if isinstance(seq, int) and not isinstance(seq, bool) else None

    @property
    def concerns_posts(self) -> bool:
        return self.kind == "#commit" and any(True for _ in self.posts())

    def posts(self) -> Iterator[tuple[str, str, Any]]:
        """Action, record key and CID of each post that the commit creates, changes or deletes."""
        ops = self.body.get("ops")
        for op in ops if isinstance(ops, list) else ():
            path = op.get("path") if isinstance(op, dict) else None
            if isinstance(path, str) and path.startswith(POSTS):
                yield str(op.get("action")), path.removeprefix(POSTS), op.get("cid")


def frame_of(message: bytes) -> Frame:
    """Raises FrameFault. The blocks are not unpacked yet."""
    from libipld import decode_dag_cbor_multi  # a library of its own weight: loaded with the first frame

    try:
        parts = decode_dag_cbor_multi(message)
    except (ValueError, RecursionError) as error:
        raise FrameFault(str(error)) from error
    if len(parts) != 2 or not isinstance(parts[0], dict) or not isinstance(parts[1], dict):
        raise FrameFault("not a header and a body")
    return Frame(str(parts[0].get("t") or ""), parts[1])


def commit_of(message: bytes) -> Frame:
    """Raises FrameFault where it is a frame of another kind."""
    frame = frame_of(message)
    if frame.kind != "#commit":
        raise FrameFault(f"a frame {frame.kind}")
    return frame


def blocks_of(frame: Frame) -> dict[bytes, Any]:
    """The commit's blocks by CID. Raises FrameFault."""
    from libipld import decode_car

    packed = frame.body.get("blocks")
    if not isinstance(packed, bytes):
        raise FrameFault("no blocks")
    if not packed:
        return {}  # the server left them out, as it does where a commit is too big
    try:
        _, blocks = decode_car(packed)
    except (ValueError, RecursionError) as error:
        raise FrameFault(str(error)) from error
    return dict(blocks)


def written_cid(cid: object) -> str:
    """As it is written in JSON; "" where it is none."""
    from libipld import encode_cid

    try:
        return encode_cid(cid) if isinstance(cid, bytes) else ""
    except ValueError:
        return ""
