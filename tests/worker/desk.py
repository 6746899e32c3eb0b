"""The whole desk in processes of its own, and somebody who clicks in it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2] / "src"
PASSWORD = "correct horse battery"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Desk:
    """`start` may be called again after it ended."""

    data: Path
    log: Path
    port: int = field(default_factory=free_port)
    options: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PARVIS_", "DJANGO_"))}
        said = self.log.read_text().count("Parvis is open") if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "parvis", "run", "--port", str(self.port), "--data", str(self.data)],
                env={**kept, "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8", **self.options},
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self.log.read_text().count("Parvis is open") > said, limit_s=90)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(90)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(90)

    def open_house(self) -> None:
        """Olive owns Radio Parvis and is signed in."""
        wait_until(lambda: "/enter/" in self.log.read_text())
        path = re.findall(r"/enter/\S+", self.log.read_text())[-1]
        form = {
            "house": "Radio Parvis", "zone": "UTC", "language": "en", "name": "Olive", "email": "olive@example.org",
            "password": PASSWORD,
        }  # fmt: skip
        self.post(path, form)
        assert self.get("/departments/").status == 200

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask(urllib.request.Request(self.address + path, headers=headers))

    def post(self, path: str, form: dict[str, Any], **headers: str) -> Answer:
        """With the token that the browser was given; follows the redirect."""
        token = next((cookie.value for cookie in self.jar if cookie.name == "csrftoken"), None)
        if token is None:
            self.get(path)
            token = next((cookie.value for cookie in self.jar if cookie.name == "csrftoken"), "")
        body = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token}, doseq=True).encode()
        return self._ask(urllib.request.Request(self.address + path, data=body, headers=headers))

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.read().decode(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers))

    def departments(self) -> set[str]:
        return set(re.findall(r"Dep-\d+", self.get("/departments/").text))

    def add_department(self, number: int) -> Answer:
        return self.post("/departments/", {"name": f"Dep-{number}"})


def wait_until(claim: Any, limit_s: float = 30.0) -> None:
    deadline = time.monotonic() + limit_s
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
