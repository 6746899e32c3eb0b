"""Between the desk and a real server: passes everything on, and fails when it is told to, before or after the work."""

import re
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

_NOT_PASSED_ON = {
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "keep-alive",
    "date",
    "server",
}


@dataclass
class Relay:
    """`fail(method, path, how)` is for the next such request: see `_Passing.act`. `asked` is what came in."""

    target: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    dropped_headers: set[str] = field(default_factory=set)
    _faults: list[tuple[str, str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        relay = self

        class Handler(_Passing):
            pass

        Handler.relay = relay
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def fail(self, method: str, path: str, how: str) -> None:
        self._faults.append((method, path, how))

    def take_fault(self, method: str, path: str) -> str:
        for fault in self._faults:
            if fault[0] == method and re.search(fault[1], path):
                self._faults.remove(fault)
                return fault[2]
        return ""

    def count(self, method: str, path: str) -> int:
        return sum(one == method and re.search(path, place) is not None for one, place in self.asked)


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    relay: Relay

    def act(self) -> None:
        """broken before, limited: refused without any work. broken after, cut after, silent after: the work is done.

        late: the work is done once nobody waits for it any more.
        """
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.relay.asked.append((self.command, self.path))
        how = self.relay.take_fault(self.command, self.path)
        if how == "broken before":
            return self.say(500, {}, b'{"error": "broken"}')
        if how == "limited":
            return self.say(429, {"retry-after": "7"}, b'{"error": "too many"}')
        if how == "late":
            time.sleep(2.0)
        status, headers, answer = self.passed_on(body)
        if how == "broken after":
            return self.say(500, {}, b'{"error": "broken"}')
        if how == "cut after":
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return self.connection.close()
        if how == "silent after":
            time.sleep(2.0)
        return self.say(status, headers, answer)

    do_GET = do_POST = do_PUT = do_DELETE = act  # noqa: N815 - the library's names

    def passed_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        dropped = _NOT_PASSED_ON | self.relay.dropped_headers
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        request = urllib.request.Request(
            self.relay.target + self.path, data=body or None, headers=headers, method=self.command
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        """Silent."""
