"""A man in the middle: takes connections to a server, and does something to
one TLS record (RFC 5246 section 6.2.1) of them."""

import socket
import threading


class Ended(Exception):
    """Raised by a deed: these last bytes are sent, then the connection is
    closed on both sides."""

    def __init__(self, last=b""):
        super().__init__()
        self.last = last


class Middle:
    """Between a client and the server on `port`. Of the records that `side`
    ("server" or "client") sends, the nth of each connection (from 0) is given
    to `deed`, which gives the bytes to send on, all of them or one by one."""

    def __init__(self, port, side="server", nth=None, deed=None):
        self._upstream = port
        self._plan = side, nth, deed
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = []
        self._sockets = []
        self.done = 0                 # how often the deed was done

    def __enter__(self):
        self._spawn(self._accept)
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        for sock in self._sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads:
            thread.join(10)
        for sock in [self._listener, *self._sockets]:
            sock.close()

    def _spawn(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._upstream))
            self._sockets += [client, server]
            for sock in client, server:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._spawn(self._copy, "client", client, server)
            self._spawn(self._copy, "server", server, client)

    def _copy(self, side, source, target):
        n = 0
        try:
            while record := self._record(source):
                pieces = [record]
                if self._plan[:2] == (side, n):
                    self.done += 1
                    pieces = self._plan[2](record)
                for piece in pieces:
                    target.sendall(piece)
                n += 1
            target.shutdown(socket.SHUT_WR)
        except Ended as ended:
            self._end(target, source, ended.last)
        except OSError:
            pass

    @staticmethod
    def _end(target, source, last):
        try:
            target.sendall(last)
            for sock in target, source:
                sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    @staticmethod
    def _record(source):
        data = b""
        need = 5
        while len(data) < need:
            more = source.recv(need - len(data))
            if not more:
                return data
            data += more
            if len(data) == 5:
                need = 5 + int.from_bytes(data[3:5], "big")
        return data
