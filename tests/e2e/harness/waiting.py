"""Waiting for a state, with a deadline. No test sleeps for a fixed time and hopes."""
import time

DEADLINE_SECONDS = 120
_POLL_SECONDS = 0.02


def wait_until(what, condition, seconds=DEADLINE_SECONDS):
    """Returns the first true value of condition(); fails with `what` if there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(_POLL_SECONDS)
