"""Completions in real shells; help texts and man page, which must name every
option in the table that the completions are made from."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from conftest import ROOT

SHELLS = ["bash", "zsh", "fish"]


def shell(name, script, cwd):
    """Returns what a script prints in that shell, without user settings."""
    command = {"bash": ["bash", "--norc", "--noprofile"], "zsh": ["zsh", "-f"],
               "fish": ["fish", "--no-config"]}[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {name}: run tests/setup.sh check")
    done = subprocess.run([*command, "-c", script], cwd=cwd, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"PATH": os.environ["PATH"], "HOME": str(cwd),
                               "TERM": "dumb"})
    assert done.stderr == b"" and done.returncode == 0, done
    return done.stdout.decode()


def in_bash(line, folder):
    """Returns bash's completions at the end of a line. readline completes files
    where the function calls compopt; here the call is printed instead."""
    words = [word for word in re.split(r"(=)|\s+", line) if word]
    if line[-1] == " ":
        words.append("")
    script = f"""
        . ./completion
        compopt() {{ echo "compopt $*"; }}
        complete -p ocrdyn | grep -q -- '-F _ocrdyn ' || exit
        COMP_WORDS=({" ".join(repr(word) for word in words)})
        COMP_CWORD={len(words) - 1}
        _ocrdyn
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    return shell("bash", script, folder).split("\n")


def in_fish(line, folder):
    output = shell("fish", f"source ./completion; complete -C '{line}'",
                   folder)
    return [each.partition("\t")[0] for each in output.splitlines()]


def expect_in_zsh(line, folder, shown):
    """Waits until an interactive zsh shows this text after Tab."""
    if shutil.which("zsh") is None:
        pytest.skip("no zsh: run tests/setup.sh check")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {
            "PATH": os.environ["PATH"], "HOME": str(folder),
            "TERM": "dumb", "PS1": "", "COLUMNS": "200"})
    seen = b""

    def expect(what):
        nonlocal seen
        until = time.monotonic() + 60
        while what not in seen:
            left = until - time.monotonic()
            assert left > 0 and select.select([terminal], [], [], left)[0], \
                seen
            seen += os.read(terminal, 65536)
        seen = seen.partition(what)[2]

    def say(text):
        os.write(terminal, text.encode())
    try:
        # the echo of the line contains the quotes, its output does not
        say("unsetopt zle; PS1=; autoload -U compinit; compinit -D; "
            "source ./completion; echo rea''dy; setopt zle\n")
        expect(b"ready")
        say(f"{line}\t")
        expect(shown.encode())
    finally:
        os.close(terminal)
        os.kill(child, 9)
        os.waitpid(child, 0)


@pytest.fixture
def folder(request, ocrdyn, tmp_path):
    """A folder with a file and the shell's script."""
    script = ocrdyn(["--completion", request.param])
    assert script.returncode == 0 and script.stderr == ""
    (tmp_path / "completion").write_bytes(script.stdout)
    (tmp_path / "answer.json").write_text("{}")
    return tmp_path


CASES = [
    ("ocrdyn --fo", ["--format"]),
    ("ocrdyn run --fo", ["--format"]),
    ("ocrdyn extract --p", ["--pointer"]),
    ("ocrdyn extract --fo", []),
    ("ocrdyn -f ", ["csv", "jsonl", "text", "tsv"]),
    ("ocrdyn --format j", ["jsonl"]),
    ("ocrdyn run --progress a", ["always", "auto"]),
    ("ocrdyn -t ", []),
    ("ocrdyn ext", ["extract"]),
]


@pytest.mark.parametrize("folder", ["bash"], indirect=True)
@pytest.mark.parametrize("line, found", [
    *CASES,
    ("ocrdyn --format=j", ["jsonl"]),
    ("ocrdyn --format=", ["csv", "jsonl", "text", "tsv"]),
    ("ocrdyn -c ", ["compopt -o default"]),
    ("ocrdyn extract ", ["compopt -o default"]),
], ids=repr)
def test_bash_completes(folder, line, found):
    assert sorted(filter(None, in_bash(line, folder))) == found


@pytest.mark.parametrize("folder", ["fish"], indirect=True)
@pytest.mark.parametrize("line, found", [
    *CASES,
    ("ocrdyn --format=j", ["--format=jsonl"]),
    ("ocrdyn -c an", ["answer.json"]),
    ("ocrdyn extract an", ["answer.json"]),
], ids=repr)
def test_fish_completes(folder, line, found):
    assert sorted(in_fish(line, folder)) == found


