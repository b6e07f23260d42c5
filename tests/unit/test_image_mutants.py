"""image.c is broken on purpose, in one way at a time: the exploration in
test_image.c must notice each. A mutant that survives is a promise that no
assertion holds."""

import subprocess

import pytest

from conftest import ROOT

SOURCE = (ROOT / "cloudinary/image.c").read_text()

# What is broken: the text in image.c, and what stands there instead.
MUTANTS = {
    "a lost answer counts as a request that was not sent": (
        "if (event == IMAGE_ASK_LOST || event == IMAGE_ASK_SERVER) {",
        "if (event == IMAGE_ASK_SERVER) {"),
    "an answer 5xx counts as a request that had no effect": (
        "if (event == IMAGE_ASK_LOST || event == IMAGE_ASK_SERVER) {",
        "if (event == IMAGE_ASK_LOST) {"),
    "a lost answer is settled after 5 s": (
        "event == IMAGE_ASK_LOST ? DOUBT : SETTLE", "SETTLE"),
    "absence decides before D": (
        "((image->phase == EARLIER || image->phase == DOUBT) && !times->d)",
        "(image->phase == EARLIER && !times->d)"),
    "absence decides before D after a restart": (
        "((image->phase == EARLIER || image->phase == DOUBT) && !times->d)",
        "(image->phase == DOUBT && !times->d)"),
    "absence decides before 5 s": (
        "(image->phase == SETTLE && !times->settled)", "false"),
    "a look that fails decides": (
        "if (event == IMAGE_LOOK_FAILED)\n"
        "        return wait_for(image, run, IMAGE_WAIT_PAUSE, times);",
        "if (event == IMAGE_LOOK_FAILED)\n"
        "        return absent(image, run, rules,\n"
        "                      &(struct image_times){true, true, true, 0});"),
    "a look that fails makes the image fail": (
        "if (event == IMAGE_LOOK_FAILED)\n"
        "        return wait_for(image, run, IMAGE_WAIT_PAUSE, times);",
        "if (event == IMAGE_LOOK_FAILED)\n"
        "        return fail(image, LOST);"),
    "a look that meets a limit decides": (
        "if (event == IMAGE_LOOK_LIMIT)\n"
        "        return wait_for(image, run, IMAGE_WAIT_NAMED, times);",
        "if (event == IMAGE_LOOK_LIMIT)\n"
        "        return enter(image, run, ASK);"),
    "a pending result counts as none": (
        "if (image->phase == SETTLE || image->phase == PAID)\n"
        "            image->phase = DOUBT;\n"
        "        return wait_for(image, run, IMAGE_WAIT_LOOK, times);",
        "return absent(image, run, rules, times);"),
    "what is pending is asked for again": (
        "enter(image, run, event == IMAGE_ASK_NONE ? PAID : DOUBT)",
        "enter(image, run, event == IMAGE_ASK_NONE ? PAID : ASK)"),
    "an answer without a result is asked for again": (
        "enter(image, run, event == IMAGE_ASK_NONE ? PAID : DOUBT)",
        "enter(image, run, event == IMAGE_ASK_NONE ? ASK : DOUBT)"),
    "a result under another key is never accepted": (
        "return run->other_key || (image->doubt && !undecided(image, times))\n"
        "            ? have_text(image, run, rules, true)\n"
        "            : absent(image, run, rules, times);",
        "return absent(image, run, rules, times);"),
    "notes of an earlier run are not looked at": (
        "return image->doubt ? enter(image, run, EARLIER)\n"
        "            : approach(image, run, rules);",
        "return approach(image, run, rules);"),
    "the table is asked before Cloudinary when in doubt": (
        "return image->doubt ? enter(image, run, EARLIER)\n"
        "            : approach(image, run, rules);",
        "return approach(image, run, rules);"),
    "an image whose limit is reached fails": (
        "    case IMAGE_ASK_LIMIT:\n"
        "        return wait_for(image, run, IMAGE_WAIT_NAMED, times);",
        "    case IMAGE_ASK_LIMIT:\n        return fail(image, OWN);"),
    "an image that is not reached fails": (
        "if (event == IMAGE_ASK_UNSENT || event == IMAGE_ASK_THROTTLED)\n"
        "        return wait_for(image, run, IMAGE_WAIT_PAUSE, times);",
        "if (event == IMAGE_ASK_UNSENT)\n        return fail(image, OWN);"),
    "a wrong key makes images fail": (
        "return end_run(image, run, IMAGE_STOP_FORBIDDEN);",
        "return fail(image, OWN);"),
    "a put that may have failed counts as done": (
        "    case IMAGE_STORE_FAILED:\n"
        "        return wait_for(image, run, IMAGE_WAIT_PAUSE, times);",
        "    case IMAGE_STORE_FAILED:\n"
        "        return print(image, IMAGE_ROW_TEXT, true);"),
    "what the table refuses is counted": (
        "image->counted = counted;", "image->counted = true;"),
    "a text is printed and not stored": (
        "return rules->store ? enter(image, run, STORE)\n"
        "        : print(image, IMAGE_ROW_TEXT, true);",
        "return print(image, IMAGE_ROW_TEXT, true);"),
    "a row that could not be written is counted": (
        "    case IMAGE_UNPRINTED:\n"
        "        return end_run(image, run, IMAGE_STOP_OUTPUT);",
        "    case IMAGE_UNPRINTED:\n"
        "        image->end = IMAGE_DONE;\n"
        "        return finish(image, run);"),
    "a failure for 5xx leaves the doubt": (
        "    image->doubt = false;\n    image->why = (uint8_t)why;",
        "    image->why = (uint8_t)why;"),
    "what is in the table is asked for": (
        "return print(image, IMAGE_ROW_SKIPPED, true);",
        "return approach(image, run, rules);"),
    "a wait never ends": (
        "case IMAGE_WAITED:\n        return act(image, run);",
        "case IMAGE_WAITED:\n        return IMAGE_WAIT;"),
    "a stop makes an image in doubt fail": (
        "            : end_run(image, run, IMAGE_STOP_ASKED);\n"
        "    case IMAGE_PRINTED:",
        "            : fail(image, OWN);\n    case IMAGE_PRINTED:"),
}


def explore(tmp_path, source):
    """Runs the exploration over this image.c; does it find the promises
    kept?"""
    (tmp_path / "image.c").write_text(source)
    subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", f"-I{ROOT}", "-o",
         tmp_path / "test_image", ROOT / "tests/unit/test_image.c",
         tmp_path / "image.c"], check=True)
    done = subprocess.run([tmp_path / "test_image", "one"],
                          stdout=subprocess.PIPE, text=True, timeout=600)
    assert done.returncode in (0, 1), done
    return done.returncode == 0


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_exploration_notices_that(mutant, tmp_path):
    before, after = MUTANTS[mutant]
    assert SOURCE.count(before) == 1, "image.c has changed: mend the mutant"
    assert not explore(tmp_path, SOURCE.replace(before, after))


def test_the_exploration_passes_without_a_mutant(tmp_path):
    assert explore(tmp_path, SOURCE)
