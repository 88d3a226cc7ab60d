#!/usr/bin/env python3
"""Staged rollout: does the new version leave more behind, per unit of work, than the old one beside it?

    canary.py --rest rest-before.pb.gz rest-after.pb.gz --canary canary-before.pb.gz canary-after.pb.gz

Each pair is two snapshots of one service, of a device that has the old version and of one that has the new. What grew
between them is put beside the MQTT packets that the service received in that time (--per, default PUBLISH), function by
function, so that devices with different traffic can be compared. May be given several pairs of each: then the least
of the new is compared with the most of the old, and one odd device decides nothing.

Ends with 0: no more than before; 1: more, with the functions; 2: wrong usage; 3: cannot be measured, such as too little
work to say. Only 0 lets the next stage go.
"""
import argparse
import json
import subprocess
import sys

LEAST_WORK = 100


class Unmeasurable(Exception):
    pass


def growth_per_unit(before, after, packet, mqtrack):
    """{function: growth for each packet} of one device."""
    done = subprocess.run([mqtrack, "diff", before, after, "--format", "json", "-n", "0"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unmeasurable(done.stderr.strip() or f"{before}: mqtrack diff ended with {done.returncode}")
    table = json.loads(done.stdout)
    work = (table.get("work") or {}).get("received", {}).get(packet, 0)
    if work < LEAST_WORK:
        raise Unmeasurable(f"{after}: {work} {packet} received since {before}; at least {LEAST_WORK} are needed to compare")
    grown = {}
    for site in table["sites"]:
        grown[site["function"]] = grown.get(site["function"], 0) + site["growth"] / work
    return grown


def compare(rest, canary, least, tolerance):
    """(function, of the rest, of the canary) of what the canary leaves more of, most first."""
    worse = []
    for function in {name for device in canary for name in device}:
        new = min(device.get(function, 0) for device in canary)
        old = max(device.get(function, 0) for device in rest)
        if new > least and new > max(old, 0) * (1 + tolerance / 100):
            worse.append((function, old, new))
    return sorted(worse, key=lambda row: row[1] - row[2])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("rest", "canary"):
        arguments.add_argument(f"--{name}", nargs=2, action="append", required=True, metavar=("BEFORE", "AFTER"))
    arguments.add_argument("--per", default="PUBLISH", help="type of MQTT packets received (default PUBLISH)")
    arguments.add_argument("--least", type=float, default=1.0, metavar="BYTES", help="a unit may leave so much (default 1)")
    arguments.add_argument("--tolerance", type=float, default=10.0, metavar="PERCENT", help="above what the rest leaves (default 10)")
    arguments.add_argument("--mqtrack", default="mqtrack", help="the command")
    given = arguments.parse_args()
    try:
        rest, canary = ([growth_per_unit(*pair, given.per, given.mqtrack) for pair in pairs] for pairs in (given.rest, given.canary))
    except (Unmeasurable, OSError) as error:
        print(f"canary.py: {error}", file=sys.stderr)
        return 3
    worse = compare(rest, canary, given.least, given.tolerance)
    for function, old, new in worse:
        print(f"{new:10.1f} bytes for each {given.per}, where the rest leaves {old:.1f}: {function}")
    print(f"canary.py: {'the new version leaves more behind; stop the rollout' if worse else 'the new version leaves no more behind than the old one'}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
