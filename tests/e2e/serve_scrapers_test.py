"""What Parca's and Grafana Alloy's (Pyroscope's) scrapers ask `mqtrack serve`, byte by byte as their sources say, and what
they need of the answers. The servers themselves are not run."""
import shutil
import socket
import unittest

from harness import go_pprof
from harness.case import EndToEnd
from serve_test import Server

# Go's transport: Host and User-Agent first, and gzip asked for by itself.
PARCA, ALLOY = "conprof/0.24.2", "Alloy/v1.11.0 (linux; binary)"
# Name, path below the prefix, and whether it can be had: pkg/config/config.go of Parca and
# internal/component/pyroscope/scrape/scrape.go of Alloy have these by default, Parca with an interval of 10 s, Alloy with 14 s of 15 s.
PROFILES = (("memory", "allocs", True), ("goroutine", "goroutine", True), ("block", "block", False), ("mutex", "mutex", False))
CPU = {PARCA: "profile?seconds=10", ALLOY: "profile?seconds=14"}


class ServeScrapersTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.broker = self.recorded_broker()
        self.server = Server(self)

    def request(self, agent, path):
        return (f"GET /mosquitto/debug/pprof/{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\nUser-Agent: {agent}\r\n"
                "Accept-Encoding: gzip\r\n\r\n").encode()

    def answers(self, *requests):
        """Status, headers and body of each, over one connection, which scrapers keep."""
        found = []
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=300) as connection, connection.makefile("rb") as stream:
            for request in requests:
                connection.sendall(request)
                status, headers = int(stream.readline().split()[1]), {}
                while line := stream.readline().strip():
                    name, _, value = line.decode().partition(": ")
                    headers[name.lower()] = value
                found.append((status, headers, stream.read(int(headers["content-length"]))))
        return found

    def test_what_they_ask_by_default(self):
        for agent in (PARCA, ALLOY):
            asked = [*PROFILES, ("process_cpu", CPU[agent], False)]
            answers = self.answers(*[self.request(agent, path) for _, path, _ in asked], *[self.request(agent, path) for _, path, _ in asked])
            for (name, _, is_there), (status, headers, body) in zip(asked + asked, answers):
                with self.subTest(agent=agent, profile=name):
                    self.assertEqual(status, 200 if is_there else 404)
                    # What is compressed is the profile, not the answer: with Content-Encoding their client would undo it.
                    self.assertNotIn("content-encoding", headers)
                    self.assertNotIn("transfer-encoding", headers)
                    self.assertTrue(body)
                    if is_there:
                        self.assertEqual(body[:2], b"\x1f\x8b")

    @unittest.skipUnless(shutil.which("go"), "go (package golang-go) is not installed")
    def test_their_parser_reads_it(self):
        """Both read it with github.com/google/pprof/profile, as go tool pprof does."""
        for agent in (PARCA, ALLOY):
            for name, path, sample_type in (("memory", "allocs", "alloc_space"), ("goroutine", "goroutine", "goroutine")):
                with self.subTest(agent=agent, profile=name):
                    (_, _, body), = self.answers(self.request(agent, path))
                    file = self.folder / f"{name}.pb.gz"
                    file.write_bytes(body)
                    self.assertTrue(go_pprof.top(file, sample_type=sample_type, folder=self.folder))

    def test_a_delta_of_memory(self):
        """With delta = true, Parca asks for as many seconds as its interval has, Alloy for one less."""
        for agent, seconds in ((PARCA, 2), (ALLOY, 1)):
            (status, headers, body), = self.answers(self.request(agent, f"allocs?seconds={seconds}"))
            self.assertEqual((status, headers["content-disposition"], body[:2]),
                             (200, 'attachment; filename="allocs-delta"', b"\x1f\x8b"), agent)


if __name__ == "__main__":
    unittest.main()
