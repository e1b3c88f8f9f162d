"""Adds up the results of all test runners in a folder: JUnit reports and the `steps` file. Prints what failed and
what was skipped and why, then the plain line "N passed, N failed, N skipped"."""

import pathlib
import sys
import xml.etree.ElementTree as xml


def junit_cases(report):
    for case in xml.parse(report).getroot().iter("testcase"):
        name = f"{report.name.split('.')[0]}: {case.get('classname', '')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            yield "fail", name, ""
        elif skipped is not None:
            yield "skip", name, skipped.get("message") or (skipped.text or "").strip()
        else:
            yield "pass", name, ""


def main(folder):
    results = []
    for report in sorted(folder.glob("*.junit.xml")):
        results += junit_cases(report)
    steps = folder / "steps"
    if steps.exists():
        results += [(*line.split(" ", 1), "") for line in steps.read_text(encoding="utf-8").splitlines()]

    counts = {outcome: sum(1 for r in results if r[0] == outcome) for outcome in ("pass", "fail", "skip")}
    for outcome, name, reason in results:
        if outcome == "fail":
            print(f"FAILED {name}")
        elif outcome == "skip":
            print(f"SKIPPED {name}: {reason or 'no reason given'}")
    print(f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped")
    return 0 if counts["fail"] == 0 and counts["pass"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
