"""AWS credentials: each source (facts A 5) with the real binary against
stand-ins for STS, instance metadata and a container's endpoint, and botocore
asked the same over the same files; what fails, and its line; and keys that
expire during a run."""

import json
import os
import time

import botocore.session
import dateutil.parser
import pytest
from peers.cloudinary import Image
from peers.dynamodb import error
from peers.faults import garbage
from peers.identity import Container, Metadata, Sts
from peers.server import Response

KEYS = "aws_access_key_id = AK\naws_secret_access_key = se\n"
OTHER = "aws_access_key_id = NO\naws_secret_access_key = no\n"
USER = "aws_access_key_id = AKIDUSER\naws_secret_access_key = user/secret\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/ocr\n"
OTHER_ROLE = "role_arn = arn:aws:iam::123456789012:role/other\n"
LOOP = "source_profile = b\n" + ROLE
PROCESS = json.dumps({"Version": 1, "AccessKeyId": "AK",
                      "SecretAccessKey": "se", "SessionToken": "to"})


class World:
    """The stand-ins, the files, and who is asked."""

    def __init__(self, ocrdyn, mini, home, monkeypatch):
        self.ocrdyn, self.mini = ocrdyn, mini
        self.folder, self.monkeypatch = home / ".aws", monkeypatch
        self.folder.mkdir()
        known = {"AKIDUSER": ("user/secret", None)}
        self.sts = Sts(mini.credentials, known)
        self.imds = Metadata(mini.credentials, known)
        self.ecs = Container(mini.credentials, known)
        self.servers = [self.sts, self.imds, self.ecs]
        self.home = home

    def files(self, credentials=None, config=None):
        for name, text in (("credentials", credentials), ("config", config)):
            if text is not None:
                (self.folder / name).write_bytes(text.encode())

    def environment(self, env):
        """Without keys, and with the settings `env`, where SELF stands for
        the folder, ECS, IMDS and STS for the URLs of these."""
        names = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                 "AWS_SESSION_TOKEN": None, "AWS_ENDPOINT_URL_STS":
                 self.sts.url, "AWS_EC2_METADATA_DISABLED": "true"}
        for name, value in env.items():
            for word, to in (("SELF", str(self.folder)), ("IMDS",
                             self.imds.url), ("ECS", self.ecs.url)):
                value = value and value.replace(word + "/", to + "/")
            names[name] = value
        return names

    def use_instance(self):
        return {"AWS_EC2_METADATA_DISABLED": None,
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.imds.url}

    def use_container(self):
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                self.ecs.url + self.ecs.path}

    def run(self, env=None, ids="a", args=()):
        return self.ocrdyn(["-t", "mini", *args], list(ids),
                           self.environment(env or {}))

    def calls(self):
        """What the stand-ins were asked since the last time."""
        asked = [{name: value for name, value in form.items()
                  if not value.startswith(("botocore-", "ocrdyn-"))}
                 for form in self.sts.asked]
        calls = asked, [[event.call for event in server.log]
                        for server in (self.imds, self.ecs)]
        self.sts.asked.clear()
        for server in self.servers:
            server.log.clear()
        return calls

    def botocore(self, env, profile=None):
        """The keys that botocore finds, or None."""
        with self.monkeypatch.context() as patch:
            for name in list(os.environ):
                if name.startswith("AWS_"):
                    patch.delenv(name)
            patch.setenv("HOME", str(self.home))
            for name, value in self.environment(env).items():
                if value is not None:
                    patch.setenv(name, value)
            patch.setenv("AWS_DEFAULT_REGION", self.sts.region)
            session = botocore.session.Session(profile=profile)
            create = session.create_client

            def client(*args, **more):
                # this one does not know AWS_ENDPOINT_URL_STS yet
                return create(*args, **more, endpoint_url=self.sts.url)

            session.create_client = client
            found = session.get_credentials()
            return found and found.get_frozen_credentials()


@pytest.fixture
def world(cloudinary, mini, ocrdyn, tmp_path, monkeypatch):
    for name in "abcde":
        cloudinary.add(Image(name, text=name))
    world = World(ocrdyn, mini, tmp_path, monkeypatch)
    for server in world.servers:
        server.start()
    yield world
    for server in world.servers:
        server.stop()
        assert not server.errors, server.errors[0]
        assert not server.violations
        assert not server.refused


def expect_stored(done, ids="a"):
    assert done.returncode == 0, done.stderr
    assert [row[:2] for row in done.rows] == [[name, "complete"]
                                              for name in ids]


# The same answer as botocore's. (credentials, config, environment, profile)

