"""extract prints the texts in saved OCR answers."""

import itertools
import json
import os
import random
import signal
import subprocess

import pytest

from peers.cloudinary import Image
from peers.ocr import Canned, typeset, vision
from soak import memory
from test_run import cases, page

TEXT = "MARVEL STUDIOS\nè vero"
NONE = "no OCR text"


def answer(*pages, status="complete", key="adv_ocr", **more):
    """Returns a resource whose OCR result has these elements in `data`."""
    return {"public_id": "a/b", "width": 1280, **more,
            "info": {"ocr": {key: {"status": status, "data": list(pages)}}}}


def full(text):
    return {"fullTextAnnotation": {"text": text}}


def dump(document, **how):
    return document if isinstance(document, bytes) else \
        json.dumps(document, **how).encode()


@pytest.fixture
def save(tmp_path):
    """save(a=document) writes it to a.json, and returns the file names."""
    def write(**documents):
        for name, document in documents.items():
            (tmp_path / f"{name}.json").write_bytes(dump(document))
        return [f"{name}.json" for name in documents]
    return write


@pytest.fixture
def extract(ocrdyn):
    """extract(document, options...) runs extract with the document on standard
    input, checks what holds for every run, and returns the process."""
    def call(document, *options):
        done = ocrdyn(["extract", *options], dump(document))
        said = done.stderr.splitlines()
        if done.returncode == 0:
            assert said == []
        else:
            assert done.returncode == 1 and done.stdout == b""
            assert len(said) == 1
            assert said[0].startswith("ocrdyn: standard input: ")
        return done
    return call


# The text.

@cases("document, text", {
    "from the documentation of the add-on": (
        b'{"public_id":"docs/restaurant_menu","version":1750668169,"info":{'
        b'"ocr":{"adv_ocr":{"status":"complete","data":[{"textAnnotations":[{'
        b'"locale":"it","description":"MENU 1\\nINSALATA VERDE\\nPIZZA'
        b' CAPRESE\\n18.50"}]}]}}}}',
        "MENU 1\nINSALATA VERDE\nPIZZA CAPRESE\n18.50\n"),
    "both annotations": (answer({**full("MARVEL"), **page("MARVEL STUDIOS")}),
                         "MARVEL STUDIOS\n"),
    "only the full text": (answer(full("a")), "a\n"),
    "ends with a newline": (answer(full("a\n")), "a\n"),
    "ends with two newlines": (answer(page("a\n\n")), "a\n\n"),
    "several pages": (answer(page("a"), full("b\n"), page("c")),
                      "a\fb\n\fc\n"),
    "a blank page between two others": (answer(page("a"), {}, page("c")),
                                        "a\f\fc\n"),
    "control sequences of a terminal": (answer(page("\x1b[2J\0\x9b")),
                                   "\x1b[2J\0\x9b\n"),
    "outside the BMP": (answer(page("\U0001f600 \u4e2d")),
                       "\U0001f600 \u4e2d\n"),
    "another OCR value": (answer(page("a"), key="adv_ocr:document"), "a\n"),
    "the first of two OCR values": (
        {"info": {"ocr": {"x": 1, "adv_ocr:ja": answer(page("a"))["info"][
            "ocr"]["adv_ocr"], **answer(page("b"))["info"]["ocr"]}}}, "a\n"),
    "a member with an empty name is not a result": (
        {"info": {"ocr": {"": 1, **answer(page("a"))["info"]["ocr"]}}},
        "a\n"),
})
@pytest.mark.parametrize("indent", [None, 4])
def test_the_text_that_is_printed(extract, document, text, indent):
    if not isinstance(document, bytes):
        document = dump(document, indent=indent)
    done = extract(document)
    assert (done.stdout.decode(), done.returncode) == (text, 0)


@cases("data", {
    "no element": [], "an empty element": [{}], "two": [{}, {}],
    "no annotation": [{"textAnnotations": []}], "an empty one": [page("")],
    "white space": [page(" \n\t")],
})
@pytest.mark.parametrize("options", [[], ["-0"]])
def test_nothing_is_printed_for_an_image_without_text(extract, data, options):
    done = extract(answer(*data), *options)
    assert (done.stdout, done.returncode) == (b"", 0)


