"""Counts what schemathesis has done, by its own report, and fails if that was less than was wanted: DOCUMENT CASES REPORT…"""

import json
import re
import sys
from collections import Counter, defaultdict
from itertools import chain

METHODS = {"get", "put", "post", "patch", "delete"}


def main(document, wanted, *reports):
    phases, followed, statuses = Counter(), Counter(), defaultdict(Counter)
    for line in chain.from_iterable(open(report, encoding="utf-8") for report in reports):
        scenario = json.loads(line).get("ScenarioFinished")
        if scenario is None:
            continue
        recorder = scenario["recorder"]
        interactions = recorder.get("interactions", {})
        for id, node in recorder.get("cases", {}).items():
            # A case that was not sent does not count.
            response = interactions.get(id, {}).get("response")
            if response is None:
                continue
            case = node["value"]
            phases[scenario["phase"]] += 1
            statuses[f"{case['method']} {case['path']}"][response["status_code"]] += 1
            if node.get("is_transition_applied"):
                followed[node["transition"]["id"]] += 1

    document = json.load(open(document, encoding="utf-8"))
    failures = []
    print(f"\n{sum(phases.values())} cases:", ", ".join(f"{phase} {count}" for phase, count in phases.items()))
    if sum(phases.values()) < wanted:
        failures.append(f"{sum(phases.values())} cases are fewer than {wanted}")
    failures += [f"no case in the phase {phase}" for phase in ("examples", "coverage", "fuzzing", "stateful") if not phases[phase]]

    print("\nWhat each operation answered:")
    for operation in operations(document):
        counts = statuses[operation]
        print(f"  {operation}: ", ", ".join(f"{status} ×{count}" for status, count in sorted(counts.items())))
        if not any(200 <= status < 300 for status in counts):
            failures.append(f"{operation} never succeeded")

    print("\nHow often each link of the document was followed:")
    for link in links(document):
        print(f"  {link}: {followed[link]}")
        if not followed[link]:
            failures.append(f"never followed: {link}")

    others = set(followed) - set(links(document))
    print(f"  {len(others)} others, which schemathesis inferred: {sum(followed[link] for link in others)}")

    for failure in failures:
        print("not enough:", failure, file=sys.stderr)
    return 1 if failures else 0


def operations(document):
    for path, item in document["paths"].items():
        for method in item:
            if method in METHODS:
                yield f"{method.upper()} {path}"


def links(document):
    """The links, as the report names them."""
    by_id = {document_operation(document, label)["operationId"]: label for label in operations(document)}
    for label in operations(document):
        for status, response in document_operation(document, label)["responses"].items():
            for name, link in response.get("links", {}).items():
                yield f"{label} -> [{status}] {name} -> {by_id[link['operationId']]}"


def document_operation(document, label):
    method, path = re.fullmatch(r"(\S+) (.*)", label).groups()
    return document["paths"][path][method.lower()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