SAME = {
    "credentials file": ("[default]\n" + KEYS, None),
    "CRLF, no blanks, no last newline": (
        "[default]\r\naws_access_key_id=AK\r\naws_secret_access_key=se", None),
    "comments": (
        "# [x]\n[default]\n; aws_access_key_id = no\n"
        "aws_access_key_id = AK\n  # indented\naws_secret_access_key = s#e\n",
        None),
    "another section before and after": (
        f"[x]\n{OTHER}[default]\n{KEYS}[y]\n{OTHER}", None),
    "other properties, an equals sign in the secret": (
        "[default]\nregion = eu-west-1\naws_access_key_id = AK\n"
        "aws_secret_access_key = s=e=\ns3 =\n  addressing_style = path\n",
        None),
    "nested properties with the keys' names": (
        f"[default]\ns3 =\n  aws_access_key_id = NO\n{KEYS}", None),
    "colons": (
        "[default]\naws_access_key_id: AK\naws_secret_access_key : s=e:\n",
        None),
    "a comment behind a section's name": (f"[default] ; x\n{KEYS}", None),
    "an indented comment": (
        "[default]\naws_access_key_id = AK\n\t; x\n"
        "aws_secret_access_key = se\n", None),
    "a no-break space, as of a web page": (
        "[default]\naws_access_key_id =\u00a0AK\n"
        "aws_secret_access_key\u00a0= se\u00a0\n", None),
    "keys of [DEFAULT]": (f"[DEFAULT]\n{KEYS}[default]\n", None),
    "keys are one set, of one file": (
        "[default]\n" + KEYS, "[default]\naws_session_token = no\n"),
    "[default] after [profile default]": (
        None, f"[profile default]\n{OTHER}[default]\n{KEYS}"),
    "an empty token": (f"[default]\n{KEYS}aws_session_token =\n", None),
    "an old name of the token": (
        f"[default]\n{KEYS}aws_session_token = no\naws_security_token = to\n",
        None),
    "a token": (f"[default]\n{KEYS}aws_session_token = tok\n", None),
    "a profile of another kind of name": (
        f"[default]\n{OTHER}[a.b/c@d]\n{KEYS}", None,
        {"AWS_PROFILE": "a.b/c@d"}),
    "config file, default": (None, "[default]\n" + KEYS),
    "config file, AWS_PROFILE": (
        None, f"[bob]\n{OTHER}[profile bob]\n{KEYS}", {"AWS_PROFILE": "bob"}),
    "config file, a name in quotes": (
        None, f'[profile "a b"]\n{KEYS}', {"AWS_PROFILE": "a b"}),
    "AWS_DEFAULT_PROFILE": (
        f"[default]\n{OTHER}[bob]\n{KEYS}", None,
        {"AWS_DEFAULT_PROFILE": "bob"}),
    "credentials before config": (
        "[default]\n" + KEYS, f"[default]\n{OTHER}aws_session_token = no\n"),
    "other files": (
        None, None, {"AWS_SHARED_CREDENTIALS_FILE": "SELF/x",
                     "AWS_CONFIG_FILE": "SELF/x"}),
    "files under the home folder": (
        None, None, {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/x"}),
    "names in capitals, all indented": (
        "[default]\n  AWS_ACCESS_KEY_ID = AK\n"
        "  AWS_SECRET_ACCESS_KEY = se\n", None),
    "environment": (
        "[default]\n" + OTHER, None,
        {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "se"}),
    "environment, an old name of the token": (
        None, None, {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECURITY_TOKEN": "to",
                     "AWS_SECRET_ACCESS_KEY": "se"}),
    "environment before AWS_PROFILE": (
        f"[bob]\n{OTHER}", None,
        {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "se",
         "AWS_PROFILE": "bob"}),
    "the option before the environment": (
        f"[bob]\n{KEYS}", None,
        {"AWS_ACCESS_KEY_ID": "NO", "AWS_SECRET_ACCESS_KEY": "no"}, "bob"),
    "credential_process": (
        None, f"[default]\ncredential_process = /usr/bin/printf '%s' "
        f"'{PROCESS}'\n"),
    "credential_process, double quotes": (
        None, '[default]\ncredential_process = "/usr/bin/printf" "%s" '
        '"{\\"Version\\": 1, \\"AccessKeyId\\": \\"A\\\\\\\\K\\", '
        '\\"SecretAccessKey\\": \\"s\'e\\"}"\n'),
    "credential_process with what looks like a comment": (
        None, f"[default]\ncredential_process: /bin/sh -c 'printf %s "
        f"\"$2\"' # ; '{PROCESS}' # x\n"),
    "credential_process over several lines": (
        None, f"[default]\ncredential_process = /usr/bin/printf\n   '%s'\n"
        f"   '{PROCESS}'\n"),
    "credentials file before credential_process": (
        "[default]\n" + KEYS, "[default]\ncredential_process = /bin/false\n"),
    "credential_process before config file": (
        None, f"[default]\ncredential_process = /usr/bin/printf '%s' "
        f"'{PROCESS}'\n{OTHER}"),
    "role with keys of a profile": (
        f"[base]\n{USER}", f"[default]\n{ROLE}source_profile = base\n"),
    "role with all that it may have": (
        f"[base]\n{USER}", f"[profile r]\n{ROLE}source_profile = base\n"
        "external_id = a/b=c&d\nduration_seconds = 900\n"
        "role_session_name = se+ssion@x\n", {}, "r"),
    "role before the keys beside it": (
        f"[base]\n{USER}[default]\n{OTHER}",
        f"[default]\n{ROLE}source_profile = base\n"),
    "keys of a source before its role": (
        f"[b]\n{USER}", f"[default]\n{ROLE}source_profile = b\n"
        f"[profile b]\n{ROLE}source_profile = nowhere\n"),
    "role with keys of its own profile": (
        f"[default]\n{USER}{ROLE}source_profile = default\n", None),
    "a role by another role": (
        f"[base]\n{USER}", f"[profile b]\n{OTHER_ROLE}source_profile = base\n"
        f"[default]\n{ROLE}source_profile = b\n"),
    "role with keys of a process": (
        None, f"[default]\n{ROLE}source_profile = b\n[profile b]\n"
        "credential_process = /usr/bin/printf '%s' '" +
        PROCESS.replace("AK", "AKIDUSER").replace("se\"", "user/secret\"")
        .replace(', "SessionToken": "to"', "") + "'\n"),
    "role, credential_source Environment": (
        None, f"[profile r]\n{ROLE}credential_source = Environment\n",
        {"AWS_ACCESS_KEY_ID": "AKIDUSER",
         "AWS_SECRET_ACCESS_KEY": "user/secret"}, "r"),
    "role, credential_source EcsContainer": (
        None, f"[default]\n{ROLE}credential_source = EcsContainer\n",
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "ECS" + Container.path}),
    "role, credential_source Ec2InstanceMetadata": (
        None, f"[default]\n{ROLE}credential_source = Ec2InstanceMetadata\n",
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "IMDS/",
         "AWS_EC2_METADATA_DISABLED": None}),
    "web identity of the environment, before the files": (
        f"[default]\n{OTHER}", None,
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "SELF/token", "AWS_ROLE_ARN":
         "arn:aws:iam::1:role/w", "AWS_ROLE_SESSION_NAME": "pod"}),
    "web identity of a profile": (
        None, f"[default]\n{ROLE}web_identity_token_file = SELF/token\n"
        "role_session_name = pod\n"),
    "web identity of a source": (
        None, f"[default]\n{ROLE}source_profile = w\n[profile w]\n"
        f"{OTHER_ROLE}web_identity_token_file = SELF/token\n"),
    "the option turns the environment's web identity off": (
        f"[bob]\n{KEYS}", None, {"AWS_WEB_IDENTITY_TOKEN_FILE": "SELF/token",
                                 "AWS_ROLE_ARN": "x"}, "bob"),
    "container": (
        None, None, {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                     "ECS" + Container.path}),
    "files before container": (
        "[default]\n" + KEYS, None, {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                                     "ECS" + Container.path}),
    "container before instance": (
        None, None, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "ECS" +
                     Container.path, "AWS_EC2_METADATA_DISABLED": None,
                     "AWS_EC2_METADATA_SERVICE_ENDPOINT": "IMDS/"}),
    "instance": (
        None, "[profile x]\n", {"AWS_EC2_METADATA_DISABLED": None,
                                "AWS_EC2_METADATA_SERVICE_ENDPOINT":
                                "IMDS/"}),
    "a profile without keys, and the instance": (
        None, "[profile x]\nregion = x\n",
        {"AWS_PROFILE": "x", "AWS_EC2_METADATA_DISABLED": None,
         "AWS_EC2_METADATA_SERVICE_ENDPOINT": "IMDS/"}),
}


