"""AWS's config and credentials files: profile.c (through profile_filter) and
botocore read the same generated files, and every key of every profile is
compared; where botocore refuses a file, so does profile.c; where the two
differ on purpose (see profile.h), a table says so. The words of
credential_process are compared with botocore's, too."""

import itertools
import json
import os
import random
import shlex
import subprocess

import botocore.session
import pytest
from botocore.compat import compat_shell_split
from botocore.exceptions import ConfigParseError

from conftest import ROOT

FILTER = ROOT / os.environ.get("BUILD", "build/units") / "profile_filter"
SEED = 20261128
NAMES = ["region", "s3", "aws_access_key_id", "credential_process", "x.y",
         "a b", "ca_bundle", "[odd", "größe"]
PROFILES = ["default", "x", "a b", "it's", "DEFAULT", "profile x", "y]z",
            "services"]
BLANKS = ["", "", "", " ", " ", "  ", "\t", " \t ", "\u00a0", "\u3000 ",
          "\x1c", "\v\f"]
VALUES = ["", "v", "eu-west-1", "a=b", "a:b", "=", ":", "a # b", "a ; b",
          "a\t#b", "#b", ";", "100%", "%(x)s", "%%", "${HOME}", '"q r"',
          "\\", "'", "[x]", "a \t b", "sch\u00f6n \u65e5\u672c", "v" * 9000]
# Names of sections, as they stand in the brackets
HEADERS = ["default", "x", "profile x", "profile a\tb", 'profile "a b"',
           "profile 'a b'", "profile a\\ b", 'profile "it\'s"', "profile",
           "profile  x", "profiles x", "profilex", " default", "default ",
           "profile x ", "profile x y", 'profile "x', "profile x\\",
           "profile y]z", "y]z", "it's", "a b", "profile default",
           'profile ""', "DEFAULT", "services x", "sso-session x", "[x",
           "profile #x", "größe"]


class Files:
    """The user's two files, and who is asked about them."""

    def __init__(self, folder, monkeypatch):
        self.paths = {"config": folder / "config",
                      "credentials": folder / "credentials"}
        for name in list(os.environ):
            if name.startswith("AWS_"):
                monkeypatch.delenv(name)
        self.env = {"AWS_CONFIG_FILE": str(self.paths["config"]),
                    "AWS_SHARED_CREDENTIALS_FILE":
                    str(self.paths["credentials"])}
        for name, value in self.env.items():
            monkeypatch.setenv(name, value)

    def write(self, config=b"", credentials=b""):
        self.paths["config"].write_bytes(config)
        self.paths["credentials"].write_bytes(credentials)

    def ask(self, *questions):
        """The answers to (profile, property, member), or a sentence."""
        done = subprocess.run(
            [FILTER], capture_output=True, env=self.env, timeout=60,
            input="".join(f"{part}\0" for question in questions
                          for part in question).encode())
        first, *lines = done.stdout.decode().splitlines()
        assert not done.stderr, done.stderr.decode()
        assert done.returncode == (first != "ok")
        return [json.loads(line) for line in lines] if first == "ok" else first

    @staticmethod
    def botocore():
        """Its profiles, or None where it refuses a file."""
        try:
            return botocore.session.Session().full_config["profiles"]
        except ConfigParseError:
            return None


@pytest.fixture
def files(tmp_path, monkeypatch):
    assert FILTER.exists(), f"{FILTER}: build it first"
    return Files(tmp_path, monkeypatch)


def differences(files):
    """What is not the same for both; None where both refuse a file."""
    expected = files.botocore()
    if expected is None:
        sentence = files.ask()
        return None if isinstance(sentence, str) else ["only botocore refuses"]
    names = {key for values in expected.values() for key in values}
    names |= {name.lower() for name in NAMES}
    questions, answers = [], []
    for profile in sorted({*PROFILES, *expected}):
        questions.append((profile, "", ""))
        answers.append(profile in expected)
        for name in sorted(names):
            value = expected.get(profile, {}).get(name)
            if isinstance(value, dict):
                members = {"x": None, "X": None, **value}
                questions += [(profile, name, member) for member in members
                              if member]
                answers += [members[member] for member in members if member]
            else:
                questions += [(profile, name, ""), (profile, name.upper()
                              if name.isascii() else name, "")]
                answers += [value, value]
    found = files.ask(*questions)
    if isinstance(found, str):
        return [f"only ocrdyn refuses: {found}"]
    return [(question, a, b) for question, a, b in
            zip(questions, found, answers, strict=True) if a != b]


def some_case(rng, name):
    return "".join(rng.choice([c, c, c.upper() if c.isascii() else c])
                   for c in name)


