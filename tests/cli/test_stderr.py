"""Standard error: each line is one write(2), so that lines of several processes
that share a log or a terminal do not mix."""

import socket

from test_run import cases


@cases("args", {
    "a wrong option": ["--nonsense"],
    "a line of 4 KB": ["extract", "\x1bx" * 1500],
    "a failed command": ["extract", "absent", "absent too"],
})
def test_a_line_of_standard_error_is_one_write(ocrdyn, args):
    """A socket of this kind keeps the bytes of each write apart."""
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with reader:
        with writer:
            process = ocrdyn.start(args, stderr=writer)
        reader.settimeout(60)
        writes = list(iter(lambda: reader.recv(65536), b""))
        process.wait(60)
    assert writes
    for data in writes:
        assert data.startswith(b"ocrdyn: ") and data.endswith(b"\n")
        assert data.count(b"\n") == 1