@pytest.mark.parametrize("case", SAME.values(), ids=SAME.keys())
def test_the_keys_are_those_that_botocore_finds(world, mini, case):
    credentials, config, env, profile = (*case, *(None,) * 4)[:4]
    files = [text and text.replace("SELF/", f"{world.folder}/")
             for text in (credentials, config)]
    world.files(*files)
    (world.folder / "x").write_text("[default]\n" + KEYS)
    (world.folder / "token").write_text("eyJ.web.identity")
    keys = world.botocore(env or {}, profile)
    calls = world.calls()
    if not calls[0] and not any(calls[1]):
        mini.credentials.clear()
        mini.credentials[keys.access_key] = (keys.secret_key,
                                             keys.token or None)
    done = world.run(env, args=["--profile", profile] if profile else [])
    expect_stored(done)
    # botocore asks an endpoint for its container's keys under one name only
    assert world.calls() == calls


def test_a_byte_order_mark_is_skipped_though_botocore_refuses_it(world, mini):
    world.files(f"\ufeff[default]\n{KEYS}", "\ufeff[default]\nregion = x\n")
    mini.credentials.clear()
    mini.credentials["AK"] = "se", None
    expect_stored(world.run())


# What fails, and its line. (credentials, config, environment, line)

WANTED = {"AWS_EC2_METADATA_DISABLED": None,
          "AWS_EC2_METADATA_SERVICE_ENDPOINT": "IMDS/"}
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "SELF/token", "AWS_ROLE_ARN": "x"}
FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
EXPORT = "aws configure export-credentials --profile"
FAILS = {
    "key without secret": (
        None, None, {"AWS_ACCESS_KEY_ID": "x"},
        "environment: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is"),
    "secret without key": (
        None, None, {"AWS_SECRET_ACCESS_KEY": "x"},
        "environment: AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is"),
    "a blank in the secret": (
        None, None, {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY":
                     "hush hush"}, "environment: the secret access key has"),
    "keys of the environment have expired": (
        None, None, {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y",
                     "AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z"},
        "environment: they have expired (at 2001-01-01T00:00:00Z)"),
    "an expiration that is no time": (
        None, None, {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y",
                     "AWS_CREDENTIAL_EXPIRATION": "soon"},
        'environment: their expiration "soon" is not a time with its zone, '
        "such as 2026-01-31T08:00:00Z"),
    "a comment behind a key": (
        "[default]\naws_access_key_id = AK # hush\n"
        "aws_secret_access_key = se\n", None, {},
        "profile default in SELF/credentials: a comment stands behind a key, "
        "and would be part of it: move it to a line of its own"),
    "an empty key": (
        "[default]\naws_access_key_id =\naws_secret_access_key = se\n",
        "[default]\n" + KEYS, {},
        "profile default in SELF/credentials: the access key id is empty"),
    "an empty role": (
        None, "[default]\nrole_arn =\nsource_profile = b\n", {},
        "profile default: role_arn is empty: give it a value, or remove it"),
    "an empty source_profile": (
        None, f"[default]\n{ROLE}source_profile =\n", {},
        "profile default: source_profile is empty"),
    "an empty duration": (
        None, f"[default]\n{LOOP}duration_seconds =\n", {},
        "profile default: duration_seconds is empty"),
    "an empty web identity": (
        None, f"[default]\n{ROLE}web_identity_token_file =\n", {},
        "web identity: web_identity_token_file is empty"),
    "an empty process": (
        None, "[default]\ncredential_process =\n", {},
        "profile default: credential_process is empty"),
    "a process on lines of its own": (
        None, "[default]\ncredential_process =\n  /bin/x --y=z\n", {},
        "profile default: credential_process has its value on the lines "
        'below: write it behind the "="'),
    "no such profile": (
        "[default]\n" + KEYS, None, {"AWS_PROFILE": "bob"},
        "profile bob: it is not in SELF/credentials (other profiles are) and "
        "not in SELF/config (No such file or directory)"),
    "no secret in the file": (
        "[default]\naws_access_key_id = a\n", None, {},
        "profile default in SELF/credentials: there is no secret access key"),
    "a source profile without keys": (
        None, f"[default]\n{LOOP}[profile b]\nregion = x\n", {},
        "profile b: there are no keys in it"),
    "no such source profile": (
        None, "[default]\n" + LOOP, {},
        "profile default: its source_profile b is in no file"),
    "profiles in a circle": (
        None, f"[default]\n{LOOP}[profile b]\n{ROLE}source_profile = c\n"
        f"[profile c]\n{LOOP}", {},
        "profile c: its source_profile b leads back to it"),
    "a profile with only itself": (
        None, f"[profile b]\n{LOOP}", {"AWS_PROFILE": "b"},
        "profile b: its source_profile b leads back to it"),
    "roles without end": (
        None, "".join(f"[profile p{i}]\n{ROLE}source_profile = p{i + 1}\n"
                      for i in range(99)), {"AWS_PROFILE": "p0"},
        "profile p8: more than 8 roles"),
    "a role from nobody": (
        None, f"[default]\n{ROLE}", {},
        "profile default: with role_arn, one of source_profile"),
    "a role from two": (
        None, f"[default]\n{LOOP}credential_source = Environment\n", {},
        "profile default: with role_arn, one of source_profile"),
    "a credential_source that is none": (
        None, f"[default]\n{ROLE}credential_source = Moon\n", {},
        "profile default: credential_source is not Environment"),
    "a credential_source that has none": (
        None, f"[default]\n{ROLE}credential_source = Environment\n", {},
        "environment: AWS_ACCESS_KEY_ID is not set"),
    "a duration that is no number": (
        None, f"[default]\n{LOOP}duration_seconds = 1h\n", {},
        "profile default: duration_seconds is not a number"),
    "a role with MFA": (
        f"[b]\n{USER}", f"[default]\n{LOOP}mfa_serial = arn:x\n", {},
        f"profile default: mfa_serial wants a code, and there is no terminal "
        f"to type it in; use a profile with this line: credential_process = "
        f"{EXPORT} default --format process"),
    "SSO": (
        None, "[profile s]\nsso_session = x\nsso_account_id = 1\n",
        {"AWS_PROFILE": "s"}, "profile s: it is one of SSO, which is not done "
        f"here; use a profile with this line: credential_process = {EXPORT} "
        "s --format process"),
    "web identity without a role": (
        None, None, {"AWS_WEB_IDENTITY_TOKEN_FILE": "SELF/token"},
        "web identity: there is a token, but no role"),
    "web identity without its file": (
        None, None, {**WEB, "AWS_WEB_IDENTITY_TOKEN_FILE": "SELF/gone"},
        "web identity: SELF/gone: No such file"),
    "web identity with an empty file": (
        None, None, {**WEB, "AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null"},
        "web identity: /dev/null: there is no token in it"),
    "a process that fails": (
        None, "[default]\ncredential_process = /bin/sh -c 'exit 7'\n", {},
        "profile default: credential_process: /bin/sh failed with status 7"),
    "a process that a signal ends": (
        None, "[default]\ncredential_process = /bin/sh -c 'kill -9 $$'\n", {},
        "profile default: credential_process: /bin/sh ended by signal 9"),
    "a process that other than there": (
        None, "[default]\ncredential_process = SELF/gone\n", {},
        "profile default: credential_process: SELF/gone cannot be started: No "
        "such file"),
    "a process that is not in PATH": (
        None, "[default]\ncredential_process = no-such-program x\n", {},
        "profile default: credential_process: no-such-program cannot be "
        "started: No such file"),
    "a process without end": (
        None, "[default]\ncredential_process = cat /dev/zero\n", {},
        "profile default: credential_process: cat prints more than 262144 "
        "bytes"),
    "a process that reads": (
        None, "[default]\ncredential_process = cat\n", {},
        "profile default: credential_process: cat printed nothing"),
    "a process that prints no JSON": (
        None, "[default]\ncredential_process = echo hello\n", {},
        "profile default: credential_process: echo printed something that is "
        "not JSON"),
    "a process of another version": (
        None, "[default]\ncredential_process = printf '%s' "
        f"'{PROCESS.replace('1', '2')}'\n", {},
        'profile default: credential_process: printf printed a "Version" '
        "other than the number 1"),
    "a process that prints half": (
        None, "[default]\ncredential_process = printf '%s' '" +
        '{"Version": 1, "AccessKeyId": "x", "SecretAccessKey": null}' + "'\n",
        {}, "profile default: credential_process: printf printed keys that "
        "cannot be used: there is no secret access key"),
    "a process with an open quote": (
        None, "[default]\ncredential_process = printf 'x\n", {},
        "profile default: credential_process has a quote (') that does not "
        "end"),
    "a container on another machine": (
        None, None, {FULL: "http://10.0.0.1/x/hush"},
        "container: the URL in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or "
        "_FULL_URI: plain http"),
    "a container by a name": (
        None, None, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@evil.test/"},
        "container: the URL in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or "
        "_FULL_URI: "),
    "a container that says no": (
        None, None, {FULL: "ECS/hush/"}, "status 404, no such path"),
    "a container's token of two lines": (
        None, None, {FULL: "ECS/", "AWS_CONTAINER_AUTHORIZATION_TOKEN":
                     "a\r\nb"}, "container: localhost:ECS: the request has a "
        "byte that HTTP does not allow"),
    "a container's token without its file": (
        None, None, {FULL: "ECS/", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE":
                     "SELF/gone"}, "container: SELF/gone: No such file"),
    "instance metadata turned off": (
        None, None, {**WANTED, "AWS_EC2_METADATA_DISABLED": "TRUE"},
        "instance metadata: AWS_EC2_METADATA_DISABLED is set"),
    "instance metadata somewhere else": (
        None, None, {**WANTED, "AWS_EC2_METADATA_SERVICE_ENDPOINT":
                     "http://10.0.0.1/"},
        "instance metadata: AWS_EC2_METADATA_SERVICE_ENDPOINT: plain http"),
}


