#!/usr/bin/env python3
"""Checks the structure of the code: layers point one way, each heavy library stays in its layer,
sizes stay within their limits, and what is banned is nowhere. Prints every finding; exit 1 if any.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ["schema", "store", "engine", "http", "tools"]
CODE = LAYERS + ["tests", "bench"]

# Where a library may be included: a folder, or several.
LIBRARIES = {
    r"flatbuffers/": ["schema"],
    r"rocksdb/": ["store", "tests/store", "tests/support/sim_", "bench"],
    r"cereal/": ["store"],
    r"Eigen/": ["engine/risk", "engine/jobs", "tests/engine", "bench"],
    r"boost/(beast|asio)": ["http", "tools", "tests/http", "tests/tools", "bench"],
    r"CLI/": ["tools"],
    r"jwt\.h": ["http"],
    r"sodium": ["http", "tests/http"],
    r"csv\.h": ["engine/inputs"],
    r"kainjow/": ["http/report"],
}

BANNED = {
    r"system_clock::now|steady_clock::now": ["engine/clock.cc", "bench", "tests"],
    r"std::random_device": ["engine/random.cc", "bench", "tests"],
    r"\bsleep_for\b|\busleep\(": [],
    r"\.detach\(\)": [],
    r"\bNewIterator\(": ["store/rocks_options.cc", "bench", "tests"],
    r"(?<![_\w])assert\(": [],
    r"\bTODO\b|\bFIXME\b|\bXXX\b": [],
}

LINES_MAX = 600
FUNCTION_LINES_MAX = 70


def files():
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".h", ".cc"} and "generated" not in path.name:
                yield path.relative_to(ROOT)


def within(path, places):
    return any(str(path).startswith(place) for place in places)


def check_includes(path, text, report):
    layer = path.parts[0]
    for include in re.findall(r'#include ["<]([^">]+)[">]', text):
        target = include.split("/")[0]
        if target in LAYERS and layer in LAYERS:
            if LAYERS.index(target) > LAYERS.index(layer):
                report(f"{path}: {layer} includes {include}, which is of a layer above it")
            if str(path).startswith("engine/risk/") and not include.startswith(("engine/risk/", "schema/")):
                report(f"{path}: engine/risk may include only itself and schema, not {include}")
        for library, places in LIBRARIES.items():
            if re.match(library, include) and not within(path, places):
                report(f"{path}: {include} belongs to {', '.join(places)}")
    for header in re.findall(r'#include "((?:store|engine|http)/[^"]+\.h)"', text):
        if not (ROOT / header).exists():
            report(f"{path}: {header} does not exist")


def check_banned(path, text, report):
    for pattern, allowed in BANNED.items():
        if within(path, allowed):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            code = line.split("//")[0] if "TODO" not in pattern else line
            if re.search(pattern, code):
                report(f"{path}:{number}: banned: {line.strip()}")


def check_sizes(path, text, report):
    lines = text.splitlines()
    if len(lines) > LINES_MAX:
        report(f"{path}: {len(lines)} lines, more than {LINES_MAX}")
    # A function body at namespace or class level starts on a line that ends in "{" after ")" and
    # ends with a brace in the same column.
    start = None
    for number, line in enumerate(lines, 1):
        opens = re.match(r"^(\s{0,2})\S.*\)\s*(const|noexcept|override|final|\s)*(->\s*[\w:<>,&* ]+)?\s*\{$", line)
        if opens and start is None and not re.match(r"^\s*(if|for|while|switch|namespace)\b", line):
            start = (number, opens.group(1))
        elif start is not None and line == start[1] + "}":
            if number - start[0] > FUNCTION_LINES_MAX:
                report(f"{path}:{start[0]}: a function of {number - start[0]} lines")
            start = None


def main():
    findings = []
    count = 0
    for path in files():
        text = (ROOT / path).read_text(encoding="utf-8")
        count += 1
        check_includes(path, text, findings.append)
        check_banned(path, text, findings.append)
        check_sizes(path, text, findings.append)
    for finding in findings:
        print(finding)
    print(f"{count} files, {len(findings)} findings")
    return 1 if findings or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