@pytest.mark.parametrize("folder", ["fish"], indirect=True)
def test_fish_shows_the_purpose_of_an_option(folder):
    assert shell("fish", "source ./completion; complete -C 'ocrdyn --ski'",
                 folder) == "--skip-stored\tids in the table\n"


@pytest.mark.parametrize("folder", ["zsh"], indirect=True)
@pytest.mark.parametrize("line, shown", [
    ("ocrdyn --form", "--format"),
    ("ocrdyn extract --po", "--pointer"),
    ("ocrdyn --format=j", "jsonl"),
    ("ocrdyn run --format j", "jsonl"),
    ("ocrdyn -c an", "answer.json"),
    ("ocrdyn extract an", "answer.json"),
    ("ocrdyn ext", "extract"),
    ("ocrdyn --s", "ids in the table"),
], ids=repr)
def test_zsh_completes(folder, line, shown):
    expect_in_zsh(line, folder, shown)


@pytest.mark.parametrize("folder", SHELLS, indirect=True, ids=SHELLS)
def test_the_script_passes_the_syntax_check_of_its_shell(request, folder):
    name = request.node.callspec.id
    assert shell(name, f"{name} -n completion", folder) == ""


def test_an_unknown_shell_is_a_usage_error(ocrdyn):
    done = ocrdyn(["--completion", "csh"])
    assert done.returncode == 2 and done.stdout == b""
    assert '"csh" is not bash|zsh|fish' in done.stderr


def test_a_script_that_cannot_be_written_is_an_error(ocrdyn):
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(["--completion", "bash"], stdout=full)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 4 and b"standard output" in error


# The table.

def table(ocrdyn):
    """Returns the options of each command from the fish script:
    {"run": {"table": "t", "text": None}}."""
    script = ocrdyn(["--completion", "fish"]).stdout.decode()
    found = {}
    for command, letter, name in re.findall(
            r"-n '__ocrdyn_is ([a-z]+)'(?: -s (.))? -l ([a-z-]+)", script):
        found.setdefault(command, {})[name] = letter or None
    return found


def test_the_help_of_each_command_is_24_lines_of_80(ocrdyn):
    for command in table(ocrdyn):
        done = ocrdyn([command, "-h"])
        assert done.returncode == 0, command
        lines = done.stdout.decode().splitlines()
        assert len(lines) <= 24 and max(map(len, lines)) <= 80, command


def test_the_help_of_each_command_names_its_options(ocrdyn):
    for command, options in table(ocrdyn).items():
        text = ocrdyn([command, "-h"]).stdout.decode()
        for name, letter in options.items():
            assert re.search(rf"--{name}(?![a-z-])", text), (command, name)
            assert letter is None or f"-{letter}" in text, (command, letter)


def test_no_command_has_two_options_with_the_same_name(ocrdyn):
    script = ocrdyn(["--completion", "fish"]).stdout.decode()
    for found in (re.findall(r"(__ocrdyn_is \w+').* (-l \S+)", script),
                  re.findall(r"(__ocrdyn_is \w+') (-s .)", script)):
        assert len(set(found)) == len(found) > 40


def test_the_man_page_names_exactly_the_options(ocrdyn):
    page = (ROOT / "ocrdyn.1").read_text()
    listed = set(re.findall(r"^\.It (?:Fl (.) , )?Fl -([a-z-]+)", page, re.M))
    options = {(letter or "", name) for each in table(ocrdyn).values()
               for name, letter in each.items()}
    assert listed == options


def test_the_man_page_names_all_commands(ocrdyn):
    page = (ROOT / "ocrdyn.1").read_text()
    for command in table(ocrdyn):
        assert re.search(rf"Cm {command}\b", page), command


def test_install_installs_all_files(ocrdyn, tmp_path):
    subprocess.run(["make", "-s", "install", f"DESTDIR={tmp_path}",
                    "PREFIX=/usr"], cwd=ROOT, check=True, timeout=300)
    for file in ("bin/ocrdyn", "share/man/man1/ocrdyn.1",
                 "share/bash-completion/completions/ocrdyn",
                 "share/zsh/site-functions/_ocrdyn",
                 "share/fish/vendor_completions.d/ocrdyn.fish"):
        assert (tmp_path / "usr" / file).stat().st_size > 0, file