def expect_failure(world, done, line):
    assert done.returncode == 2 and not done.stdout
    first, *lines = done.stderr.rstrip("\n").split("\n")
    assert first == "ocrdyn: no AWS credentials:"
    line = line.replace("SELF", str(world.folder)).replace(
        ":ECS", f":{world.ecs.port}")
    assert any(found.startswith("    ") and line in found
               for found in lines), done.stderr
    assert "hush" not in done.stderr
    assert not world.mini.log and not world.ocrdyn_cloudinary.log


@pytest.mark.parametrize("case", FAILS.values(), ids=FAILS.keys())
def test_a_failure_has_its_line_before_any_call(world, cloudinary, case):
    credentials, config, env, line = case
    world.ocrdyn_cloudinary = cloudinary
    (world.folder / "token").write_text("eyJ.web.identity")
    world.files(credentials, config and config.replace("SELF",
                                                       str(world.folder)))
    expect_failure(world, world.run(env), line)
    world.ecs.refused.clear()


def test_with_nothing_configured_each_source_has_a_line(world):
    done = world.run()
    assert done.returncode == 2
    assert done.stderr.replace(str(world.folder), "SELF").split("\n") == [
        "ocrdyn: no AWS credentials:",
        "    environment: AWS_ACCESS_KEY_ID is not set",
        "    web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
        "    profile default: it is not in SELF/credentials (No such file or "
        "directory) and not in SELF/config (No such file or directory)",
        "    container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is set",
        "    instance metadata: AWS_EC2_METADATA_DISABLED is set",
        ""]


