"""layers.py LIBRARY: checks the layout of the sources (DESIGN.md, Layout).

A source file includes headers of its own room, or of rooms on lower layers.
No two names that LIBRARY (the program as an archive) exports are equal, or
differ only by an "s" at the end. Prints each violation; ends with 1 if there
is one.
"""

import pathlib
import re
import subprocess
import sys

LAYERS = [
    ["base"],
    ["json", "sigv4", "net"],
    ["http", "rows"],
    ["cloudinary", "aws"],
    ["dynamodb"],
    ["cli"],
    ["commands"],
    ["ocrdyn"],
]
LAYER = {room: layer for layer, rooms in enumerate(LAYERS) for room in rooms}
ROOT = pathlib.Path(__file__).resolve().parent.parent


def room(path):
    """The folder of a source file; http.c is in the room http."""
    return path.split("/")[0].split(".")[0]


def sources():
    for path in [*ROOT.glob("*.[ch]"), *ROOT.glob("*/*.[ch]")]:
        name = path.relative_to(ROOT).as_posix()
        if room(name) not in ("build", "dist", "tests"):
            yield name, path


def includes():
    """Each violation by an include."""
    for name, path in sources():
        if room(name) not in LAYER:
            yield f"{name}: the folder is not on any layer"
            continue
        for header in re.findall(r'^#include "([^"]+)"', path.read_text(),
                                 re.MULTILINE):
            if not (ROOT / header).exists():
                yield f'{name}: "{header}" is not a path from the root'
            elif room(header) != room(name) and \
                    LAYER.get(room(header), 99) >= LAYER[room(name)]:
                yield f"{name} includes {header}, which is not on a lower layer"


def exports(library):
    """Each violation by an exported name."""
    output = subprocess.run(["nm", "-g", "--defined-only", library],
                            check=True, stdout=subprocess.PIPE, text=True)
    names = re.findall(r"^[0-9a-f]+ [A-Z] ([a-z]\w*)$", output.stdout,
                       re.MULTILINE)
    if not names:
        yield f"{library} exports nothing"
    for name in sorted(set(names)):
        if names.count(name) > 1:
            yield f"{name} is exported twice"
        if name + "s" in names:
            yield f"{name} and {name}s are both exported"


if __name__ == "__main__":
    violations = [*includes(), *exports(sys.argv[1])]
    print(*violations, sep="\n", end="\n" if violations else "")
    sys.exit(bool(violations))
