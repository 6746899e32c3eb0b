"""Between the desk and a real SMTP server, byte by byte: passes everything on, and fails where it is told to."""

import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Self

END = b"\r\n.\r\n"
_ANSWERED = (
    ("greylisted", b"RCPT", b"451 4.7.1 Greylisted, come back in five minutes\r\n"),
    ("refused", b"RCPT", b"550 5.7.1 Only members may write to this list\r\n"),
    ("busy", b"MAIL", b"421 4.3.2 Too many connections\r\n"),
)


@dataclass
class SmtpRelay:
    """`fail(how)` is for the next mail: see `_Line.act`. `mails` counts those that were handed over whole."""

    target: tuple[str, int]
    mails: int = 0
    _faults: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.close()

    def fail(self, how: str) -> None:
        self._faults.append(how)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            how = self._faults.pop(0) if self._faults else ""
            threading.Thread(target=_Line(self, client, how).act, daemon=True).start()


class _Line:
    """One connection."""

    def __init__(self, relay: SmtpRelay, client: socket.socket, how: str) -> None:
        self.relay, self.client, self.how = relay, client, how
        self.server = socket.create_connection(relay.target, timeout=30)
        self.is_deaf = False

    def act(self) -> None:
        """greylisted, busy, refused: the relay answers itself, and no mail is handed over. cut before the dot: all of
        the mail but its end is. cut after the dot, silent after the dot: the mail is taken, and nobody says so.
        """
        threading.Thread(target=self._back, daemon=True).start()
        kept = b""
        try:
            while data := self.client.recv(65536):
                kept += data
                if not self._passes(data, kept):
                    break
                self.server.sendall(data)
        except OSError:
            pass
        self.server.close()

    def _passes(self, data: bytes, kept: bytes) -> bool:
        for how, command, line in _ANSWERED:
            if self.how == how and data.startswith(command):
                self.client.sendall(line)
                return False
        if self.how == "cut before the dot" and b"\r\n\r\n" in kept:
            return self._cut()
        if not kept.endswith(END):
            return True
        self.relay.mails += 1
        if not self.how.endswith("after the dot"):
            return True
        self.is_deaf = True
        self.server.sendall(data)
        time.sleep(0.5)  # the mail is filed
        if self.how == "cut after the dot":
            return self._cut()
        time.sleep(4.0)
        return False

    def _cut(self) -> bool:
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()
        return False

    def _back(self) -> None:
        try:
            while data := self.server.recv(65536):
                if not self.is_deaf:
                    self.client.sendall(data)
        except OSError:
            pass