def test_a_source_that_fails_ends_the_search(world, cloudinary):
    world.ocrdyn_cloudinary = cloudinary
    world.files(None, "[default]\ncredential_process = false\n")
    done = world.run({**world.use_container(), **world.use_instance()})
    expect_failure(world, done,
                   "credential_process: false failed with status 1")
    assert not world.ecs.log and not world.imds.log


# test_profile.py has all of these; here, where they show.
BROKEN = {
    "no bracket": ("[default\n", "line 1 stands before any section: put a line "
                   "such as [default] above it"),
    "no delimiter": ("[default]\n\nnonsense hush\n", "line 3 is neither "
                     "[section] nor name = value: correct it, or put a # "
                     "before it"),
    "a section twice": ("[default]\n[x]\n[default]\n", "line 3 begins the same "
                        "section as line 1: merge the two"),
    "a property twice": ("[x]\nhush = a\nHUSH = b\n", "line 3 sets the same "
                         "property as line 2: remove one of the two"),
    "a NUL": ("[default]\n\0\n", "line 2 has a NUL byte: the file is not "
              "text"),
    "too large": ("#" * ((1 << 20) + 1), "File too large"),
}


@pytest.mark.parametrize("text, sentence", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("name", ["credentials", "config"])
def test_a_file_that_is_wrong_is_told_before_any_call(world, cloudinary, mini,
                                                      name, text, sentence):
    world.files(**{name: text})
    done = world.run({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"})
    assert done.returncode == 2
    assert done.stderr == f"ocrdyn: {world.folder / name}: {sentence}\n"
    assert not cloudinary.log and not mini.log


# What a program prints.

def print_json(world, text, name="printer"):
    """Makes a program that prints the text the credential_process."""
    program = world.folder / name
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    program.chmod(0o755)
    world.files(None, f"[default]\ncredential_process = {program}\n")
    return program


ABSENT = object()
# member: (null, {}, [], "", absent), where None is for keys that are good
PRINTED = {
    "Version": ["without", "other than the", "other than the", "other than the",
                "without"],
    "AccessKeyId": ["there is no access key id", "the access key id is not a",
                    "the access key id is not a", "the access key id is empty",
                    "there is no access key id"],
    "SecretAccessKey": [
        "there is no secret access key", "the secret access key is not a",
        "the secret access key is not a", "the secret access key is empty",
        "there is no secret access key"],
    "SessionToken": [None, "the session token is not a string",
                     "the session token is not a string", None, None],
    "Expiration": [None, "expiration is not a string",
                   "expiration is not a string", 'expiration "" is not a time',
                   None],
}
CELLS = [(name, value, verdict) for name, verdicts in PRINTED.items()
         for value, verdict in zip([None, {}, [], "", ABSENT], verdicts)]
CELLS += [("Version", value, "other than the number 1") for value in
          ("1", 2, 10, True)]
CELLS += [("AccessKeyId", 1, "the access key id is not a string"),
          ("Expiration", 1900000000, "expiration is not a string"),
          ("Expiration", "tomorrow", 'expiration "tomorrow" is not a time'),
          ("Expiration", "2001-01-01T00:00:00+0000", "they have expired (at "
           "2001-01-01T00:00:00+0000): get new ones")]


@pytest.mark.parametrize("name, value, verdict", CELLS)
def test_what_a_process_prints_has_a_meaning(world, cloudinary, name, value,
                                             verdict):
    world.ocrdyn_cloudinary = cloudinary
    printed = {"Version": 1, "AccessKeyId": "AKIDUSER",
               "SecretAccessKey": "user/secret", name: value}
    if value is ABSENT:
        del printed[name]
    world.mini.credentials.clear()
    world.mini.credentials["AKIDUSER"] = "user/secret", None
    program = print_json(world, json.dumps(printed))
    done = world.run()
    if verdict is None:
        expect_stored(done)
        return
    expect_failure(world, done, f"credential_process: {program} printed")
    expect_failure(world, done, verdict)


def test_of_two_expirations_none_is_glued_to_the_other(world):
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 9e3))
    world.mini.credentials.clear()
    world.mini.credentials["AK"] = "se", "to"
    print_json(world, json.dumps({**json.loads(PROCESS), "Expiration": later,
                                  "Token": None})[:-1] +
               f', "Expiration": "{later}"}}')
    expect_stored(world.run())


@pytest.mark.parametrize("arguments", [
    "a b", "'a b' \"c d\" e\\ f", "'#' # x ; y", "a\\\\b 'c\\d' \"\\\"\"",
    "'' \"\" x", "$HOME `x` * ~ | ; & > y", "\u00e9 a=b c:d 100%"],
    ids=range(7))
def test_a_process_is_given_the_words_that_botocore_gives(world, arguments):
    program, given = world.folder / "words", world.folder / "given"
    program.write_text("#!/usr/bin/python3\nimport json, sys\n"
                       f"with open({str(given)!r}, 'w') as file:\n"
                       "    json.dump(sys.argv, file)\n"
                       f"print({PROCESS!r})\n")
    program.chmod(0o755)
    world.files(None, "[default]\ncredential_process = "
                f"{program} {arguments}\n")
    world.mini.credentials.clear()
    world.mini.credentials["AK"] = "se", "to"
    assert world.botocore({}).access_key == "AK"
    expected = json.loads(given.read_text())
    given.unlink()
    expect_stored(world.run())
    assert json.loads(given.read_text()) == expected


FORMS = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dt%H:%M:%S", "%Y-%m-%d %H:%M:%S",
         "%Y-%m-%dT%H:%M:%S.123456789", "%Y-%m-%dT%H:%M:%S,5",
         "%Y-%m-%dT%H:%M", "%Y%m%dT%H%M%S"]
