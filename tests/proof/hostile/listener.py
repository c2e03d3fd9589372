"""A port of this machine, requests and answers to the byte: no library refuses to send nonsense."""

from __future__ import annotations

import select
import socket
import threading
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.hostile.answer import Answer

_PAUSE_SECONDS = 0.01


@dataclass
class Request:
    """What came, as it came."""

    method: str
    path: bytes
    headers: dict[str, str]
    body: bytes


class Listener(ABC):
    """A port of this machine, a thread for it, and one for each connection."""

    def __init__(self) -> None:
        self._bound = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._bound.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._guard = threading.Lock()
        self._closing = False
        self.failures: list[BaseException] = []
        """What went wrong in a thread: a server with a bug of its own proves nothing."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """For as long as the block lasts."""
        accepting = threading.Thread(target=self._accept)
        accepting.start()
        try:
            yield
        finally:
            with self._guard:
                self._closing = True
                for one in self._open:
                    with suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                self._bound.shutdown(socket.SHUT_RDWR)
            accepting.join()
            self._bound.close()
            for thread in self._threads:
                thread.join()
        assert not self.failures, self.failures

    def _accept(self) -> None:
        while True:
            try:
                connection, _peer = self._bound.accept()
            except OSError:
                return
            with self._guard:
                if self._closing:
                    connection.close()
                    return
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads = [t for t in self._threads if t.is_alive()]
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self.answer(connection)
        except OSError:
            pass  # the other side has left
        except BaseException as error:
            self.failures.append(error)
        finally:
            with self._guard:
                self._open.discard(connection)
            connection.close()

    @abstractmethod
    def answer(self, connection: socket.socket) -> None:
        """One connection."""


class Sniffer(Listener):
    """Where nobody should ever come; it keeps every byte, and lures on whoever does."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []

    def answer(self, connection: socket.socket) -> None:
        self.heard.append(connection.recv(1 << 16))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def whole(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """An answer to the last byte, after which the connection ends."""
    told = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{told}\r\n"
    return head.encode("latin-1") + body


def read(connection: socket.socket) -> Request | None:
    """The request that comes; nothing where the other side leaves instead."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(1 << 16)
        if not more:
            return None
        received += more
    head, _blank, body = received.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, path, _version = first.split(b" ")
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _colon, value in pairs}
    while len(body) < int(headers.get("content-length", 0)):
        more = connection.recv(1 << 16)
        if not more:
            return None
        body += more
    return Request(method.decode(), path, headers, body)


def send(connection: socket.socket, wire: bytes, answer: Answer) -> None:
    """Bytes as they are, then what the answer has to say without end."""
    connection.sendall(wire)
    while answer.repeat:
        connection.sendall(answer.repeat)
        if answer.slowly and select.select([connection], [], [], _PAUSE_SECONDS)[0]:
            return
    if answer.hangs:
        select.select([connection], [], [])  # until the other side leaves, or we do