@pytest.mark.parametrize("seed", range(6))
def test_realistic_answers(extract, seed):
    rng = random.Random(seed)
    texts = ["".join(rng.choices('abc "\\\n\té\u4e2d\U0001f600',
                                 k=rng.randint(0, 300))).strip()
             for _ in range(rng.randint(1, 5))]
    pages = [vision(text, typeset(text), (1280, 720)) for text in texts]
    document = dump(answer(*pages), indent=rng.choice([None, 0, 3]),
                    ensure_ascii=rng.random() < 0.5)
    text = "\f".join(text if typeset(text) else "" for text in texts)
    assert extract(document).stdout.decode() == text + "\n" * bool(
        text.strip())


# Answers without text.

@cases("document, sentence", {
    "failed": (b'{"asset_id":"8abd06560fc75b3bbe80299b988035b0","format":"jpg"'
               b',"info":{"ocr":{"adv_ocr":{"status":"failed","data":"Failed'
               b' to process request"}}}}',
               "OCR failed: Failed to process request"),
    "pending": (answer(status="pending"),
                "OCR is not finished: its status is pending"),
    "no status": ({"info": {"ocr": {"adv_ocr": {"data": [page("a")]}}}},
                  "the OCR result is not understood"),
    "no data": ({"info": {"ocr": {"adv_ocr": {"status": "complete"}}}},
                "the OCR result is not understood"),
    "data is a string": ({"info": {"ocr": {"adv_ocr": {
        "status": "complete", "data": "odd"}}}},
        "the OCR result is not understood: odd"),
    "a page of unknown form": (answer({"pages": [{}]}),
                                 "the OCR result is not understood"),
    "a number for text": (answer(full(1)),
                          "the OCR result is not understood"),
    "an error": ({"error": {"message": "Resource not found - x"}},
                 "an error: Resource not found - x"),
    "an error with a control sequence": (
        {"error": {"message": "\x1b[2J"}}, "an error: \\x1B[2J"),
    "no result": (answer(key="ocr"), NONE),
    "no info": ({"public_id": "a"}, NONE),
    "an array": ([answer(page("a"))], NONE),
    "null": (None, NONE),
    "a number": (17, NONE),
    "a text above 16 MB": (answer(page("x" * ((16 << 20) + 1))),
                           "the text is larger than 16 MB"),
})
def test_an_answer_without_text_is_an_error_with_a_reason(extract, document,
                                                    sentence):
    done = extract(document)
    assert done.returncode == 1
    assert done.stderr == f"ocrdyn: standard input: {sentence}\n"


@cases("document, at", {
    "nothing": (b"", "0: the document ends too early"),
    "white space": (b" \n", "2: the document ends too early"),
    "a page of HTML": (b"<html>", "0: an unexpected byte"),
    "two byte order marks": (b"\xef\xbb\xbf" * 2 + b"{}",
                             "3: an unexpected byte"),
    "two documents": (b"{}\n{}\n", "3: something follows the document"),
    "not UTF-8": (b'{"a":"\xff\x81"}', "6: a string is not UTF-8"),
    "Windows-1252": (b'{"a":"caf\xe9"}',
                     "10: a string is not UTF-8 (Windows-1252?)"),
    "NUL": (b'{"a":\0}', "5: an unexpected byte"),
    "too deep": (b"[" * 600, "512: nested too deeply"),
    "gzip": (b"\x1f\x8b\x08\0", "0: an unexpected byte"),
    "wrong after the text": (dump(answer(page("a")))[:-1] + b",}", None),
})
@pytest.mark.parametrize("options", [[], ["-p", ""], ["-0p", "/info"]])
def test_invalid_json_is_an_error_at_its_byte(extract, document, at,
                                                  options):
    at = at or f"{len(document) - 1}: an unexpected byte"
    done = extract(document, *options)
    assert done.returncode == 1
    assert done.stderr == f"ocrdyn: standard input: not JSON at byte {at}\n"


SMALL = dump(answer(page("a\u00e9\n"), ensure_ascii=False))


@pytest.mark.parametrize("options", [[], ["-p", "/info/ocr"]])
def test_a_truncated_document_prints_nothing(extract, options):
    for end in range(len(SMALL)):
        done = extract(SMALL[:end], *options)
        assert (done.returncode, done.stdout) == (1, b"")
        assert f"not JSON at byte {end}: " in done.stderr


