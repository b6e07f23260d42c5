"""A long list against nginx, short enough for every day; `make scale` takes
longer."""

from scale import scale
from servers import Servers


def test_memory_and_connections_do_not_grow_over_nginx(tmp_path):
    with Servers(tmp_path, {"3 KB": 3000}) as servers:
        scale(2000, servers)
