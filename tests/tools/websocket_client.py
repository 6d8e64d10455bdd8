#!/usr/bin/env python3
"""The WebSocket client of the other tests, against a peer that sends what it is told, when it is told.

Usage: websocket_client.py [unittest arguments]
"""

import json
import os
import socket
import struct
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support.websocket import Closed, WebSocket  # noqa: E402

PATIENCE = 0.02  # Seconds after which the client gives the word back.


def frame(payload, opcode=1):
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
    return head + payload


class Frames(unittest.TestCase):
    def setUp(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        opened = []
        opening = threading.Thread(
            target=lambda: opened.append(WebSocket(listener.getsockname(), "/", timeout=10)))
        opening.start()
        self.peer, _ = listener.accept()
        self.addCleanup(self.peer.close)
        while not self.peer.recv(1 << 16).endswith(b"\r\n\r\n"):
            pass
        self.peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        opening.join()
        self.client = opened[0]
        self.addCleanup(self.client.close)
        self.client.socket.settimeout(PATIENCE)

    def test_a_frame_that_comes_in_parts_is_one_frame_however_often_patience_ends(self):
        for size in (3, 300, 70_000):
            message = {"text": "x" * size}
            whole = frame(json.dumps(message).encode())
            for cut in (1, 2, 3, 9, 12, len(whole) - 1):
                with self.subTest(size=size, cut=cut):
                    self.peer.sendall(whole[:cut])
                    with self.assertRaises(TimeoutError):
                        self.client.receive()
                    self.peer.sendall(whole[cut:])
                    self.client.socket.settimeout(10)
                    self.assertEqual(self.client.receive(), message)
                    self.client.socket.settimeout(PATIENCE)

    def test_frames_that_come_together_are_told_apart(self):
        self.peer.sendall(frame(b"1") + frame(b"", opcode=9) + frame(b"2"))
        self.assertEqual([self.client.receive(), self.client.receive()], [1, 2])

    def test_the_code_of_a_close_frame_is_told(self):
        self.peer.sendall(frame(struct.pack("!H", 4000) + b"reason", opcode=8))
        with self.assertRaises(Closed) as caught:
            self.client.receive()
        self.assertEqual(caught.exception.code, 4000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
