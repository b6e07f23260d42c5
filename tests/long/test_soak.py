"""A soak that is short enough for every day; `make soak` takes longer."""

from soak import soak


def test_memory_does_not_grow_with_the_list(certificate, ca, tmp_path):
    seen = soak(20000, certificate, ca, tmp_path)
    assert seen["many"] <= 1024
    assert seen["many"] <= seen["few"] + 64
    assert seen["connections"] == (1, 1)