def some_block(rng, indent):
    """Lines below a property without a value."""
    lines = []
    for _ in range(rng.randint(1, 4)):
        name, value = rng.choice(["x", "X", "y z", ""]), rng.choice(VALUES)
        blank = rng.choice(["", " ", "\t"])
        lines.append(indent + rng.choice([
            f"{name}{blank}={blank}{value}", f"x{blank}= {value}", "# c",
            "", f"{name}:k = {value}"]))
    return lines


def some_property(rng, name):
    blank = [rng.choice(BLANKS) for _ in range(2)]
    indent = rng.choice(["", "", "", " ", "\t", "  "])
    value = rng.choice(VALUES)
    line = (indent + some_case(rng, name) + blank[0] + rng.choice("==:") +
            blank[1] + value + rng.choice(BLANKS))
    more = []
    deeper = indent + rng.choice([" ", "\t", "    ", "\u00a0"])
    if rng.random() < 0.3:
        if value:
            for _ in range(rng.randint(1, 4)):
                more.append(rng.choice([
                    deeper + rng.choice(VALUES) + rng.choice(BLANKS),
                    deeper + "[x]", deeper + "z = y", "", "   ", "# c",
                    deeper + "; c"]))
        else:
            more = some_block(rng, deeper)
    return [line, *more]


def some_file(rng, careful):
    """Lines of sections with properties. A careful author repeats nothing and
    writes no nonsense."""
    lines = [rng.choice(["", "# c", " ; c", "   "])
             for _ in range(rng.randint(0, 2))]
    headers = rng.sample(HEADERS, rng.randint(1, 6))
    if not careful and rng.random() < 0.3:
        headers.append(rng.choice(headers))
    for header in headers:
        lines.append(rng.choice(["", "", " "]) + f"[{header}]" + rng.choice(
            ["", "", " ", " # c", "; c", "x"]))
        names = rng.sample(NAMES, rng.randint(0, 5))
        if not careful and names and rng.random() < 0.2:
            names.append(rng.choice(names))
        for name in names:
            lines += some_property(rng, name)
            if rng.random() < 0.2:
                lines.append(rng.choice(["", "  ", "# c", "\t; c = d", "\t"]))
        if not careful and rng.random() < 0.2:
            lines.append(rng.choice(["nonsense", "= v", ": v", "[]", "[x",
                                     "]", "\u00a0", "[x = y"]))
    if not careful and rng.random() < 0.1:
        del lines[:3]
    end = rng.choice(["\n", "\n", "\n", "\r\n", "\r\n", "\r"])
    return (end.join(lines) + rng.choice([end, ""])).encode()


@pytest.mark.parametrize("part", range(10))
def test_random_files_are_read_as_botocore_reads_them(files, part):
    rng = random.Random(SEED + part)
    refused = 0
    for _ in range(40):
        config, credentials = (some_file(rng, rng.random() < 0.8)
                               for _ in range(2))
        files.write(config, credentials)
        found = differences(files)
        assert not found, (found, config, credentials)
        refused += found is None
    assert 2 <= refused <= 30            # both kinds are there


WAYS = list(itertools.product(["", "  "], ["", " ", "\t"], "=:",
                              ["", " ", "\t "], VALUES[:-1]))


