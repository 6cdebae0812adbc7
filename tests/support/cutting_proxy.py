"""A way to a PostgreSQL server that can be cut: what the client says arrives, the answer does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"


class CuttingProxy:
    """Passes on bytes between a folder's socket and the server's, until `cut` finds what it waits for."""

    def __init__(self, folder: Path, server_folder: Path) -> None:
        self._server = str(server_folder / _SOCKET)
        self._words: bytes | None = None
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / _SOCKET))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, words: str) -> None:
        """Who says `words` next is not given the server's answer: the connection is gone instead."""
        self._words = words.encode()

    @property
    def has_cut(self) -> bool:
        return self._words is None

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                is_cut = threading.Event()
                threading.Thread(target=self._ask, args=(client, server, is_cut), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client, is_cut), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, is_cut: threading.Event) -> None:
        with suppress(OSError):
            while said := client.recv(1 << 20):
                if self._words and self._words in said:
                    self._words = None
                    is_cut.set()
                server.sendall(said)
        _hang_up(client, server)

    def _answer(self, server: socket.socket, client: socket.socket, is_cut: threading.Event) -> None:
        with suppress(OSError):
            while (said := server.recv(1 << 20)) and not is_cut.is_set():
                client.sendall(said)
        _hang_up(client, server)


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def cutting_proxy(folder: Path, server_folder: Path) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(folder, server_folder)
    try:
        yield proxy
    finally:
        proxy.close()
