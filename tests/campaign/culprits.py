#!/usr/bin/env python3
"""Leaks that mosquitto and Paho C really had: is the function that was repaired the first row of `mqtrack diff`?

    tests/campaign/culprits.py --mosquitto CLONE --paho CLONE [--mqtrack build/release/cli/mqtrack] [--work DIR]
                               [--only COMMIT,...] [--write docs/culprits.md]

CLONE is a git clone of the project, bare or not. Each case builds the version before the repair and the repaired one, runs
both under the recorder, drives them alike, and compares two snapshots, in the defaults of `mqtrack diff`. Nothing of the
projects but hashes of commits and names of functions is kept. --work keeps the builds for the next time. Exit code 1 if one
case is not as it should be.

Needs git, make, gcc, openssl, libssl-dev and mosquitto, and root: one case has a hosts file of its own.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import culprit_cases
import culprit_page
from culprit_builds import Histories
from culprit_runs import Scratch, make_certificates


def measure(case, commit, histories, options, certificates):
    """Rows that grew, biggest first, with their share of all that grew."""
    build = histories.build(case.product, commit, case.tls, case.stripped)
    with Scratch(options.mqtrack, certificates) as scratch:
        target = case.start(scratch, build)
        table = scratch.measure(target.pid, target.load, case.rounds, case.by, options.stacks)
    return culprit_page.Growth(table)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mosquitto", required=True)
    parser.add_argument("--paho", required=True)
    parser.add_argument("--mqtrack", default="build/release/cli/mqtrack")
    parser.add_argument("--work")
    parser.add_argument("--only", default="")
    parser.add_argument("--stacks", action="store_true", help="print the first row's stack")
    parser.add_argument("--write", metavar="FILE")
    options = parser.parse_args()
    wanted = [word for word in options.only.split(",") if word]
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="mqtrack-culprits-") as scratch:
        histories = Histories({"mosquitto": options.mosquitto, "paho": options.paho}, options.work or scratch)
        certificates = make_certificates(pathlib.Path(scratch) / "certificates")
        for case in culprit_cases.CASES:
            if wanted and case.repair not in wanted:
                continue
            outcome = culprit_page.Outcome(case, histories.day(case.product, case.repair))
            try:
                outcome.leaky = measure(case, case.leaky or case.repair + "^", histories, options, certificates)
                outcome.repaired = measure(case, case.repair, histories, options, certificates)
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                outcome.failure = str(error)
            outcomes.append(outcome)
            print(outcome.line(options.stacks), flush=True)
    if options.write:
        pathlib.Path(options.write).write_text(culprit_page.page(outcomes), encoding="utf-8")
    sys.exit(any(not outcome.is_as_expected() for outcome in outcomes))


if __name__ == "__main__":
    main()
