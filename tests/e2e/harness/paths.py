"""Where things are. ctest passes the build's paths in the environment."""
import os
import pathlib
import shutil

SOURCE = pathlib.Path(__file__).resolve().parents[3]
MQTRACK = os.environ["MQTRACK_E2E_MQTRACK"]
RECORDER = os.environ.get("MQTRACK_E2E_RECORDER")  # this one and the next only for tests of tests/e2e itself
BUILD = os.environ.get("MQTRACK_E2E_BUILD")
PLUGINS = pathlib.Path(os.environ["MQTRACK_E2E_PLUGINS"])
TELEMETRY = os.environ["MQTRACK_E2E_TELEMETRY"]
PROGRAMS = pathlib.Path(os.environ["MQTRACK_E2E_PROGRAMS"])


def find_program(name):
    """Debian keeps the broker in /usr/sbin, where not everybody's PATH looks."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        raise AssertionError(f"{name} is not installed; tests/run.sh installs it")
    return found
