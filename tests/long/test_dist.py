"""What is shipped: packaging/dist.sh, and the size of the binary."""

import os
import shutil
import subprocess
import tarfile

import pytest

from conftest import ROOT

CROSS = ROOT / "tests/.cache/cross"
MACHINES = ["x86_64", "i386", "aarch64", "armhf", "s390x"]


def available(machine):
    """Has tests/setup.sh dist fetched what it takes to build for it?"""
    compiler = CROSS / machine / "musl-gcc"
    return machine == "x86_64" or compiler.exists() and subprocess.run(
        [compiler, "--version"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL).returncode == 0


def build(folder):
    """packaging/dist.sh in a folder; the bytes of each file that it makes."""
    if CROSS.exists():
        (folder / "tests/.cache").mkdir()
        (folder / "tests/.cache/cross").symlink_to(CROSS)
    subprocess.run(["packaging/dist.sh", *filter(available, MACHINES)],
                   cwd=folder, check=True, timeout=300)
    return {file.name: file.read_bytes()
            for file in (folder / "dist").iterdir()}


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """What is made of these sources, and the folder that it was made in."""
    folder = tmp_path_factory.mktemp("dist") / "checkout"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(
        "build", "dist", ".cache", "__pycache__", ".pytest_cache", ".git"))
    (folder / "ocrdyn").unlink(missing_ok=True)
    return build(folder), folder


def tarball(files):
    (name,) = (name for name in files if name.endswith(".tar.gz"))
    return name


def test_the_tarball_of_the_tarball_and_its_binaries_are_the_same_bytes(
        dist, tmp_path):
    files, folder = dist
    elsewhere = tmp_path / "quite/another/folder"
    elsewhere.mkdir(parents=True)
    with tarfile.open(folder / "dist" / tarball(files)) as archive:
        archive.extractall(elsewhere)
    (source,) = elsewhere.iterdir()
    assert build(source) == files


def test_the_tarball_has_the_files_of_the_repository(dist):
    if not (ROOT / ".git").exists():
        pytest.skip("no repository")
    files, folder = dist
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    with tarfile.open(folder / "dist" / tarball(files)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == set(listed.splitlines())


def test_the_sums_are_of_all_files(dist):
    files, folder = dist
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"],
                          cwd=folder / "dist", stdout=subprocess.PIPE,
                          text=True, check=True)
    assert {line.removesuffix(": OK") for line in done.stdout.splitlines()} \
        == set(files) - {"SHA256SUMS"}


def test_no_file_tells_where_it_was_built(dist):
    files, folder = dist
    for name, content in files.items():
        assert os.fsencode(folder.parent) not in content, name


@pytest.mark.parametrize("machine", MACHINES)
def test_a_binary_is_static_and_small(dist, machine):
    files, _ = dist
    if not available(machine):
        pytest.skip("no compiler for it: run tests/setup.sh dist")
    (name,) = (name for name in files if name.endswith(f"-{machine}"))
    content = files[name]
    # ELF, and no word of an interpreter
    assert content.startswith(b"\x7fELF") and b"/ld-musl-" not in content
    # DESIGN.md sets the first; the code of other machines is larger
    assert len(content) <= (400 if machine == "x86_64" else 450) << 10
