"""A blocking WebSocket (RFC 6455) that says exactly what goes over the wire; for tests only."""

import base64
import json
import os
import socket
import struct


class Closed(Exception):
    """The connection is over; `code` is that of the close frame, if there was one."""

    def __init__(self, code=None):
        super().__init__(f"closed with {code}")
        self.code = code


class WebSocket:
    def __init__(self, address, path, token=None, timeout=30):
        self.buffer = b""
        try:
            self.socket = socket.create_connection(address, timeout=timeout)
        except OSError as error:
            raise Closed() from error
        try:
            key = base64.b64encode(os.urandom(16)).decode()
            lines = [f"GET {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Upgrade: websocket",
                     "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
            if token:
                lines.append("Authorization: Bearer " + token)
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            while b"\r\n\r\n" not in self.buffer:
                self.fill()
        except (Closed, OSError) as error:
            self.close()
            raise Closed() from error
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])

    def close(self):
        self.socket.close()

    def fill(self):
        some = self.socket.recv(1 << 16)
        if not some:
            raise Closed()
        self.buffer += some

    def need(self, count):
        while len(self.buffer) < count:
            self.fill()

    def take_frame(self):
        """Opcode and payload of the next frame. A frame of which only a part came stays in the buffer
        whole, so that a caller whose patience ended can ask again."""
        self.need(2)
        start, size = 2, self.buffer[1] & 0x7F
        if size >= 126:
            start, form = (4, "!H") if size == 126 else (10, "!Q")
            self.need(start)
            size = struct.unpack(form, self.buffer[2:start])[0]
        self.need(start + size)
        opcode, payload = self.buffer[0] & 0x0F, self.buffer[start:start + size]
        self.buffer = self.buffer[start + size:]
        return opcode, payload

    def send(self, payload, opcode=1):
        mask = os.urandom(4)
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        else:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        try:
            self.socket.sendall(head + mask + masked)
        except OSError as error:
            raise Closed() from error

    def subscribe(self, after):
        self.send(json.dumps({"type": "subscribe", "after_seq": after}).encode())

    def receive(self):
        """The next text frame as JSON. TimeoutError if none comes in time."""
        try:
            while True:
                opcode, payload = self.take_frame()
                if opcode == 1:
                    return json.loads(payload)
                if opcode == 8:
                    raise Closed(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None)
                if opcode == 9:
                    self.send(payload, opcode=10)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed() from error