def test_a_document_can_arrive_byte_by_byte(ocrdyn):
    process = ocrdyn.start(["extract"])
    for byte in SMALL:
        process.stdin.write(bytes([byte]))
        process.stdin.flush()
    out, err = process.communicate(timeout=60)
    assert (out.decode(), err, process.returncode) == ("aé\n", b"", 0)


def test_documents_with_random_errors_are_refused(extract):
    rng = random.Random(7)
    for _ in range(60):
        document = bytearray(SMALL)
        for _ in range(rng.randint(1, 4)):
            document[rng.randrange(len(document))] = rng.randrange(256)
        done = extract(bytes(document))
        try:
            json.loads(document.decode(), strict=True)
        except ValueError:
            assert done.returncode == 1


# Files.

def test_files_are_read_one_after_the_other(ocrdyn, save):
    names = save(a=answer(page("one")), b=answer(page("two\n")),
                 none=answer(), c=answer(page("three")))
    done = ocrdyn(["extract", *names])
    assert done.stdout == b"one\ntwo\nthree\n"
    assert (done.stderr, done.returncode) == ("", 0)


def test_the_next_file_follows_after_an_error(ocrdyn, save):
    names = save(a=answer(page("one")), bad=b"{", none={}, b=answer(page("2")))
    done = ocrdyn(["extract", "gone", *names[:3], ".", names[3]])
    assert done.stdout == b"one\n2\n"
    assert done.stderr.splitlines() == [
        "ocrdyn: gone: No such file or directory",
        "ocrdyn: bad.json: not JSON at byte 1: the document ends too early",
        "ocrdyn: none.json: no OCR text",
        "ocrdyn: .: Is a directory"]
    assert done.returncode == 1


@pytest.mark.parametrize("args", [[], ["-"], ["--", "-"]])
def test_standard_input_is_the_default(ocrdyn, args):
    done = ocrdyn(["extract", *args], dump(answer(page(TEXT))))
    assert done.stdout.decode() == TEXT + "\n"


def test_standard_input_between_files(ocrdyn, save):
    a, b = save(a=answer(page("1")), b=answer(page("3")))
    done = ocrdyn(["extract", a, "-", b], dump(answer(page("2"))))
    assert (done.stdout, done.returncode) == (b"1\n2\n3\n", 0)


def test_files_with_unusual_names(ocrdyn, tmp_path):
    for name in ("-x", "a b", "\x1b[2J"):
        (tmp_path / name).write_bytes(dump(answer(page(name))))
    done = ocrdyn(["extract", "--", "-x", "a b", "\x1b[2J"])
    assert done.stdout == b"-x\na b\n\x1b[2J\n"
    (tmp_path / "\udcff").write_bytes(dump(answer(page("not UTF-8"))))
    assert ocrdyn(["extract", "\udcff"]).stdout == b"not UTF-8\n"
    done = ocrdyn(["extract", "gone\x1b[2J\n"])
    assert done.stderr.startswith("ocrdyn: gone\\x1B[2J")
    assert done.stderr.count("\n") == 1 and done.returncode == 1


def test_standard_input_is_not_needed_for_files(ocrdyn, save):
    names = save(a=answer(page("1")), b=answer(page("2")))
    process = ocrdyn.start(["extract", *names, "-"], stdin=subprocess.DEVNULL,
                           preexec_fn=lambda: os.close(0))
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"1\n2\n", 1)
    assert err == b"ocrdyn: standard input: Bad file descriptor\n"


def test_standard_input_can_be_non_blocking(ocrdyn):
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    process = ocrdyn.start(["extract"], stdin=ours)
    os.close(ours)
    for piece in (SMALL[:9], SMALL[9:]):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        os.write(theirs, piece)
    os.close(theirs)
    assert process.wait(60) == 0
    assert process.stdout.read().decode() == "aé\n"


# Any value.

