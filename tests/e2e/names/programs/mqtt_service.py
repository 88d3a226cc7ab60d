"""A service in plain Python that forgets a block for each byte of its standard input, and answers with one."""
import os
import sys

BYTES = int(sys.argv[1])
kept = []


def keep_payload():
    kept.append(bytes(BYTES))


def on_publish():
    keep_payload()


def main():
    while os.read(0, 1):
        on_publish()
        os.write(1, b".")


main()
