"""What the process gives up: the library intruder.c, loaded into a
development build, does from within the run what somebody would who has found
a way in. The walls are the kernel's: without them a test is skipped."""

import ctypes
import json
import os
import platform
import shutil
import signal
import subprocess

import pytest

from conftest import ROOT, sources
from test_run import ONCE, cases

LANDLOCK_CREATE_RULESET = 444
CALLS = ["execve", "execveat", "ptrace", "process_vm_readv", "mount",
         "unshare", "setns", "init_module", "bpf", "keyctl", "setuid",
         "listen", "truncate", "io_uring_setup", "fsopen", "mount_setattr",
         *["x32"] * (platform.machine() == "x86_64")]


@pytest.fixture(scope="module")
def landlock():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1) < 3:
        pytest.skip("this kernel has no Landlock, or no third version of it")


@pytest.fixture(scope="module")
def seccomp():
    with open("/proc/self/status") as status:
        if "\nSeccomp:" not in status.read():
            pytest.skip("this kernel has no seccomp")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The paths of a dynamic build of the program, and of the library."""
    folder = tmp_path_factory.mktemp("intruded")
    program, library = folder / "ocrdyn", folder / "intruder.so"
    for command in (
            ["cc", "-std=c11", "-D_GNU_SOURCE", '-DOCRDYN_VERSION="test"',
             f"-I{ROOT}", "-o", program,
             *sources(), "-lbearssl"],
            ["cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
             "-fPIC", "-shared", "-o", library, ROOT / "tests/cli/intruder.c"]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"cannot build it: {done.stderr}")
    return str(program), str(library)


@pytest.fixture
def intrude(cloudinary, ocrdyn, built):
    """intrude(call, path): runs with the intruder; what came of it."""
    ocrdyn.path, library = built
    ocrdyn.under = []
    cloudinary.open_world = True

    def run(call, path="/nowhere", args=(), **env):
        return ocrdyn([*ONCE, *args], ["a"], {
            "LD_PRELOAD": library, "INTRUDER_CALL": call,
            "INTRUDER_PATH": path, **env})
    return run


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_is_denied_kills(intrude, seccomp, call):
    done = intrude(call)
    assert done.returncode == -signal.SIGSYS
    assert "intruder" not in done.stderr and not done.stdout


@cases("args", {"list": ["list"], "table": ["table", "show", "mini"]})
def test_other_commands_give_it_up_too(cloudinary, mini, ocrdyn, built,
                                       seccomp, args):
    ocrdyn.path, library = built
    ocrdyn.under = []
    for call, status in ("execve", -signal.SIGSYS), ("getpid", 0):
        done = ocrdyn([*args, *ONCE], env={"LD_PRELOAD": library,
                                           "INTRUDER_CALL": call})
        assert done.returncode == status, done.stderr
        assert ("intruder: done" in done.stderr) == (status == 0)


def test_a_call_that_is_not_denied_is_made(intrude):
    done = intrude("getpid")
    assert done.returncode == 0 and "intruder: done\n" in done.stderr


@pytest.fixture
def folders(tmp_path):
    """Two folders, with a file each."""
    for name in "in", "out":
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    return tmp_path


@cases("call, path, elsewhere", {
    "a file is read": ("read", "file", "done"),
    "a file is written": ("write", "file", "EACCES"),
    "a file is emptied": ("truncate it", "file", "EACCES"),
    "a file is made": ("make", "new", "EACCES"),
    "a file is removed": ("remove", "file", "EACCES"),
    "a file is renamed": ("rename", "file", "EACCES"),
    "a folder is made": ("make a folder", "new", "EACCES"),
})
@pytest.mark.parametrize("folder", ["in", "out"])
def test_files_change_in_the_folder_of_the_checkpoint_only(
        intrude, landlock, folders, call, path, elsewhere, folder):
    done = intrude(call, folders / folder / path,
                   ["--checkpoint", "in/at", "--failed", "out/failed"])
    inside = "EACCES" if "folder" in call else "done"
    says = inside if folder == "in" else elsewhere
    assert f"intruder: {says}\n" in done.stderr
    assert done.returncode == 0 and done.rows[0][1] == "complete"
    assert (folders / "in/at").exists() and (folders / "out/failed").exists()


def test_without_a_checkpoint_no_file_changes(intrude, landlock, folders):
    done = intrude("write", folders / "in/file")
    assert "intruder: EACCES\n" in done.stderr and done.returncode == 0


@cases("call", {"a program": "execve", "a file": "make"})
def test_credential_process_may_run_again(intrude, mini, folders, call):
    """It must not, and what it runs might need what would be given up."""
    (key, (secret, token)), = mini.credentials.items()
    answer = json.dumps({"Version": 1, "AccessKeyId": key,
                         "SecretAccessKey": secret, "SessionToken": token})
    (folders / "config").write_text(
        f"[default]\ncredential_process = printf %s '{answer}'\n")
    done = intrude(call, folders / "new", ["-v", "-t", "mini"],
                   AWS_CONFIG_FILE=folders / "config",
                   PATH=os.environ["PATH"],
                   **dict.fromkeys(name for name in mini.environment
                                   if "KEY" in name or "TOKEN" in name))
    assert done.returncode == 0
    assert f"intruder: {'EFAULT' if call == 'execve' else 'done'}\n" \
        in done.stderr
    for what in "system calls are", "the writing of files is":
        assert f"{what} not limited: credential_process may have" \
            in done.stderr


def status_of(process):
    with open(f"/proc/{process.pid}/status") as status:
        return dict(line.split(":\t") for line in status.read().splitlines()
                    if line.startswith(("Seccomp:", "NoNewPrivs:")))


def test_the_real_binary_gives_up_new_privileges(cloudinary, ocrdyn, seccomp):
    if ocrdyn.under:
        pytest.skip("an emulator has no seccomp")
    cloudinary.open_world = True
    process = ocrdyn.start([], bufsize=0)
    process.stdin.write(b"a\n")
    assert process.stdout.readline().startswith(b"a\tcomplete")
    assert status_of(process) == {"NoNewPrivs": "1", "Seccomp": "2"}
    process.stdin.close()
    assert process.wait(10) == 0


def test_where_there_is_no_seccomp_it_says_so_when_asked(cloudinary, ocrdyn):
    """qemu-user has neither wall."""
    emulator = shutil.which(f"qemu-{platform.machine()}-static")
    if not ocrdyn.under and not emulator:
        pytest.skip("no qemu-user-static")
    ocrdyn.under = ocrdyn.under or [emulator]
    cloudinary.open_world = True
    for args, says in ([], 0), (["-v"], 1):
        done = ocrdyn(args, ["a"])
        assert done.returncode == 0 and done.rows[0][1] == "complete"
        assert done.stderr.count("system calls are not limited: ") == says
        assert done.stderr.count("writing of files is not limited") == says
