# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service to be supervised: ``python instance.py PORT [--deaf]``. Tells over HTTP how it was started.

Each SIGHUP is counted; with ``--deaf`` SIGTERM is ignored. ``GET /slow`` answers
when a SIGTERM has come: a request that is in flight while the service ends.
"""

from __future__ import annotations

import http.server
import json
import os
import signal
import sys
import threading

REPORT = {"pid": os.getpid(), "uid": os.getuid(), "directory": os.getcwd(), "argv": sys.argv[1:], "reloads": 0}
ending = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            ending.wait()
        body = json.dumps({**REPORT, "environment": dict(os.environ)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def count_reload(*_arguments: object) -> None:
    REPORT["reloads"] += 1


def end(*_arguments: object) -> None:
    ending.set()
    threading.Thread(target=server.shutdown).start()


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.daemon_threads = False
signal.signal(signal.SIGHUP, count_reload)
signal.signal(signal.SIGTERM, signal.SIG_IGN if "--deaf" in sys.argv else end)
server.serve_forever()
server.server_close()