ZONES = {"Z": 0, "z": 0, "UTC": 0, " GMT": 0, "+00:00": 0, "+0000": 0,
         "-0000": 0, "+02:00": 7200, "+0200": 7200, "+02": 7200,
         " -0530": -19800, "-05:30": -19800, "": None, "utc": None, "X": None,
         "Zz": None}


@pytest.mark.filterwarnings("ignore:tzname")
@pytest.mark.parametrize("form", FORMS)
def test_an_expiration_is_read_as_botocore_reads_it(world, form):
    """An hour ago or in an hour, by dateutil's reckoning, or no time."""
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    for zone, ahead in ZONES.items():
        for left in (-3600, 3600):
            at = time.gmtime(time.time() + left + (ahead or 0))
            text = time.strftime(form, at) + zone
            try:
                parsed = dateutil.parser.parse(text)
                known = parsed.tzinfo is not None
            except ValueError:
                known = False
            assert known == (ahead is not None), text
            if known:
                real = parsed.timestamp() - time.time()
                assert abs(real - left) < 600, text
            done = world.run({**keys, "AWS_CREDENTIAL_EXPIRATION": text},
                             args=["-n"])
            if known and left > 0:
                assert done.returncode == 0, done.stderr
            else:
                assert done.returncode == 2, text
                assert (f"they have expired (at {text})" if known else
                        f'their expiration "{text}" is not a time') in \
                    done.stderr


# The services.

def test_sts_is_asked_again_after_an_error_that_passes(world):
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    world.sts.faults.add(reply=Sts.error("IDPCommunicationError", "x", 400))
    world.sts.faults.add(nth=2, reply=Response(503, b"busy"))
    expect_stored(world.run())
    assert len(world.sts.log) == 3


def test_sts_refusing_has_its_words_in_the_line(world, cloudinary):
    world.ocrdyn_cloudinary = cloudinary
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    world.sts.faults.add(reply=Sts.error("AccessDenied", "not \x1b[31mfor you"))
    expect_failure(world, world.run(), "profile default: STS refuses: status "
                   "403, AccessDenied: not \\x1B[31mfor you")
    assert len(world.sts.log) == 1


