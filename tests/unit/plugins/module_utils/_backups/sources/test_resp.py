# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol of Redis: any bytes come through whole, in whatever pieces, and nonsense is noticed."""

from __future__ import annotations

import collections.abc
import socket
import threading
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.resp import (
    Connection,
    ReplyError,
    encoded,
)

LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=5)
REPLIES: st.SearchStrategy[t.Any] = st.recursive(
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=20), LINES),
    lambda below: st.lists(below, max_size=4),
    max_leaves=8,
)


def written(reply: t.Any) -> bytes:
    """As a server writes it: a text as a status, bytes as what they are."""
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, str):
        return b"+%b\r\n" % reply.encode()
    if isinstance(reply, bytes):
        return b"$%d\r\n%b\r\n" % (len(reply), reply)
    return b"*%d\r\n" % len(reply) + b"".join(map(written, reply))


def answered(pieces: collections.abc.Iterable[bytes], commands: int = 1) -> list[t.Any]:
    """The replies of a server that sends *pieces* and hangs up."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        for piece in pieces:
            theirs.sendall(piece)
        theirs.shutdown(socket.SHUT_WR)

    server = threading.Thread(target=serve)
    with ours, theirs:
        server.start()
        try:
            return Connection(ours).calls([["PING"]] * commands)
        finally:
            server.join()


@given(reply=REPLIES, size=st.integers(1, 7))
def test_a_reply_is_read_as_it_was_written_in_whatever_pieces(reply: t.Any, size: int) -> None:
    sent = written(reply)

    assert answered(sent[begin : begin + size] for begin in range(0, len(sent), size)) == [reply]


@given(replies=st.lists(REPLIES, min_size=1, max_size=5))
def test_replies_come_in_the_order_of_the_commands(replies: list[t.Any]) -> None:
    assert answered([b"".join(map(written, replies))], len(replies)) == replies


@given(command=st.lists(st.one_of(st.binary(max_size=9), st.integers(), st.text(max_size=5)), min_size=1, max_size=4))
def test_a_command_is_a_list_of_bytes(command: list[t.Any]) -> None:
    wanted = [part if isinstance(part, bytes) else str(part).encode() for part in command]

    assert answered([encoded(command)]) == [wanted]


def test_an_error_is_raised_for_one_command_and_told_among_several() -> None:
    told = answered([b"+OK\r\n-ERR no such thing\r\n*2\r\n:1\r\n-WRONGTYPE inside\r\n"], 3)
    assert told[0] == "OK"
    assert isinstance(told[1], ReplyError)
    assert str(told[1]) == "ERR no such thing"
    assert isinstance(told[2][1], ReplyError)

    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"-NOAUTH first\r\n")
        with pytest.raises(ReplyError, match="NOAUTH first"):
            Connection(ours).call("PING")


@pytest.mark.parametrize("sent", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$x\r\n", b"*1.5\r\n", b":\r\n"])
def test_another_protocol_is_no_reply(sent: bytes) -> None:
    with pytest.raises(ConnectionError, match="does not speak the protocol of Redis"):
        answered([sent])


@pytest.mark.parametrize("sent", [b"", b"$5\r\nhel", b"*2\r\n:1\r\n", b"+O"])
def test_one_that_hangs_up_amid_a_reply_is_noticed(sent: bytes) -> None:
    with pytest.raises(ConnectionError, match="hung up"):
        answered([sent])
