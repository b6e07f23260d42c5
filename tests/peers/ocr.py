"""What the OCR add-on finds: the answer's shape, and two engines for it.

The shape is Google Vision's, as Cloudinary passes it on (C 2.1, 2.2): one
element of `data` for each page, in it `textAnnotations` (first the whole text
with its locale, then the words) and `fullTextAnnotation` (pages, blocks,
paragraphs, words, symbols). A page without text is `{}`.

Whether a document of several pages gives several elements or several `pages`
is not confirmed; here it is several elements.
"""

import csv
import json
import random
import subprocess
from functools import lru_cache
from typing import NamedTuple


class Word(NamedTuple):
    text: str
    box: tuple               # x, y, width, height in pixels
    gap: str                 # what follows: SPACE, LINE_BREAK


class Failed(Exception):
    """OCR did not work; the service says so inside a 200 (C 2.1)."""


def vision(text, paragraphs, size, locale="en", confidence=False):
    """One element of `data`: `text` as it stands, and where its words are
    (paragraphs of Words); `size` is the page's."""
    if not paragraphs:
        return {}
    words = [word for paragraph in paragraphs for word in paragraph]
    whole = _around(words)
    sure = {"confidence": 0.98} if confidence else {}
    page = {
        "property": {"detectedLanguages":
                     [{"languageCode": locale, "confidence": 1}]},
        "width": size[0], "height": size[1],
        "blocks": [{
            "boundingBox": _box(_around(paragraph)),
            "paragraphs": [{
                "boundingBox": _box(_around(paragraph)),
                "words": [_word(word, locale, sure) for word in paragraph],
                **sure}],
            "blockType": "TEXT", **sure} for paragraph in paragraphs],
    }
    return {
        "textAnnotations": [
            {"locale": locale, "description": text,
             "boundingPoly": _box(whole)},
            *({"description": word.text, "boundingPoly": _box(word.box)}
              for word in words)],
        "fullTextAnnotation": {"pages": [page], "text": text},
    }


def _word(word, locale, sure):
    x, y, width, height = word.box
    step = max(1, width // len(word.text))
    symbols = [{"boundingBox": _box((x + i * step, y, step, height)),
                "text": character, **sure}
               for i, character in enumerate(word.text)]
    symbols[-1]["property"] = {"detectedBreak": {"type": word.gap}}
    return {"property": {"detectedLanguages": [{"languageCode": locale}]},
            "boundingBox": _box(word.box), "symbols": symbols, **sure}


def _box(box):
    x, y, width, height = box
    corners = ((x, y), (x + width, y), (x + width, y + height),
               (x, y + height))
    # A coordinate that is 0 is left out, as protobuf's JSON does (C 2.2).
    return {"vertices": [{name: value for name, value in zip("xy", corner)
                          if value} for corner in corners]}


def _around(words):
    left = min(word.box[0] for word in words)
    top = min(word.box[1] for word in words)
    right = max(word.box[0] + word.box[2] for word in words)
    bottom = max(word.box[1] + word.box[3] for word in words)
    return left, top, right - left, bottom - top


def typeset(text):
    """Paragraphs of a text that was never on an image: a line each, a
    character being 10 by 20 pixels."""
    paragraphs = []
    for row, line in enumerate(text.splitlines()):
        words, column = [], 0
        for part in line.split():
            words.append(Word(part, (10 * column, 30 * row, 10 * len(part),
                                     20), "SPACE"))
            column += len(part) + 1
        if words:
            words[-1] = words[-1]._replace(gap="LINE_BREAK")
            paragraphs.append(words)
    return paragraphs


class Canned:
    """Texts without images. An image's `text` (a string, or a list of them
    for several pages, or what failed) is taken as it is; without one the text
    is the public_id, and below it filler until `data` has about `size` bytes.
    `ascii` says whether characters beyond ASCII are escaped."""

    ID = "@ID@"

    def __init__(self, size=0, ascii=False):
        self.ascii = ascii
        self._filler = self._fill(size)
        self._template = self._dump([self._page(f"{self.ID}{self._filler}")])
        self._cached = lru_cache(64)(self._encode)

    def text(self, image):
        """The text that a client should find: pages joined by form feeds."""
        if image.text is None:
            return image.public_id + self._filler
        pages = [image.text] if isinstance(image.text, str) else image.text
        return "\f".join(page for page in pages if page)

    def data(self, image, value):
        """The JSON of `data`; raises Failed."""
        if image.text is None:
            name = self._dump(image.public_id)[1:-1]
            return self._template.replace(self.ID, name)
        if isinstance(image.text, Failed):
            raise image.text
        pages = [image.text] if isinstance(image.text, str) else image.text
        return self._cached(tuple(pages), "document" in value)

    def _encode(self, pages, confidence):
        return self._dump([self._page(page, confidence) for page in pages])

    def _dump(self, value):
        return json.dumps(value, ensure_ascii=self.ascii,
                          separators=(",", ":"))

    @staticmethod
    def _page(text, confidence=False):
        return vision(text, typeset(text), (1280, 720), "en", confidence)

    def _fill(self, size):
        rng = random.Random(1)
        lines = []
        for _ in range(4 + size // 4000):
            words = ("".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9)))
                     for _ in range(6))
            lines.append(" ".join(words))
        text = "\n" + "\n".join(lines)
        # Cut by bisection to the longest that is not above the size.
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            page = self._page(self.ID + text[:middle])
            low, high = ((middle, high) if len(self._dump([page])) <= size
                         else (low, middle - 1))
        return text[:low].rstrip()


class Tesseract:
    """The real thing: tesseract reads the image's `file`. English only; what
    a language in the value would change is not shown."""

    def text(self, image):
        return self._read(image.file)[0]

    def data(self, image, value):
        text, paragraphs, size = self._read(image.file)
        return json.dumps([vision(text, paragraphs, size, "en",
                                  "document" in value)],
                          ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    @lru_cache(64)
    def _read(file):
        done = subprocess.run(["tesseract", str(file), "stdout", "tsv"],
                              capture_output=True, text=True)
        if done.returncode:
            raise Failed("Failed to process request")
        lines, size = {}, (0, 0)
        for row in csv.DictReader(done.stdout.split("\n"), delimiter="\t",
                                  quoting=csv.QUOTE_NONE):
            box = tuple(int(row[name]) for name in
                        ("left", "top", "width", "height"))
            if row["level"] == "1":
                size = box[2:]
            elif row["level"] == "5" and row["text"].strip():
                place = row["block_num"], row["par_num"], row["line_num"]
                lines.setdefault(place, []).append(
                    Word(row["text"], box, "SPACE"))
        return _compose(lines), _paragraphs(lines), size


def _compose(lines):
    return "\n".join(" ".join(word.text for word in line)
                     for line in lines.values())


def _paragraphs(lines):
    paragraphs = {}
    for (block, paragraph, _), line in lines.items():
        line = [*line[:-1], line[-1]._replace(gap="LINE_BREAK")]
        paragraphs.setdefault((block, paragraph), []).extend(line)
    return list(paragraphs.values())
