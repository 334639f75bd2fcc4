"""Runs the scenarios, holds their figures to their bounds, and writes them down."""

import argparse
import os
import platform
import re
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from figures import SCENARIOS, Size
from scenarios import connections, floods, memory, order, receivers, soak, stopping  # noqa: F401: they register themselves

TABLE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def main():
    parser = argparse.ArgumentParser(prog="tests/reliability/run")
    parser.add_argument("--short", action="store_true", help="small sizes; speed is not judged")
    parser.add_argument("--write", action="store_true", help="write the table of docs/reliability.md")
    parser.add_argument("--only", metavar="NAME", action="append", choices=list(SCENARIOS), help="this scenario alone")
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{scenario.name:24} {scenario.does}" for scenario in SCENARIOS.values()))
        return 0
    if options.write and (options.short or options.only):
        parser.error("--write takes a whole run: neither --short nor --only goes with it")
    missing = set(SCENARIOS) ^ set(described())
    if missing:
        print(f"docs/reliability.md and the scenarios differ: {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    chosen = [SCENARIOS[name] for name in options.only or SCENARIOS]
    began = time.monotonic()
    rows, failed = measure(chosen, Size(options.short))
    print(f"\n{len(chosen)} scenarios in {time.monotonic() - began:.0f} s")
    if options.write:
        write(rows, time.monotonic() - began)
    # The closing line names both numbers, so that a run that measured nothing shows.
    print(f"{len(rows) - len(failed)} passed, {len(failed)} failed")
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if failed or not rows else 0


def measure(chosen, size):
    """The rows of all figures, and the lines about those that are past their bounds."""
    rows, failed = [], []
    # What mostly waits runs side by side, at the end; the rest one after the other.
    waiting = [scenario for scenario in chosen if scenario.waits]
    for scenario in (scenario for scenario in chosen if not scenario.waits):
        take_down(scenario, outcome(scenario, size), size, rows, failed)
    with ThreadPoolExecutor(max(len(waiting), 1)) as pool:
        for scenario, result in zip(waiting, pool.map(lambda scenario: outcome(scenario, size), waiting)):
            take_down(scenario, result, size, rows, failed)
    return rows, failed


def outcome(scenario, size):
    began = time.monotonic()
    try:
        return scenario.measure(size), None, time.monotonic() - began
    except Exception:
        return [], traceback.format_exc(), time.monotonic() - began


def take_down(scenario, result, size, rows, failed):
    figures, error, took = result
    print(f"\n{scenario.name} ({took:.0f} s): {scenario.does}", flush=True)
    if error or not figures:
        print(error or "no figures", flush=True)
        failed.append(f"{scenario.name}: {(error or 'no figures').strip().splitlines()[-1]}")
    for figure in figures:
        is_judged = not (size.is_short and figure.is_speed)
        mark = "" if not is_judged else "  ok" if figure.holds() else "  WRONG"
        print(f"    {figure.what}: {figure.shown()} ({figure.bound()}){mark}", flush=True)
        rows.append((scenario, figure))
        if is_judged and not figure.holds():
            failed.append(f"{scenario.name}: {figure.what}: {figure.shown()}, wanted {figure.bound()}")


def described():
    """The scenarios that the document says something of."""
    chapter = TABLE.read_text().partition("## What the scenarios do")[2]
    return re.findall(r"^\| (?!scenario |--)([^|]+?) \|", chapter, re.M)


def write(rows, took):
    lines = [
        BEGIN,
        "",
        f"Measured {time.strftime('%Y-%m-%d', time.gmtime())} in {took / 60:.0f} minutes, on {os.cpu_count()} virtual cores, "
        f"{platform.system()} {platform.release().split('-')[0]}.",
        "",
        "| scenario | figure | measured | bound |",
        "|---|---|---|---|",
    ]
    before = None
    for scenario, figure in rows:
        lines.append(f"| {scenario.name if scenario is not before else ''} | {figure.what} | {figure.shown()} | {figure.bound()} |")
        before = scenario
    lines += ["", END]
    text = TABLE.read_text()
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.S)
    if not pattern.search(text):
        raise SystemExit(f"{TABLE} has no {BEGIN} … {END}")
    TABLE.write_text(pattern.sub(lambda _: "\n".join(lines), text))


if __name__ == "__main__":
    sys.exit(main())
