"""The recipes in packaging/, taken from there: one list by four processes."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from conftest import ROOT
from peers.dynamodb import Front, Mini
from test_empty_root import NAMES, environment, put_hosts, root, services

FOLDER = ROOT / "packaging"
IDS = [f"scans/{i}" for i in range(40)]
LIST = "".join(f"{public_id}\n" for public_id in IDS)


def recipes():
    """The indented blocks of README.md that split a list."""
    blocks = re.findall(r"(?:^    .*\n)+", (FOLDER / "README.md").read_text(),
                        re.M)
    return [block for block in blocks if "--shard" in block]


@pytest.fixture
def tables(certificate):
    with Front(certificate, Mini("ocr")) as server:
        yield server
    assert not server.errors and not server.refused


def parts(folder):
    """The ids of the rows in each part's file; all are whole and complete."""
    found = []
    for i in range(1, 5):
        rows = [row.split("\t") for row in
                (folder / f"texts.{i}.tsv").read_text().splitlines()]
        assert {row[1] for row in rows} == {"complete"}, i
        found.append([row[0] for row in rows])
    return found


def check_parts(folder, images, tables):
    found = parts(folder)
    assert sorted(sum(found, [])) == sorted(IDS)
    assert all(found), "a part without an id"
    assert images.calls["update"] == len(IDS)
    assert len(tables.backend.tables["ocr"]) == len(IDS)


def test_there_are_three_recipes_for_one_machine():
    assert len(recipes()) == 3


@pytest.mark.parametrize("recipe", recipes(),
                         ids=["shell", "xargs", "parallel"])
def test_four_processes_do_each_id_once(ocrdyn, cloudinary, tables, tmp_path,
                                        recipe):
    for word in "xargs", "parallel":
        if word in recipe and shutil.which(word) is None:
            pytest.skip(f"no {word}: run tests/setup.sh check")
    for public_id in IDS:
        cloudinary.add(public_id)
    (tmp_path / "ids").write_text(LIST)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/ocrdyn"
    program.write_text(
        f'#!/bin/sh\nexec {" ".join([*ocrdyn.under, ocrdyn.path])} "$@"\n')
    program.chmod(0o755)
    env = {**ocrdyn.environment(), **tables.environment,
           "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", recipe], cwd=tmp_path, env=env,
                          timeout=120, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    check_parts(tmp_path, cloudinary, tables)


# The jobs: their commands, in the root that the Dockerfile's stage makes.

def kubernetes():
    """The command of a pod, the variable of its number, its environment, and
    how many there are."""
    job = yaml.safe_load((FOLDER / "kubernetes.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    container, = spec["template"]["spec"]["containers"]
    return (container["command"], "JOB_COMPLETION_INDEX",
            {each["name"]: each["value"] for each in container["env"]},
            spec["completions"])


def batch():
    job = json.loads((FOLDER / "aws-batch.json").read_text())
    container = job["containerProperties"]
    size = re.search(r"--array-properties size=(\d+)",
                     (FOLDER / "README.md").read_text())[1]
    return (container["command"], "AWS_BATCH_JOB_ARRAY_INDEX",
            {each["name"]: each["value"]
             for each in container["environment"]}, int(size))


@pytest.mark.parametrize("job", [kubernetes, batch])
def test_as_many_shards_as_jobs(job):
    _, _, env, n = job()
    assert env["SHARDS"] == str(n)


@pytest.fixture
def start(root, services, ca):
    """start(job, i) runs a job's command with that number."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("no busybox: run tests/setup.sh check")
    _, tables = services
    tables.backend.tables["ocr"] = tables.backend.tables.pop("mini")
    for name in "bin", "data":
        (root.folder / name).mkdir()
    shutil.copy(busybox, root.folder / "bin/sh")
    (root.folder / "ocrdyn").rename(root.folder / "bin/ocrdyn")
    (root.folder / "data/ids").write_text(LIST)
    shutil.copy(ca.certificate, root.folder / "ca.pem")
    put_hosts(root)

    def run(job, i):
        command, index, own, _ = job()
        return root(command[1:], program=command[0], env={
            **own, **environment(services, *NAMES), index: str(i),
            "SSL_CERT_FILE": "/ca.pem"})
    return run


@pytest.mark.parametrize("job", [kubernetes, batch])
def test_the_jobs_do_each_id_once_and_again_nothing(start, root, services,
                                                    job):
    images, tables = services
    for public_id in IDS:
        images.add(public_id)
    for again in range(2):
        for i in range(4):
            done = start(job, i)
            assert done.returncode == 0, done.stderr
        check_parts(root.folder / "data", images, tables)


def test_a_job_with_failures_ends_with_1_and_then_with_0(start, root,
                                                         services):
    assert start(kubernetes, 0).returncode == 1
    failed = (root.folder / "data/failed.1").read_text().splitlines()
    assert failed and set(failed) < set(IDS)
    assert start(kubernetes, 0).returncode == 0


def test_the_images_have_one_file_and_two():
    stages = (FOLDER / "Dockerfile").read_text().split("\nFROM ")[1:]
    copied = [re.findall(r"^COPY .*?(\S+)$", stage, re.M) for stage in stages]
    assert [stage.split()[0] for stage in stages] == [
        "busybox:musl", "scratch", "scratch"]
    assert copied == [[], ["/bin/sh", "/bin/ocrdyn"], ["/bin/ocrdyn"]]