@pytest.mark.parametrize("body, line", [
    (b"", "there is no access key id"),
    (b"<AccessKeyId>a</AccessKeyId>", "there is no secret access key"),
    (b"<AccessKeyId>a<AccessKeyId>", "there is no access key id"),
    (b"<AccessKeyId>a</AccessKeyId><SecretAccessKey>&lt;</SecretAccessKey>",
     "the secret access key is too long"),
    (b"<AccessKeyId>%s</AccessKeyId><SecretAccessKey>b</SecretAccessKey>" %
     (b"a" * 129), "the access key id is too long"),
    (b"<AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey>"
     b"<Expiration>2001-01-01T00:00:00Z</Expiration>", "they have expired"),
    (b"x" * 262145, "the answer is too large"),
], ids=range(7))
def test_an_answer_of_sts_that_is_no_answer(world, cloudinary, body, line):
    world.ocrdyn_cloudinary = cloudinary
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    world.sts.faults.add(times=None, reply=Response(200, body))
    expect_failure(world, world.run(), line)


def test_a_clock_that_is_wrong_is_set_right_by_sts(world):
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    world.sts.skew = world.mini.skew = 86400
    done = world.run()
    expect_stored(done)
    assert len(world.sts.log) == 2
    world.sts.refused.clear()
    world.mini.refused.clear()


def test_the_container_is_given_its_token(world):
    (world.folder / "token").write_text("file/token\n")
    world.ecs.authorization = "Bearer x"
    env = {**world.use_container(),
           "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer x"}
    expect_stored(world.run(env))
    world.ecs.authorization = "file/token"
    expect_stored(world.run({**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE":
                             str(world.folder / "token")}))


def test_the_container_is_asked_three_times(world, cloudinary):
    world.ocrdyn_cloudinary = cloudinary
    fault = world.ecs.faults.add(times=None, reply=Response(500))
    expect_failure(world, world.run(world.use_container()), "status 500")
    assert fault.hits == 3


def test_the_instance_is_asked_by_version_2(world):
    expect_stored(world.run(world.use_instance()))
    folder = "/latest/meta-data/iam/security-credentials/"
    assert [event.call for event in world.imds.log] == [
        "PUT /latest/api/token", f"GET {folder}", f"GET {folder}ocr-role"]


TOKENLESS = {
    "403": dict(reply=Response(403)), "404": dict(reply=Response(404)),
    "405": dict(reply=Response(405)), "no answer": dict(stall=10)}


@pytest.mark.parametrize("fault", TOKENLESS.values(), ids=TOKENLESS.keys())
def test_version_1_is_for_want_of_a_token_only(world, cloudinary, fault):
    world.ocrdyn_cloudinary = cloudinary
    world.imds.v1 = True
    world.imds.faults.add(call="PUT /latest/api/token", times=None, **fault)
    expect_stored(world.run(world.use_instance()))
    del world.mini.log[:], cloudinary.log[:], world.imds.log[:]
    expect_failure(world, world.run({**world.use_instance(),
                                     "AWS_EC2_METADATA_V1_DISABLED": "true"}),
                   "AWS_EC2_METADATA_V1_DISABLED is set")
    assert len(world.imds.log) == 1


NO_KEYS = {
    "token 400": ("PUT /latest/api/token", Response(400),
                  "gives no token: status 400"),
    "token of two lines": ("PUT /latest/api/token", Response(200, b"a\nb"),
                           "its token is wrong"),
    "token too long": ("PUT /latest/api/token", Response(200, b"a" * 1024),
                       "its token is wrong"),
    "no role": ("*-credentials/", Response(404),
                "status 404 for /latest/meta-data/iam/security-credentials/"),
    "a role's name too long": ("*-credentials/", Response(200, b"r" * 300),
                               "status 404 for"),
    "keys that failed": ("*-role", Response(200, b'{"Code": "Fail\\u001b", '
                                            b'"Message": "no"}'),
                         "security-credentials/ocr-role: Fail\\x1B no"),
    "keys that are not JSON": ("*-role", Response(200, b"x"), "is not JSON"),
}


