# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for nginx as the role lays it down, and for the endpoints behind it: ``python stand_in_nginx.py FOLDER``.

It writes the port that it listens at to ``FOLDER/port``, and ends when ``/stop``
is asked for. Real balancers are under tests/e2e.
"""

from __future__ import annotations

import http.server
import os
import sys
import threading

FOLDER = sys.argv[1]
FIRST_SPLIT = "green=00000,preview=none,sticky=off"


class StandIn(http.server.BaseHTTPRequestHandler):
    """Says which split it sees to who asks by that name, and is well."""

    def do_GET(self):
        name = self.headers["Host"].partition(":")[0]
        answers = {"shop.split.invalid": self.split, "shop.generation.invalid": lambda: "stand-in"}
        body = answers.get(name, lambda: "well")().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/stop":
            threading.Thread(target=self.server.shutdown).start()

    def split(self):
        try:
            return os.path.basename(os.readlink(os.path.join(FOLDER, "current")))
        except FileNotFoundError:
            return FIRST_SPLIT


def main():
    """Serve until told to stop."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn) as server:
        new = os.path.join(FOLDER, "port.new")
        with open(new, "w", encoding="ascii") as handle:
            handle.write(str(server.server_address[1]))
        os.rename(new, os.path.join(FOLDER, "port"))
        server.serve_forever()


if __name__ == "__main__":
    main()