EVERYTHING = answer(
    page("a \"b\" \\ /\u0007\x1b"), page("\U0001f600\n"),
    numbers=[0, -1.5e300, 10 ** 40, True, False, None],
    odd={"": "empty", "a/b": 1, "m~n": 2, "~1": 3, " ": 4, "é": [[], {}],
         "*": "a star", "0": "a digit", "01": 5, 'q"\\': {"x": [" "]}},
    twelve=list(range(12)))


def places(value, pointer=""):
    """Yields the pointer to each value, and the value."""
    yield pointer, value
    inner = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        token = str(name).replace("~", "~0").replace("/", "~1")
        yield from places(part, f"{pointer}/{token}")


@pytest.mark.parametrize("how", [{}, {"indent": 2},
                                 {"ensure_ascii": False,
                                  "separators": (",", ":")}],
                         ids=["plain", "indented", "compact"])
def test_every_value_can_be_printed(ocrdyn, save, how):
    (name,) = save(all=dump(EVERYTHING, **how))
    for pointer, value in places(EVERYTHING):
        done = ocrdyn(["extract", "-p", pointer, name])
        assert done.returncode == 0, pointer
        out = done.stdout.decode()
        if isinstance(value, str):
            assert out == value + "\n" * (not value.endswith("\n"))
        else:
            assert json.loads(out) == value
            assert dump(EVERYTHING, **how).find(out[:-1].encode()) >= 0


@pytest.mark.parametrize("pointer", [
    "/none", "/numbers/6", "/numbers/-", "/numbers/00", "/odd/a", "/odd/*/0",
    "/public_id/0", "/*", "/adv*", "/"])
def test_a_pointer_without_value_is_an_error(extract, pointer):
    done = extract(EVERYTHING, "--pointer", pointer)
    assert done.returncode == 1
    assert done.stderr == ("ocrdyn: standard input: no value at "
                           f"{pointer}\n")


def test_numbers_and_white_space_stay_as_they_are(extract):
    document = b'{"a": [1.0,  -0 ,1E+2]\n, "b": "\\u0041\\/"}'
    assert extract(document, "-p", "/a").stdout == b"[1.0,  -0 ,1E+2]\n"
    assert extract(document, "-p", "/b").stdout == b"A/\n"
    assert extract(b" 1 ", "-p", "").stdout == b"1\n"
    assert extract(b"12", "-p", "").stdout == b"12\n"


def test_of_duplicate_members_the_first_is_taken(extract):
    assert extract(b'{"a":1,"a":2}', "-p", "/a").stdout == b"1\n"


def test_a_value_is_a_record_in_each_file(ocrdyn, save):
    names = save(a={"v": ""}, b={"v": " "}, c={"v": None}, d={}, e={"v": "x"})
    done = ocrdyn(["extract", "-p", "/v", *names])
    assert done.stdout == b"\n \nnull\nx\n"
    assert done.stderr == "ocrdyn: d.json: no value at /v\n"
    assert done.returncode == 1


def test_a_value_above_16_mb_is_an_error(extract):
    value = "x" * (16 << 20)
    done = extract({"a": value}, "-p", "/a")
    assert done.stdout == value.encode() + b"\n"
    done = extract({"a": value}, "-p", "")
    assert "the value is larger than 16 MB" in done.stderr


# Records that end with a NUL.

def test_records_can_end_with_a_nul(ocrdyn, save):
    names = save(a=answer(page("a\n")), b=answer(page("b")),
                 c=answer(page("c\0d")), none=answer())
    done = ocrdyn(["extract", "-0", *names])
    assert done.stdout.decode() == "a\n\0b\0c\ufffdd\0"
    done = ocrdyn(["extract", "--null", "-p", "/width", *names[:2]])
    assert done.stdout == b"1280\x001280\0"


# Size.

@pytest.mark.parametrize("options, out", [([], b"the text\n"),
                                          (["-p", "/width"], b"1280\n")])
def test_memory_does_not_grow_with_the_document(ocrdyn, options, out):
    word = dump(vision("x" * 200, typeset("x" * 200), (1280, 720)))
    whole = dump(answer(page("the text")))
    process = ocrdyn.start(["extract", *options])
    process.stdin.write(b'{"big":[')
    for _ in range(2000):
        process.stdin.write(word + b",\n")
    process.stdin.write(b"0],")
    process.stdin.flush()
    assert 2000 * len(word) > 40 << 20
    assert memory(process) < 1024
    assert process.communicate(whole[1:], timeout=60) == (out, b"")
    assert process.returncode == 0