@pytest.mark.parametrize("case", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_an_instance_without_keys_says_why(world, cloudinary, case):
    call, reply, line = case
    world.ocrdyn_cloudinary = cloudinary
    folder = "GET /latest/meta-data/iam/security-credentials/"
    call = {"*-credentials/": folder, "*-role": folder + "ocr-role"}.get(
        call, call)
    world.imds.faults.add(call=call, times=None, reply=reply)
    expect_failure(world, world.run(world.use_instance()), line)


def test_nobody_listening_is_known_soon(world, cloudinary):
    world.ocrdyn_cloudinary = cloudinary
    world.imds.stop()
    start = time.monotonic()
    expect_failure(world, world.run(world.use_instance()),
                   "instance metadata: cannot connect to localhost")
    assert time.monotonic() - start < 3


def test_an_answer_that_is_no_http_is_none(world, cloudinary):
    world.ocrdyn_cloudinary = cloudinary
    world.imds.faults.add(times=None, frame=garbage())
    expect_failure(world, world.run(world.use_instance()), "instance metadata")


def test_the_region_is_the_instances_where_nobody_has_said(world):
    expect_stored(world.run({**world.use_instance(), "AWS_REGION": None}))
    assert "GET /latest/meta-data/placement/region" in world.imds.calls
    world.files(None, f"[default]\nregion = {world.mini.region}\n")
    world.imds.region = "eu-west-9"
    expect_stored(world.run({**world.use_instance(), "AWS_REGION": None}))


def test_a_dry_run_asks_nobody(world):
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    for env in ({}, world.use_container(), {
            **world.use_instance(), "AWS_REGION": None, "AWS_CONFIG_FILE":
            "/dev/null"}):
        assert world.run(env, args=["-n"]).returncode == 0
    assert not any(server.log for server in world.servers)


def test_no_key_and_no_token_is_in_a_log(world, mini):
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    said = [world.run(args=["-v"])]
    world.files("", "")
    world.ecs.authorization = "bearer/token"
    said.append(world.run({**world.use_container(), "AWS_CONTAINER_"
                           "AUTHORIZATION_TOKEN": "bearer/token"},
                          args=["-v"]))
    said.append(world.run(world.use_instance(), args=["-v"]))
    issued = [keys for server in world.servers for keys in server.issued]
    assert len(issued) == 3
    for done in said:
        expect_stored(done)
        for text in ("user/secret", "bearer/token", world.ecs.path,
                     world.imds.token, *sum(issued, ())):
            assert text not in done.stderr


# Keys that expire.

def expire(world, hook, times=1):
    """Makes the second write meet an expired token; calls `hook` then."""
    def edit(response):
        hook()
        return response
    return world.mini.faults.add(
        call="PutItem", nth=2, times=times, edit=edit,
        reply=error("ExpiredTokenException",
                    "The security token included in the request is expired"))


def write_keys(world, key):
    world.files(f"[default]\naws_access_key_id = {key}\n"
                "aws_secret_access_key = se\naws_session_token = tok\n")
    world.mini.credentials.clear()
    world.mini.credentials[key] = "se", "tok"


def test_expired_keys_are_fetched_anew_once(world, cloudinary):
    write_keys(world, "OLD")
    fault = expire(world, lambda: write_keys(world, "NEW"))
    expect_stored(world.run(ids="abc"), "abc")
    assert fault.hits == 1
    assert set(cloudinary.paid.values()) == {1}


@pytest.mark.parametrize("key", ["OLD", "NEW"], ids=[
    "the same keys", "others that have expired, too"])
def test_keys_that_stay_expired_stop_the_run(world, cloudinary, key):
    write_keys(world, "OLD")
    fault = expire(world, lambda: write_keys(world, key), times=None)
    done = world.run(ids="abc")
    assert fault.hits == (2 if key == "NEW" else 1)
    assert [row[:2] for row in done.rows] == [["a", "complete"],
                                              ["b", "unstored"]]
    assert done.returncode == 3
    assert "expired" in done.stderr and "get new credentials" in done.stderr
    assert cloudinary.paid == {"a": 1, "b": 1}


def test_the_reason_why_there_are_no_new_keys_is_said(world):
    flag = world.folder / "flag"
    flag.write_text(PROCESS)
    world.files(None, f"[default]\ncredential_process = cat {flag}\n")
    world.mini.credentials.clear()
    world.mini.credentials["AK"] = "se", "to"
    expire(world, flag.unlink)
    done = world.run(ids="ab")
    assert done.returncode == 3
    assert ("no new credentials: profile default: credential_process: cat "
            "failed with status 1") in done.stderr


def test_the_reason_is_the_first_one_of_a_chain_of_roles(world, cloudinary):
    world.ocrdyn_cloudinary = cloudinary
    world.files(None, f"[default]\n{LOOP}[profile b]\n{OTHER_ROLE}"
                "source_profile = c\n[profile c]\n"
                "credential_process = false\n")
    done = world.run()
    expect_failure(world, done, "profile c: credential_process: false failed")
    assert done.stderr.count("profile ") == 1


def run_slowly(world, env, ids="abcde"):
    """A run with half a second before each image."""
    return world.run(env, ids, ["-r", "2/s"])


REFRESHED = {"role": "sts", "container": "ecs", "instance": "imds"}


@pytest.mark.parametrize("name", REFRESHED.values(), ids=REFRESHED.keys())
def test_keys_are_fetched_anew_before_they_expire(world, name):
    if name == "sts":
        world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    server = getattr(world, name)
    server.lifetime = 2
    env = {"sts": dict, "ecs": world.use_container,
           "imds": world.use_instance}[name]()
    expect_stored(run_slowly(world, env), "abcde")
    # the stand-in takes only the latest keys: the others were put away
    assert 2 <= len(server.issued) <= 4


def test_the_containers_token_is_read_again(world):
    token = world.folder / "token"
    token.write_text("one")
    world.ecs.lifetime = 2
    world.ecs.authorization = "one"

    def change():
        token.write_text("two")
        world.ecs.authorization = "two"

    world.mini.faults.add(call="PutItem", when="after", hook=change)
    expect_stored(run_slowly(world, {
        **world.use_container(), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE":
        str(token)}), "abcde")
    assert len(world.ecs.issued) > 1


def test_old_keys_stay_in_use_while_there_are_no_new_ones(world):
    world.imds.lifetime = 2
    folder = "GET /latest/meta-data/iam/security-credentials/"
    fault = world.imds.faults.add(call=folder, nth=2, times=None,
                                  reply=Response(500))
    expect_stored(run_slowly(world, world.use_instance()), "abcde")
    assert fault.hits == 1               # and not before each call


def test_keys_of_an_instance_may_be_old(world):
    world.imds.lifetime = -3600
    expect_stored(world.run(world.use_instance(), ids="abc"), "abc")
    assert len(world.imds.issued) == 1


def test_a_run_with_a_role_stays_in_its_memory(world):
    world.files(f"[b]\n{USER}", "[default]\n" + LOOP)
    process = world.ocrdyn.start(["-t", "mini"], world.environment({}))
    process.stdin.write(b"a\n")
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"a\tcomplete")
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        peak = [line for line in status if line.startswith("VmHWM")]
    process.communicate(timeout=10)
    assert int(peak[0].split()[1]) <= 1024, peak
