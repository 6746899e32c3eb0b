"""A loopback receiver of JSON notices, which may refuse or send on."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """`taken` are the bodies that came; `answers` the statuses to come, then 200; `to` an address that 307 leads to."""

    def __init__(self, *, to=""):
        self.taken, self.answers, self.to = [], [], to
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.taken.append(json.loads(body))
                status = 307 if receiver.to else receiver.answers.pop(0) if receiver.answers else 200
                self.send_response(status)
                if receiver.to:
                    self.send_header("Location", receiver.to)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"


@contextmanager
def receiving(**named):
    receiver = Receiver(**named)
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
