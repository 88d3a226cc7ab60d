#!/usr/bin/env python3
"""Planted leaks, and planted things that are none, at several lengths of observation: what does `mqtrack diagnose` say?

    tests/verdicts/matrix.py [--build build/release] [--only NAME,…] [--lengths 3,6,12] [--folder DIR] [--shapes] [--judge]
                             [--write docs/verdicts.md]

Each case of matrix_cases.py is run under the recorder and driven in rounds, with a snapshot after each. First the case
itself is looked at: does what should grow grow? Then each length, from the first snapshot on, is judged. --shapes stops
before that; --judge runs nothing, and judges what an earlier run left in DIR. --write puts the table of precision and
recall between the page's marks. Exit code 1 if one case is not as it should be.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=HERE.parents[1] / "build" / "release", type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--lengths", default="3,6,12")
    parser.add_argument("--folder", type=pathlib.Path, help="keep the snapshots here")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--shapes", action="store_true")
    parser.add_argument("--judge", action="store_true")
    parser.add_argument("--write", metavar="FILE", type=pathlib.Path)
    return parser.parse_args()


def _enter_build(build):
    """As ctest does: where the built programs are, for the harness."""
    build = build.resolve()
    os.environ.update(MQTRACK_E2E_MQTRACK=str(build / "cli" / "mqtrack"), MQTRACK_E2E_PLUGINS=str(build / "samples" / "plugin"),
                      MQTRACK_E2E_TELEMETRY=str(build / "samples" / "telemetry"),
                      MQTRACK_E2E_PROGRAMS=str(build / "tests" / "verdicts"))
    sys.path.insert(0, str(HERE.parent / "e2e"))


def _print(name, faults, said=""):
    print(f"{name}: {'ok' if not faults else 'WRONG'}", *(f"    {fault}" for fault in faults), sep="\n", flush=True)
    if faults and said:
        print("".join(f"    | {line}\n" for line in said.splitlines()), flush=True)


def main():
    options = _options()
    _enter_build(options.build)
    import matrix_page  # pylint: disable=import-outside-toplevel
    import matrix_runs  # pylint: disable=import-outside-toplevel
    lengths = [int(word) for word in options.lengths.split(",")]
    wanted = [word for word in options.only.split(",") if word]
    chosen = [case for case in matrix_runs.cases() if not wanted or case.name in wanted]
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-matrix-"))
    judgements, failed = [], False

    def run(case):
        snapshots, judged = folder / case.name, []
        if options.judge:
            files, faults = sorted(snapshots.glob("*.pb.gz")), []
        else:
            shutil.rmtree(snapshots, ignore_errors=True)
            def look(scratch, pid, files):
                if len(files) in lengths and not options.shapes:
                    judged.append(matrix_runs.diagnose_running(case, scratch, pid, files))
            try:
                files = matrix_runs.observe(case, snapshots, max(lengths), look)
            except (AssertionError, OSError) as error:
                return [str(error)], []
            faults = matrix_runs.shape_faults(case, files)
        return faults, [] if options.shapes else [*(matrix_runs.diagnose(case, files, length) for length in lengths), *judged]

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, (faults, judged) in zip(chosen, pool.map(run, chosen)):
            _print(f"{case.name} by itself", faults)
            for judgement, said in judged:
                _print(f"{case.name} in {judgement.words()}", judgement.faults, said)
            judgements += [judgement for judgement, _ in judged]
            failed |= bool(faults) or not all(judgement.is_good() for judgement, _ in judged)
    if not options.shapes:
        print(matrix_page.table(judgements))
    if options.write:
        matrix_page.write(options.write, judgements)
    if not options.folder:
        shutil.rmtree(folder)
    sys.exit(failed)


if __name__ == "__main__":
    main()