@pytest.mark.parametrize("size", [3000, 57000, 366000, 5000000])
def test_answers_of_any_size(ocrdyn, save, size):
    engine, image = Canned(size), Image("a")
    (name,) = save(a=answer(*json.loads(engine.data(image, "adv_ocr"))))
    done = ocrdyn(["extract", name])
    assert done.stdout.decode() == engine.text(image) + "\n"
    assert done.returncode == 0


def test_a_text_of_16_mb(extract):
    text = "x" * (16 << 20)
    assert extract(answer(page(text))).stdout == text.encode() + b"\n"


# Standard output.

def test_a_full_output_device_ends_the_command(ocrdyn, save):
    names = save(a=answer(page("a")), b=b"{")
    with open("/dev/full", "wb") as full:
        process = ocrdyn.start(["extract", *names], stdout=full)
        err = process.communicate(timeout=60)[1]
    assert process.returncode == 4
    assert err == (b"ocrdyn: cannot write standard output: "
                   b"No space left on device\n")


def test_a_closed_standard_output_is_an_error(ocrdyn, save):
    (name,) = save(a=answer(page("a")))
    process = ocrdyn.start(["extract", name], stdout=subprocess.DEVNULL,
                           preexec_fn=lambda: os.close(1))
    assert b"standard output is closed" in process.communicate(timeout=60)[1]
    assert process.returncode == 4


def test_sigpipe_ends_it_without_a_message(ocrdyn, save):
    (name,) = save(a=answer(page("a" * 1000000)))
    process = ocrdyn.start(["extract", name, name])
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == -signal.SIGPIPE


# The command line.

@cases("args, sentence", {
    "unknown letter": (["-x"], "there is no option -x"),
    "unknown name": (["--rate=1/s"], "there is no option --rate=1/s"),
    "an option of run": (["-t", "ocr"], "there is no option -t"),
    "no value": (["a.json", "-p"], "--pointer needs a value"),
    "a value for a flag": (["--null=1"], "--null takes no value"),
    "not a pointer": (["-p", "width"], '"width" is not a JSON Pointer'),
    "a bad escape": (["-p", "/~2"], '"/~2" is not a JSON Pointer'),
    "too many tokens": (["-p", "/a" * 17], "is not a JSON Pointer"),
    "not UTF-8": (["-p", b"/\xff"], "is not a JSON Pointer"),
})
def test_a_usage_error_is_reported_before_input_is_read(ocrdyn, save, args,
                                                        sentence):
    save(a=answer(page("a")))
    done = ocrdyn(["extract", *args], dump(answer(page("b"))))
    assert (done.returncode, done.stdout) == (2, b"")
    assert sentence in done.stderr
    assert done.stderr.endswith("(try: ocrdyn extract -h)\n")


def test_options_can_follow_files_and_be_grouped(ocrdyn, save):
    (name,) = save(a=answer(page("a")))
    for args in itertools.permutations(["-0", "--pointer=/width", name]):
        assert ocrdyn(["extract", *args]).stdout == b"1280\0"
    assert ocrdyn(["extract", "-0p/width", name]).stdout == b"1280\0"


@pytest.mark.parametrize("arg", ["-h", "--help"])
def test_help_is_24_lines_of_80_with_examples_first(ocrdyn, arg):
    done = ocrdyn(["extract", arg])
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert lines[0].startswith("ocrdyn extract answer.json ")
    assert b"extract: CMD -h" in ocrdyn(["-h"]).stdout


def test_neither_account_nor_aws_is_needed(ocrdyn):
    done = ocrdyn(["extract"], dump(answer(page("a"))),
                  env={"CLOUDINARY_URL": "nonsense", "AWS_REGION": "no/region",
                       "OCRDYN_TABLE": "?", "SSL_CERT_FILE": "/none"})
    assert (done.stdout, done.returncode) == (b"a\n", 0)


def test_an_unknown_command_is_a_usage_error(ocrdyn):
    done = ocrdyn(["extrac"])
    assert done.returncode == 2
    assert 'there is no command "extrac"' in done.stderr
