"""Runs a case, and has its snapshots judged."""
import json
import pathlib
import shutil

from harness.broker import broker_version

import matrix_cases
import matrix_judge
import matrix_loads
import matrix_shapes
from matrix_targets import ClientService, Mosquitto, Scratch, Service

CLIENT = "client_of_"  # programs that are services on a client library
BROKER_WITHOUT_LEAK = (2, 0, 16)


def cases():
    """All of the table that this machine's broker is right for."""
    leaky = matrix_cases.LEAKY_BROKER if broker_version() < BROKER_WITHOUT_LEAK else ()
    return (*matrix_cases.LEAKS, *matrix_cases.NO_LEAKS, *matrix_cases.BROKER, *leaky, *matrix_cases.UNSEEN, *matrix_cases.CLIENTS)


def _target(scratch, program):
    if program == "mosquitto":
        return Mosquitto(scratch)
    if program.startswith(CLIENT):
        return ClientService(scratch, program.removeprefix(CLIENT))
    return Service(scratch, program)


def observe(case, folder, rounds, look=None):
    """Runs the case for so many rounds; a snapshot after each, in `folder`, and then look(scratch, pid, files). Returns the
    files."""
    folder.mkdir(parents=True)
    files = []
    with Scratch() as scratch:
        target = _target(scratch, case.program)
        for number in range(rounds):
            matrix_loads.do_round(target, case.parts, number)
            files.append(folder / f"{number:02}.pb.gz")
            scratch.mqtrack("snapshot", target.pid, "-o", files[-1])
            if look:
                look(scratch, target.pid, files)
    return files


def shape_faults(case, files):
    """What is not as the table says, of the case itself."""
    with Scratch() as scratch:
        def rows_of(file, by):
            table = json.loads(scratch.mqtrack("top", file, "--by", by, "--format", "json", "-n", 0)[0])
            return table["sites"]
        checked = ((planted, matrix_shapes.figures(files, planted, rows_of)) for planted in case.planted)
        return [fault for planted, values in checked if (fault := matrix_shapes.fault(values, planted))]


def _ask(scratch, words, case, length, looked):
    """The judgement on what diagnose says, and that as text if it is wrong."""
    said, code = scratch.mqtrack("diagnose", *words, "--format", "json", good=(0, 1, 3))
    judgement = matrix_judge.judge(case, length, json.loads(said), code, looked)
    return judgement, "" if judgement.is_good() else scratch.mqtrack("diagnose", *words, good=(0, 1, 3))[0]


def diagnose(case, files, length):
    """On the first `length` snapshots alone."""
    folder = pathlib.Path(f"{files[0].parent}-{length}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in files[:length]:
        (folder / file.name).hardlink_to(file)
    with Scratch() as scratch:
        return _ask(scratch, [f"{folder}/"], case, length, looked=False)


def diagnose_running(case, scratch, pid, files):
    """The process itself stands for the last snapshot, and is asked who holds what."""
    return _ask(scratch, [*files[:-1], pid], case, len(files), looked=True)
