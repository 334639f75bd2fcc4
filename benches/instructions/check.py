"""Holds the instruction counts of a run against the recorded ones: folder of counts, then perhaps `--accept` and a reason.

A count is read from what callgrind has written of each path."""

import re
import sys
import tomllib
from pathlib import Path

RECORDED = Path("benches/instructions/recorded.toml")
# Where they are shown.
DOCUMENT = Path("BENCHMARKS.md")
BEGIN, END = "<!-- counts: written by benches/instructions/run -->", "<!-- counts: end -->"
# More than this is a failure; what is less than the second is noise.
LIMIT, NOISE = 0.05, 0.01

HEAD = """# Instructions that the hot paths take, as benches/instructions/run counts them: each ten times what its name says (an advance once), the client included.
# A rise of 5 % fails. `benches/instructions/run --accept WHY` records new counts; the reason stands here, and in the commit.
"""


def counted(folder):
    counts = {}
    for file in sorted(Path(folder).rglob("callgrind.*.out")):
        summary = re.search(r"^summary: (\d+)", file.read_text(), re.MULTILINE)
        counts[file.parent.name] = int(summary[1])
    return counts


def write(recorded):
    tables = [
        f'\n["{name}"]\ninstructions = {entry["instructions"]}\nbecause = "{entry["because"]}"\n'
        for name, entry in sorted(recorded.items())
    ]
    RECORDED.write_text(HEAD + "".join(tables))
    rows = [f"| `{name}` | {entry['instructions']:,} |" for name, entry in sorted(recorded.items())]
    before, rest = DOCUMENT.read_text().split(BEGIN)
    after = rest.split(END)[1]
    table = "\n".join(["| path | instructions |", "|---|---|", *rows])
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


def main(folder, *arguments):
    counts = counted(folder)
    recorded = tomllib.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    accepted = arguments[1] if arguments[:1] == ("--accept",) and len(arguments) == 2 else None
    if arguments and not accepted:
        sys.exit("error: --accept takes a reason")
    if not counts:
        sys.exit(f"error: there are no counts in {folder}")
    failures = []
    for name, count in counts.items():
        before = recorded.get(name, {}).get("instructions")
        change = (count - before) / before if before else None
        shown = f"{change:+.2%}" if change is not None else "new"
        print(f"{name:<32} {count:>14,} {before or 0:>14,}  {shown}")
        if accepted and (change is None or abs(change) > NOISE):
            recorded[name] = {"instructions": count, "because": accepted.replace('"', "'")}
        elif change is None:
            failures.append(f"{name} takes {count:,} instructions, and no figure is recorded")
        elif change > LIMIT:
            failures.append(f"{name} takes {count:,} instructions, {shown} of the recorded {before:,}")
        elif change < -LIMIT:
            print(f"  {name} has become cheaper: record it, so that it stays so")
    for name in recorded.keys() - counts.keys():
        if accepted:
            del recorded[name]
        else:
            failures.append(f"{name} is recorded and was not counted")
    if accepted:
        write(recorded)
    if failures:
        sys.exit("\n".join(["", *failures, "", "Make it cheaper, or accept it: benches/instructions/run --accept WHY"]))
    print(f"{len(counts)} passed, 0 failed")


main(*sys.argv[1:])
