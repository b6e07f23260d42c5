"""AWS keys from the credentials file: the same answer as botocore's over the
same files (facts A 5.2), and keys that expire during a run."""

import botocore.session
import pytest
from peers.cloudinary import Image
from peers.dynamodb import error

FILES = {
    "plain": "[default]\naws_access_key_id = AK\naws_secret_access_key = se\n",
    "no blanks, CRLF, no last newline":
        "[default]\r\naws_access_key_id=AK\r\naws_secret_access_key=se",
    "comments": "# [x]\n[default]\n; aws_access_key_id = no\n"
                "aws_access_key_id = AK\naws_secret_access_key = s#e\n",
    "another section before and after":
        "[x]\naws_access_key_id = no\naws_secret_access_key = no\n[default]\n"
        "aws_access_key_id = AK\naws_secret_access_key = se\n[y]\n"
        "aws_access_key_id = no\naws_secret_access_key = no\n",
    "other properties, and an equals sign in the secret":
        "[default]\nregion = eu-west-1\naws_access_key_id = AK\n"
        "aws_secret_access_key = s=e=\ns3 =\n  addressing_style = path\n",
    "a token": "[default]\naws_access_key_id = AK\naws_secret_access_key = se\n"
               "aws_session_token = tok\n",
}


def write(path, key, secret, token=None, profile="default"):
    path.write_text(f"[{profile}]\naws_access_key_id = {key}\n"
                    f"aws_secret_access_key = {secret}\n" +
                    (f"aws_session_token = {token}\n" if token else ""))


@pytest.fixture
def keyless(tmp_path, mini):
    """An environment without keys; the file that has them instead."""
    (key, (secret, token)), = mini.credentials.items()
    file = tmp_path / "credentials"
    write(file, key, secret, token)
    return file, {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                  "AWS_SESSION_TOKEN": None,
                  "AWS_SHARED_CREDENTIALS_FILE": file}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_a_file_is_read_as_botocore_reads_it(cloudinary, mini, ocrdyn, keyless,
                                             monkeypatch, text):
    file, env = keyless
    file.write_bytes(text.encode())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                 "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    keys = botocore.session.Session().get_credentials()
    mini.credentials.clear()
    mini.credentials[keys.access_key] = keys.secret_key, keys.token
    cloudinary.add(Image("a", text="x"))
    done = ocrdyn(["-t", "mini"], ["a"], env)
    assert done.returncode == 0, done.stderr
    assert done.rows == [["a", "complete", "x", ""]]


def test_the_environment_goes_before_the_file_and_the_option_before_both(
        cloudinary, mini, ocrdyn, keyless):
    file, env = keyless
    (key, (secret, token)), = mini.credentials.items()
    cloudinary.add(Image("a", text="x"))
    given = {"AWS_SHARED_CREDENTIALS_FILE": file}
    write(file, "WRONG", "wrong")
    assert ocrdyn(["-t", "mini"], ["a"], given).returncode == 0
    write(file, key, secret, token, profile="bob")
    wrong = {"AWS_ACCESS_KEY_ID": "WRONG", "AWS_SECRET_ACCESS_KEY": "wrong"}
    done = ocrdyn(["-t", "mini", "--profile", "bob"], ["a"],
                  {**given, **wrong})
    assert done.returncode == 0, done.stderr
    assert ocrdyn(["-t", "mini"], ["a"],
                  {**env, "AWS_PROFILE": "bob"}).returncode == 0


def expire(mini, file, keys, times=1):
    """Makes the second write meet an expired token; puts `keys` into the file
    at that moment."""
    def edit(response):
        write(file, *keys)
        mini.credentials.clear()
        mini.credentials[keys[0]] = keys[1], keys[2]
        return response
    return mini.faults.add(call="PutItem", nth=2, times=times, edit=edit,
                           reply=error("ExpiredTokenException", "The security "
                                       "token included in the request is "
                                       "expired"))


def test_expired_keys_are_fetched_anew_once(cloudinary, mini, ocrdyn, keyless):
    file, env = keyless
    for name in "abc":
        cloudinary.add(Image(name, text=name))
    fault = expire(mini, file, ("AKNEW", "newsecret", "newtoken"))
    done = ocrdyn(["-t", "mini"], ["a", "b", "c"], env)
    assert fault.hits == 1
    assert [row[:2] for row in done.rows] == [[name, "complete"]
                                              for name in "abc"]
    assert done.returncode == 0, done.stderr
    assert set(cloudinary.paid.values()) == {1}


@pytest.mark.parametrize("keys", [None, ("AKNEW", "newsecret", "newtoken")],
                         ids=["the same keys", "others that have expired, too"])
def test_keys_that_stay_expired_stop_the_run(cloudinary, mini, ocrdyn, keyless,
                                             keys):
    file, env = keyless
    (key, (secret, token)), = mini.credentials.items()
    for name in "abc":
        cloudinary.add(Image(name, text=name))
    fault = expire(mini, file, keys or (key, secret, token), times=None)
    done = ocrdyn(["-t", "mini"], ["a", "b", "c"], env)
    assert fault.hits == (2 if keys else 1)
    assert [row[:2] for row in done.rows] == [["a", "complete"],
                                              ["b", "unstored"]]
    assert done.returncode == 3
    assert "expired" in done.stderr and "get new credentials" in done.stderr
    assert cloudinary.paid == {"a": 1, "b": 1}


BROKEN = {
    "no file": (None, "No such file"),
    "empty": ("", "no keys for the profile"),
    "no such profile": ("[x]\naws_access_key_id = a\n", '"default"'),
    "no secret": ("[default]\naws_access_key_id = a\n", "no keys"),
    "no bracket": ("[default\n", "line 1"),
    "no section": ("aws_access_key_id = a\n", "line 1"),
    "no equals sign": ("[default]\n\nnonsense\n", "line 3"),
}


@pytest.mark.parametrize("text, sentence", BROKEN.values(), ids=BROKEN.keys())
def test_a_file_without_keys_is_told_before_any_call(cloudinary, mini, ocrdyn,
                                                     keyless, text, sentence):
    file, env = keyless
    file.unlink()
    if text is not None:
        file.write_text(text)
    done = ocrdyn(["-t", "mini"], ["a"], env)
    assert done.returncode == 2
    assert str(file) in done.stderr and sentence in done.stderr
    assert not cloudinary.log and not mini.log
