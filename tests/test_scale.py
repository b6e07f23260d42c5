"""A long list against nginx, short enough for every day; `make scale` takes
longer."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent / "bench"))

from scale import scale  # noqa: E402
from servers import Servers  # noqa: E402


def test_memory_and_connections_do_not_grow_over_nginx(tmp_path):
    with Servers(tmp_path, {"3 KB": 3000}) as servers:
        scale(2000, servers)
