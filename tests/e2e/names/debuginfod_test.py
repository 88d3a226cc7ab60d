"""Names from a debuginfod server: a real one, and such as are away, slow, wrong or without bounds."""
import contextlib
import http.server
import os
import pathlib
import socket
import subprocess
import threading
import unittest

from elsewhere import Elsewhere
from harness.paths import find_program
from harness.processes import free_port
from harness.waiting import wait_until

# Debian 12's server cannot be told to listen on loopback alone: it gets a network of its own, whose only address that is.
ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    fcntl.ioctl(link, 0x8914, struct.pack("16sh", b"lo", 0x41))  # SIOCSIFFLAGS: up and running
os.execv(sys.argv[1], sys.argv[1:])
"""


class Answers(http.server.ThreadingHTTPServer):
    """Answers every question in the same way, and counts them."""
    daemon_threads = True

    def __init__(self, answer):
        self.paths = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                server.paths.append(self.path)
                with contextlib.suppress(OSError):
                    answer(self)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


def body(status, content, claimed=None):
    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(claimed if claimed is not None else len(content)))
        handler.end_headers()
        handler.wfile.write(content)
    return answer


class DebuginfodTest(Elsewhere):
    def setUp(self):
        super().setUp()
        self.environment |= {"DEBUGINFOD_CACHE_PATH": str(self.folder / "cache"), "DEBUGINFOD_RETRY_LIMIT": "0"}
        self.environment.pop("DEBUGINFOD_URLS", None)

    def served(self, answer):
        server = Answers(answer)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(lambda: (server.shutdown(), server.server_close(), thread.join()))
        return server

    def ask(self, board, *options, expect=0, prefix=()):
        return self.mqtrack("symbolize", board, "-o", "named.pb.gz", *options, expect=expect, prefix=prefix)

    def test_a_real_server_names(self):
        board, program = self.unnamed(strip=True)
        build_id = self.build_id(program)
        debug = program.with_suffix(".debug")
        files = self.folder / "served"
        files.mkdir()
        debug.rename(files / debug.name)
        program.unlink()
        if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], check=False, timeout=300).returncode != 0:
            self.skipTest("a network of its own takes root, and unshare")
        port = free_port()
        server = self.start("debuginfod", "unshare", "-n", "python3", "-c", ALONE, find_program("debuginfod"), "-F", "-p",
                            port, "-d", self.folder / "index", "-t", "1", files)
        inside = ("nsenter", f"--net=/proc/{server.pid}/ns/net")
        own = os.stat("/proc/self/ns/net").st_ino
        wait_until("the server's network", lambda: os.stat(f"/proc/{server.pid}/ns/net").st_ino != own)
        url = f"http://127.0.0.1:{port}"

        def knows():
            found = subprocess.run([*inside, "curl", "-s", "-f", "-o", "/dev/null", f"{url}/buildid/{build_id}/debuginfo"],
                                   check=False, timeout=300)
            return found.returncode == 0
        wait_until("the server to know the debug file", knows)
        self.ask(board, f"--debuginfod={url}", expect=0, prefix=inside)
        self.assert_nameless(self.leak("named.pb.gz"))  # a service's own file is not asked for
        self.ask(board, f"--debuginfod={url}", "--debuginfod-all", prefix=inside)
        self.assert_named(self.leak("named.pb.gz"))
        # The cache has it now, whatever becomes of the server; and every verb that loads can ask.
        server.stop()
        self.environment["DEBUGINFOD_URLS"] = url
        self.assert_nameless(self.leak(board))
        self.assert_named(self.leak(board, "--debuginfod", "--debuginfod-all"))

    def test_nobody_is_asked_unless_told(self):
        board, program = self.unnamed(strip=True)
        program.unlink()
        program.with_suffix(".debug").unlink()
        server = self.served(body(404, b""))
        self.environment["DEBUGINFOD_URLS"] = server.url
        self.ask(board)
        self.assertEqual(server.paths, [])
        # The C library is the distribution's, the program is not.
        self.ask(board, "--debuginfod")
        build_id = self.build_id_of(board, program)
        self.assertEqual([path for path in server.paths if build_id in path], [])
        self.ask(board, "--debuginfod", "--debuginfod-all")
        asked = [path for path in server.paths if build_id in path]
        self.assertEqual(sorted(asked), [f"/buildid/{build_id}/debuginfo", f"/buildid/{build_id}/executable"])
        # That there is none is known for a while.
        count = len(server.paths)
        self.ask(board, "--debuginfod", "--debuginfod-all")
        self.assertEqual(len(server.paths), count, server.paths)

    def build_id_of(self, board, program):
        """As the snapshot has it."""
        notes = self.ask(board).stderr.split("build ids missing: ")[1]
        return notes.split(f"{program} ")[1].split()[0].rstrip(",")

    def refused(self, answer, *options, says, **environment):
        """As unanswered, and this is said of the server."""
        server, done = self.unanswered(answer, *options, **environment)
        self.assertIn("debuginfod: ", done.stderr)
        self.assertIn(says, done.stderr)
        return server, done

    def unanswered(self, answer, *options, **environment):
        """A snapshot whose names nobody has is written all the same."""
        board, program = self.unnamed(strip=True)
        program.with_suffix(".debug").unlink()
        server = self.served(answer) if answer else None
        url = server.url if server else f"http://127.0.0.1:{free_port()}"
        self.environment |= environment
        done = self.ask(board, f"--debuginfod={url}", "--debuginfod-all", *options)
        self.assert_nameless(self.leak("named.pb.gz"))
        return server, done

    def test_a_server_that_is_away_is_asked_once(self):
        self.refused(None, says="it cannot be reached")

    def test_a_server_that_fails_is_asked_again_another_time(self):
        """The library takes one that fails for one that has no such file, and would keep that."""
        server, _ = self.refused(body(500, b"broken"), says="a server fails: The requested URL returned error: 500")
        count = len(server.paths)
        self.assertEqual(count, 1, server.paths)
        done = self.ask("board.pb.gz", f"--debuginfod={server.url}", "--debuginfod-all")
        self.assertEqual(len(server.paths), 2, server.paths)
        self.assertIn("and nothing more was asked", done.stderr)

    def test_pages_of_proxies_are_not_debug_files(self):
        self.refused(body(200, b"<html>log in first</html>"), says="its answer is not the file of that build id")
        self.assertEqual([path for path in (self.folder / "cache").rglob("debuginfo") if path.stat().st_size > 0], [])

    def test_what_is_cut_off_is_not_used(self):
        self.refused(body(200, b"\x7fELF" + bytes(1000)), says="its answer is not the file of that build id")
        self.unanswered(body(200, b"\x7fELF" + bytes(1000), claimed=1_000_000))
        self.assertEqual([path for path in (self.folder / "cache").rglob("debuginfo") if path.stat().st_size > 0], [])

    def test_a_slow_server_is_left(self):
        end = threading.Event()
        self.addCleanup(end.set)

        def slowly(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "100000000")
            handler.end_headers()
            while not end.wait(0.2):
                handler.wfile.write(b"x")
        server, _ = self.refused(slowly, "--debuginfod-seconds", "2", says="did not answer within 2 seconds")
        self.assertEqual(len(server.paths), 1, server.paths)

    def test_what_is_too_large_is_left(self):
        def endlessly(handler):
            handler.send_response(200)
            handler.end_headers()
            while True:
                handler.wfile.write(bytes(1 << 16))
        self.refused(endlessly, "--debuginfod-seconds", "60", says="debuginfod: ", DEBUGINFOD_MAXSIZE="1000000",
                     DEBUGINFOD_MAXTIME="3")
        stored = sum(path.stat().st_size for path in (self.folder / "cache").rglob("*") if path.is_file())
        self.assertLess(stored, 1 << 20)

    def test_misuse(self):
        (self.folder / "x.pb.gz").write_bytes(b"")
        for options, says in ((["--debuginfod"], "no server is known"), (["--debuginfod=example.org"], "not a URL"),
                              (["--debuginfod=-v"], "not a URL"), (["--debuginfod-seconds", "0"], "not between")):
            with self.subTest(options):
                self.assert_one_clear_line(self.mqtrack("top", "x.pb.gz", *options, expect=2), says)


if __name__ == "__main__":
    unittest.main()
