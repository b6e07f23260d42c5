"""The command line is parsed like getopt_long does: random command lines of
`extract`, whose output shows how each was parsed, compared with Python's
gnu_getopt."""

import getopt
import json
import random

import pytest

WORDS = ["-0", "-p", "-p/a", "-0p", "-0p/b", "-p0", "-p=/a", "-00", "-0x", "-x",
         "-p-", "-0-", "--null", "--nul", "--n", "--null=", "--null=1",
         "--pointer", "--pointer=/a", "--point=/b", "--p", "--p=", "--pointer=",
         "--pointers", "--=", "--x", "--", "-", "---", "", "/a", "/b", "f", "g",
         "none", "=", "-="]


def parsed(args):
    """Returns (pointer, whether -0 is given, words), or None."""
    try:
        options, words = getopt.gnu_getopt(args, "0p:", ["null", "pointer="])
    except getopt.GetoptError:
        return None
    pointer, null = None, False
    for name, value in options:
        if name in ("-p", "--pointer"):
            pointer = value
        else:
            null = True
    if pointer is not None and pointer[:1] not in ("", "/"):
        return None
    return pointer, null, words


def expected(meant, documents):
    """Returns the expected output and the files with an error."""
    pointer, null, words = meant
    output, wrong = "", []
    for word in words or ["-"]:
        document = documents.get(word)
        if document is None:
            wrong.append(word)
            continue
        if pointer == "":
            value = json.dumps(document, separators=(",", ":"))
        else:
            value = document.get((pointer or "/t")[1:])
        if value is None or pointer is None:
            wrong.append(word)
        else:
            output += value + ("\0" if null else "\n")
    return output, wrong


@pytest.mark.parametrize("seed", range(8))
def test_command_lines_are_parsed_like_getopt(ocrdyn, tmp_path, seed):
    documents = {"-": {"a": "1", "b": "2"}, "f": {"a": "3"},
                 "g": {"a": "4", "b": "5"}}
    for name in "fg":
        (tmp_path / name).write_text(
            json.dumps(documents[name], separators=(",", ":")))
    source = random.Random(seed)
    for _ in range(60):
        args = source.choices(WORDS, k=source.randrange(6))
        if args.count("-") > 1:          # the second one reads nothing
            continue
        done = ocrdyn(["extract", *args], json.dumps(
            documents["-"], separators=(",", ":")).encode())
        meant = parsed(args)
        if meant is None:
            assert (done.returncode, done.stdout) == (2, b""), args
            assert "(try: ocrdyn extract -h)" in done.stderr, args
            continue
        output, wrong = expected(meant, documents)
        assert done.stdout.decode() == output, args
        assert done.returncode == (1 if wrong else 0), args
        assert len(done.stderr.splitlines()) == len(wrong), args