@pytest.mark.parametrize("kind", ["config", "credentials"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_every_way_to_write_a_property_is_botocores(files, kind, end):
    word = "profile " if kind == "config" else ""
    for first in range(0, len(WAYS), 60):
        lines = []
        for n, (indent, before, delimiter, after, value) in enumerate(
                WAYS[first:first + 60]):
            lines += [f"[{word}p{n}]", f"{indent}Region{before}{delimiter}"
                      f"{after}{value}"]
        text = end.join(lines) + end * (first % 120 == 0)
        files.write(**{kind: text.encode()})
        assert not differences(files), text


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("kind", ["config", "credentials"])
def test_the_name_of_a_section_is_botocores(files, kind, header):
    for before, after in (("", ""), (" ", " "), ("", " # c"), ("", "x=]")):
        text = f"{before}[{header}]{after}\nregion = v\n[z]\nregion = w\n"
        files.write(**{kind: text.encode()})
        assert not differences(files), text


# Both read these, or both refuse them (a sentence about the line).
TEXTS = {
    "nothing": (b"", None),
    "a comment only": (b"# x", None),
    "a colon": (b"[default]\nregion: eu-west-1\n", None),
    "the first delimiter counts": (b"[default]\nregion:a=b\ns3=a:b", None),
    "no comment behind a value": (
        b"[default]\ncredential_process = /bin/x --a '#' # b ; c\n", None),
    "a block, and its comments": (
        b"[default]\ns3 =\n  # c\n\n  x = y # z\n ; c\n  X = a = b\n"
        b"region = x\n", None),
    "a block after an empty line": (b"[default]\ns3 =\n\n\n  x = y\n", None),
    "a block's lines end at more than newlines": (
        "[default]\ns3 =\n a = b\x0bx\t=\x1fc\x1cX=d\u2028\u0085e=f\n"
        "region = b\x0bc\n".encode(), None),
    "a block's line that ends without an equals sign": (
        b"[default]\ns3 =\n a = b\x0cc\n", (3, "is not name = value")),
    "a block without indentation of its own": (
        b"[default]\n  s3 =\n  region = x\n", None),
    "a value over several lines, with empty ones": (
        b"[default]\nregion = a\n\n  b\n# c\n\t\n   d   \n\n[x]\n", None),
    "a section's line that goes on with a value": (
        b"[default]\nregion = a\n [x]\n region = b\n", None),
    "an empty value, and one that goes before it": (
        b"[default]\nregion =\n[profile x]\nregion = \n", None),
    "[DEFAULT] holds for all": (
        b"[profile x]\nregion = a\n[DEFAULT]\nregion = b\ns3 = c\n[DEFAULT]\n"
        b"x.y = d\n[default]\n", None),
    "[profile default] and [default]: the last": (
        b"[profile default]\nregion = a\n[default]\ns3 = b\n", None),
    "[default] and [profile default]: the last": (
        b"[default]\nregion = a\n[profile default]\ns3 = b\n", None),
    "[profile x] and [profile \"x\"]: the last": (
        b"[profile x]\nregion = a\n[profile \"x\"]\ns3 = b\n", None),
    "a line that is long": (
        b"[default]\nregion = " + b"x" * 500000 + b"\n s\n", None),
    "a property of two words": (b"[default]\na b = c\n", None),
    "no section": (b"\nregion = x\n", (2, "before any section")),
    "no bracket": (b"[default\n", (1, "before any section")),
    "no bracket, later": (b"[x]\n[default\n", (2, "neither [section] nor")),
    "an empty name of a section": (b"[x]\n[]\n", (2, "neither [section]")),
    "no delimiter": (b"[default]\n\nregion\n", (3, "neither [section] nor")),
    "no name": (b"[default]\r\n = x\r\n", (2, "neither [section] nor name")),
    "a section twice": (b"[x]\n[y]\n[x]\n", (3, "same section as line 1")),
    "a property twice": (
        b"[x]\na = 1\nb = 2\nA : 3\n", (4, "same property as line 2")),
    "a property of [DEFAULT] twice": (
        b"[DEFAULT]\ns3 = 1\n[x]\n[DEFAULT]\nS3 = 2\n",
        (5, "same property as line 2")),
    "a block's line without an equals sign": (
        b"[default]\ns3 =\n\n  a = b\n  c: d\n", (5, "is not name = value")),
    "a command below its property": (
        b"[default]\ncredential_process =\n  /bin/x\n",
        (3, "join it with the line above")),
    "Windows-1252": (b"[x]\r\n# caf\xe9\r\n", (2, "not UTF-8 (Windows-1252?)")),
    "half of a surrogate pair": (b"[x]\ra = \xed\xa0\x80", (2, "not UTF-8")),
    "half of a character at the end": (b"[x]\na = \xe2\x82", (2, "not UTF-8")),
}


@pytest.mark.parametrize("kind", ["config", "credentials"])
@pytest.mark.parametrize("case", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_is_read_or_refused_as_by_botocore(files, kind, case):
    text, wrong = case
    files.write(**{kind: text})
    assert not differences(files)
    assert (files.botocore() is None) == (wrong is not None)
    if wrong:
        line, sentence = wrong
        said = files.ask()
        assert said.startswith(f"{files.paths[kind]}: line {line} "), said
        assert sentence in said


# Where we differ from botocore on purpose; profile.h has the reasons.
# (text, region of the default profile for us, for botocore; or the beginning
# of our sentence, and None where botocore refuses the file)
DEVIATIONS = {
    "a byte order mark is skipped": (
        b"\xef\xbb\xbf[default]\nregion = x\n", ["x"], None),
    "a byte order mark alone": (b"\xef\xbb\xbf", [None], None),
    "UTF-16 has a sentence of its own": (
        "[default]\n".encode("utf-16"), "it is UTF-16: save it as UTF-8",
        None),
    "a NUL is refused": (
        b"[default]\nregion = x\0y\n", "line 2 has a NUL byte", "x\0y"),
    "only ASCII letters of a name are in any case": (
        "[default]\nregion = z\n\u00e9 = 1\n\u00c9 = 2\n".encode(), ["z"],
        None),
    "a block of [DEFAULT] is checked even if there is no other section": (
        b"[DEFAULT]\ns3 =\n  x\n", "line 3 belongs to a property without",
        None),
    "a file that is too large": (
        b"[default]\nregion = x\n#" + b"x" * (1 << 20), "File too large", "x"),
    "more properties than there can be": (
        b"[default]\nregion = x\n" + b"".join(b"%d=\n" % i for i in
                                              range(50000)),
        "it has more than 50000 sections and properties", "x"),
}


@pytest.mark.parametrize("case", DEVIATIONS.values(), ids=DEVIATIONS.keys())
def test_a_deviation_from_botocore_is_on_purpose(files, case):
    text, ours, botocores = case
    files.write(text)
    found = files.ask(("default", "region", ""))
    if isinstance(ours, str):
        assert found.startswith(f"{files.paths['config']}: {ours}"), found
    else:
        assert found == ours
    profiles = files.botocore()
    assert botocores == (profiles or {}).get("default", {}).get("region")


def test_many_names_take_no_time(files):
    files.write(b"[default]\n" + b"".join(b"n%d=\n" % i for i in range(49990)),
                b"".join(b"[%d]\n" % i for i in range(49999)))
    assert files.ask(("default", "n49989", ""), ("9", "", "")) == ["", True]


def test_the_credentials_file_goes_before_config(files):
    files.write(b"[default]\nregion = a\ns3 = b\nx.y = c\n[profile x]\n",
                b"[default]\nregion = d\ns3 =\n[profile x]\n[a b]\n")
    assert not differences(files)
    assert files.ask(*(("default", name, "") for name in
                       ("region", "s3", "x.y"))) == ["d", "", "c"]


def test_where_the_files_are(files, tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text("[default]\nregion = home\n")
    (tmp_path / "other").write_text("[default]\nregion = other\n")
    home = str(tmp_path)
    for env, region in (
            ({"HOME": home}, "home"),
            ({"HOME": home, "AWS_CONFIG_FILE": ""}, "home"),
            ({"HOME": home, "AWS_CONFIG_FILE": "~/other"}, "other"),
            ({"HOME": home, "AWS_CONFIG_FILE": f"{home}/other"}, "other"),
            ({"HOME": home, "AWS_SHARED_CREDENTIALS_FILE": "~/other"},
             "other"),
            ({"HOME": home, "AWS_CONFIG_FILE": "~/none"}, None),
            ({}, None)):
        files.env = env
        assert files.ask(("default", "region", "")) == [region], env


# The words of a command line.

def words(command):
    try:
        return compat_shell_split(command)
    except ValueError:
        return None


def ask_words(files, commands):
    """The words that ocrdyn would run, None where it refuses."""
    files.write(credentials="".join(
        f"[{n}]\ncredential_process = {command}\n"
        for n, command in enumerate(commands)).encode())
    found = files.ask(*((str(n), "credential_process", " ")
                        for n in range(len(commands))))
    return [words if isinstance(words, list) else None for words in found]


def test_random_commands_have_botocores_words(files):
    rng = random.Random(SEED)
    pieces = ["a", "b c", " ", "  ", "\t", "'", '"', "\\", "\\\\", '\\"',
              "\\'", "#", " # ", ";", " ; ", "=", ":", "$X", "`", "|", "%",
              "\n  ", "\u00e9", "''", '""', '"a b"', "'a b'", "\u00a0"]
    commands = ["a" + "".join(rng.choices(pieces, k=rng.randint(1, 12)))
                for _ in range(600)]
    found = ask_words(files, commands)
    profiles = files.botocore()
    expected = [words(profiles[str(n)]["credential_process"])
                for n in range(len(commands))]
    for command, ours, botocores in zip(commands, found, expected,
                                        strict=True):
        assert ours == botocores, command
    assert 60 < expected.count(None) < 540


@pytest.mark.parametrize("arguments", [
    ["a b", "#", "# c"], ["'", '"', "\\", "\\\\"], ["", " ", "\t"],
    ["$HOME", "`x`", "*", "~", ";", "|"], ["%s", "%%", "a=b", "c:d"],
    ["\u00e9\u65e5"]], ids=range(6))
def test_quoted_words_come_back(files, arguments):
    command = shlex.join(["/bin/x", *arguments])
    assert ask_words(files, [command]) == [["/bin/x", *arguments]]


@pytest.mark.parametrize("command, sentence", [
    ("a 'b", "has a quote (') that does not end"),
    ('a "b', 'has a quote (") that does not end'),
    ("a \\", "ends in a backslash"),
    ("a" * 8192, "is longer than 8191 bytes"),
    ("a " * 256, "has more than 255 words"),
], ids=range(5))
def test_what_cannot_be_split_says_why(files, command, sentence):
    files.write(b"[default]\ncredential_process = " + command.encode())
    assert files.ask(("default", "credential_process", " ")) == [sentence]
