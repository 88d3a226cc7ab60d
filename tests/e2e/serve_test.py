"""`mqtrack serve`: pprof endpoints that answer as Go's do, figures that a scraper reads, and nothing for strangers."""
import concurrent.futures
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import unittest
import urllib.parse
import xml.etree.ElementTree

from harness import go_pprof
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import MQTRACK, PROGRAMS
from harness.processes import free_port
from harness.waiting import wait_until

TOKEN = "a-token-that-nobody-guesses"


class Server:
    """A `mqtrack serve`, and requests to it."""

    def __init__(self, case, *arguments, env=None):
        history = () if "--history" in arguments else ("--no-history",)
        self.process = case.start("serve", MQTRACK, "serve", "--listen", "127.0.0.1:0", *history, *arguments, env=env)
        self.url = wait_until("the server's address", self._address)
        self.port = urllib.parse.urlsplit(self.url).port

    def _address(self):
        if self.process.process.poll() is not None:
            raise AssertionError("the server ended:\n" + self.process.text())
        return self.process.out.read_text().strip()

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers in lower case, body."""
        return ask(self.port, path, method, body, **headers)

    def text(self, path, **headers):
        status, _, body = self.ask(path, **headers)
        assert status == 200, (path, status, body)
        return body.decode()

    def send(self, data):
        """What comes back for these bytes until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=300) as connection:
            answer = b""
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    answer += part
            except (BrokenPipeError, ConnectionResetError):
                pass
            return answer


def ask(port, path, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request(method, path, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


class ServeTest(EndToEnd):
    def served(self, *arguments, **options):
        return Server(self, *arguments, **options)

    # --- profiles

    def test_profiles(self):
        broker = self.recorded_broker()
        server = self.served()
        before = self.folder / "before.pb.gz"
        for path in ("/debug/pprof/heap", "/mosquitto/debug/pprof/heap", f"/{broker.pid}/debug/pprof/heap"):
            status, headers, body = server.ask(path)
            self.assertEqual((status, headers["content-type"], headers["content-disposition"],
                              headers["x-content-type-options"]),
                             (200, "application/octet-stream", 'attachment; filename="heap"', "nosniff"))
            before.write_bytes(body)
            self.assertTrue(gzip.decompress(body))
        shown = go_pprof.top(before, folder=self.folder)
        self.assertTrue(shown)
        types = json.loads(self.mqtrack("top", before, "--format", "json").stdout)
        self.assertEqual(types["sample_type"], "inuse_space")
        allocs = self.folder / "allocs.pb.gz"
        allocs.write_bytes(server.ask("/debug/pprof/allocs")[2])
        self.assertEqual(json.loads(self.mqtrack("top", allocs, "--format", "json").stdout)["sample_type"], "alloc_space")

    def delta(self, server, work):
        """What changes while `work` is done, from the first look to the second one."""
        for seconds in (4, 20, 100):
            with concurrent.futures.ThreadPoolExecutor() as pool:
                asked = pool.submit(server.ask, f"/debug/pprof/heap?seconds={seconds}")
                wait_until("the first look", lambda: "\nmqtrack_serve_deltas 1\n" in server.text("/metrics"))
                work()
                was_in_time = not asked.done()
                answer = asked.result()
            if was_in_time:
                return answer
        self.fail("the work takes too long")

    def test_go_tool_pprof_agrees_with_diff(self):
        """By URL, and as a delta: what changes while it waits is what diff says of snapshots around it."""
        broker = self.recorded_broker()
        server = self.served()
        self.assertTrue(go_pprof.top(f"{server.url}debug/pprof/heap", folder=self.folder))
        client = self.enterContext(MqttClient(broker.port, "keeper"))
        rounds = []

        def publish():
            rounds.append(self.snapshot(broker.pid, f"before{len(rounds)}"))
            for number in range(50):
                client.publish(f"kept/{len(rounds)}/{number}", b"x" * 1000, retain=True)

        status, headers, body = self.delta(server, publish)
        self.assertEqual((status, headers["content-disposition"]), (200, 'attachment; filename="heap-delta"'))
        # Rows are in the order of their verdicts.
        most = max(self.diff(rounds[-1], self.snapshot(broker.pid, "after")), key=lambda row: row["growth"])
        delta = self.folder / "delta.pb.gz"
        delta.write_bytes(body)
        mine = next(row for row in self.rows("top", delta) if row["function"] == most["function"])
        self.assertEqual((mine["value"], mine["objects"]), (most["growth"], most["object_growth"]))
        self.assertGreaterEqual(most["growth"], 50_000)
        total = json.loads(self.mqtrack("top", delta, "--format", "json").stdout)["total"]["value"]
        self.assertEqual(sum(go_pprof.top(delta, folder=self.folder).values()), total)
        by_url = go_pprof.top(f"{server.url}debug/pprof/heap?seconds=1", folder=self.folder)
        self.assertLess(sum(by_url.values()), 50_000)

    def test_text(self):
        self.recorded_broker()
        server = self.served()
        heap = server.text("/debug/pprof/heap?debug=1")
        self.assertRegex(heap, r"\Aheap profile: \d+: \d+ \[\d+: \d+\] @ heap/2\n\d+: \d+ \[\d+: \d+\] @ 0x")
        self.assertIn("mosquitto", heap)
        self.assertRegex(server.text("/debug/pprof/goroutine?debug=1"), r"\Agoroutine profile: total \d+\n\d+ @ 0x")
        self.assertRegex(server.text("/debug/pprof/goroutine?debug=2"), r"\Agoroutine \d+ \[\w+.*\]:\n")
        self.assertRegex(server.text("/debug/pprof/threadcreate?debug=1"), r"\Athreadcreate profile: total \d+\n")
        self.assertIn('href="heap?debug=1"', server.text("/debug/pprof/"))
        self.assertTrue(server.text("/debug/pprof/cmdline").split("\0")[0].endswith("mosquitto"))
        # The text is a profile too.
        file = self.folder / "heap.txt"
        file.write_text(heap)
        found = json.loads(self.mqtrack("top", file, "--format", "json").stdout)["total"]["value"]
        self.assertEqual(found, int(heap.split(":")[2].split()[0]))

    def test_symbols(self):
        self.recorded_broker()
        server = self.served()
        address = re.search(r"#\t(0x[0-9a-f]+)\t(\w+)\+", server.text("/debug/pprof/heap?debug=1"))
        self.assertTrue(server.text("/debug/pprof/symbol").startswith("num_symbols: 1\n"))
        status, _, body = server.ask("/debug/pprof/symbol", method="POST", body=f"{address[1]}+0x1")
        self.assertEqual(status, 200)
        self.assertRegex(body.decode(), rf"\Anum_symbols: 1\n{address[1]} \S+\n\Z")

    def test_a_delta_of_what_ends_meanwhile_is_no_empty_profile(self):
        broker = self.recorded_broker()
        server = self.served()
        status, headers, body = self.delta(server, broker.stop)
        self.assertEqual((status, headers.get("x-go-pprof")), (404, "1"), body)
        self.assertIn(b"does not run any more", body)

    def test_a_pid_keeps_its_name_in_the_figures(self):
        broker = self.recorded_broker()
        server = self.served(broker.pid)
        self.assertIn('mqtrack_up{process="mosquitto"} 1', server.text("/metrics"))
        broker.stop()
        found = wait_until("its end", lambda: re.findall(r"^mqtrack_up(.*) 0$", server.text("/metrics"), re.M))
        self.assertEqual(found, ['{process="mosquitto"}'])

    def test_pictures_are_well_formed(self):
        self.recorded_broker()
        server = self.served()
        for view in ("graph.svg", "flame.svg"):
            with self.subTest(view):
                self.assertEqual(xml.etree.ElementTree.fromstring(server.text(f"/mosquitto/{view}")).tag,
                                 "{http://www.w3.org/2000/svg}svg")

    def test_two_processes(self):
        brokers = [self.recorded_broker() for _ in range(2)]
        server = self.served()
        status, _, body = server.ask("/debug/pprof/heap")
        self.assertEqual(status, 404)
        self.assertIn(b"/PROCESS/debug/pprof/", body)
        names = {"mosquitto", f"mosquitto-{brokers[1].pid}"}
        self.assertEqual(set(re.findall(r'mqtrack_up\{process="([^"]+)"\} 1', server.text("/metrics"))), names)
        for name in names:
            self.assertEqual(server.ask(f"/{name}/debug/pprof/heap")[0], 200)

    # --- beside a Go service

    @unittest.skipUnless((PROGRAMS / "go_service").exists(), "go (package golang-go) was not installed for the build")
    def test_answers_as_go_does(self):
        self.recorded_broker()
        server = self.served()
        service = self.start("go_service", PROGRAMS / "go_service")
        go_port = urllib.parse.urlsplit(wait_until("Go's address", lambda: service.out.read_text().strip())).port
        # Kept when an answer has them; Date and lengths differ by nature.
        kept = ("content-type", "content-disposition", "x-content-type-options", "x-go-pprof", "location")
        for path in ("/debug/pprof/", "/debug/pprof", "/debug/pprof/heap", "/debug/pprof/heap?debug=1",
                     "/debug/pprof/heap?debug=0", "/debug/pprof/heap?debug=x", "/debug/pprof/heap?gc=1",
                     "/debug/pprof/heap?seconds=1", "/debug/pprof/heap?seconds=", "/debug/pprof/heap?seconds=0",
                     "/debug/pprof/heap?seconds=-1", "/debug/pprof/heap?seconds=x", "/debug/pprof/heap?seconds=1.5",
                     "/debug/pprof/heap?seconds=1&debug=1", "/debug/pprof/heap?seconds=99999999999999999999",
                     "/debug/pprof/allocs", "/debug/pprof/allocs?debug=1", "/debug/pprof/allocs?seconds=1",
                     "/debug/pprof/goroutine", "/debug/pprof/goroutine?debug=1", "/debug/pprof/goroutine?debug=2",
                     "/debug/pprof/threadcreate", "/debug/pprof/threadcreate?debug=1",
                     "/debug/pprof/threadcreate?seconds=1", "/debug/pprof/cmdline", "/debug/pprof/symbol",
                     "/debug/pprof/nothing", "/debug/pprof/nothing?seconds=1", "/debug/pprof/heap/"):
            with self.subTest(path):
                ours, gos = server.ask(path), ask(go_port, path)
                self.assertEqual(ours[0], gos[0], (ours, gos))
                for name in kept:
                    self.assertEqual(ours[1].get(name), gos[1].get(name), (path, name))
                if gos[0] == 400 or "nothing" in path:
                    self.assertEqual(ours[2], gos[2])

    # --- figures

    def test_metrics(self):
        broker = self.recorded_broker()
        server = self.served("mosquitto", "no-such-service")
        status, headers, plain = server.ask("/metrics")
        self.assertEqual((status, headers["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIn(b'mqtrack_up{process="no-such-service"} 0\n', plain)
        self.assertIn(b'mqtrack_up{process="mosquitto"} 1\n', plain)
        accept = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75," \
                 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        _, headers, open_metrics = server.ask("/metrics", accept=accept)
        self.assertEqual(headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertTrue(open_metrics.endswith(b"\n# EOF\n"))
        # The server's own figures do not pass for the service's.
        self.assertEqual(len(re.findall(rb"^process_resident_memory_bytes", plain, re.M)), 1)
        self.assertIn(b"mqtrack_serve_resident_memory_bytes ", plain)
        broker.stop()
        wait_until("the broker's end in the figures",
                   lambda: 'mqtrack_up{process="mosquitto"} 0' in server.text("/metrics"))

    @unittest.skipUnless(shutil.which("promtool"), "promtool (package prometheus) is not installed")
    def test_promtool_finds_nothing(self):
        self.recorded_broker()
        text = self.served().text("/metrics")
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                                 timeout=300, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    @unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed")
    def test_prometheus_scrapes_it(self):
        broker = self.recorded_broker()
        server = self.served()
        port = free_port()
        (self.folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: mqtrack\n"
            f"  static_configs: [{{targets: ['127.0.0.1:{server.port}']}}]\n")
        self.start("prometheus", "prometheus", f"--config.file={self.folder}/prometheus.yml",
                   f"--storage.tsdb.path={self.folder}/tsdb", f"--web.listen-address=127.0.0.1:{port}")

        def query(expression):
            try:
                status, _, body = ask(port, "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
            except OSError:
                return None
            return json.loads(body)["data"]["result"] if status == 200 else None

        found = wait_until("a scrape", lambda: query('process_resident_memory_bytes{process="mosquitto"}'))
        self.assertEqual(len(found), 1)
        self.assertEqual(query("up")[0]["value"][1], "1")
        self.assertEqual(query("mqtrack_target_info")[0]["metric"]["pid"], str(broker.pid))
        status, _, body = ask(port, "/api/v1/targets")
        self.assertEqual((status, json.loads(body)["data"]["activeTargets"][0]["lastError"]), (200, ""))

    # --- snapshots are shared

    def test_snapshots_are_shared(self):
        self.recorded_broker()
        server = self.served("--interval", "1h")
        first = server.ask("/debug/pprof/heap")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: server.ask("/debug/pprof/heap"), range(40)))
        self.assertEqual({answer[2] for answer in answers}, {first[2]})
        self.assertEqual(re.search(r"^mqtrack_serve_snapshots_total (\d+)$", server.text("/metrics"), re.M)[1], "2")

    def test_it_only_reads(self):
        broker = self.recorded_broker()
        server = self.served()
        generation = self.generation(broker.pid)
        for path in ("/debug/pprof/heap", "/debug/pprof/snapshot", "/metrics", "/debug/pprof/heap?seconds=1"):
            self.assertEqual(server.ask(path)[0], 200)
        self.assertEqual(self.generation(broker.pid), generation)
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST"):
            status, headers, _ = server.ask("/metrics", method=method)
            self.assertEqual((status, headers.get("allow")), (405, "GET, HEAD"), method)
        status, headers, body = server.ask("/metrics", method="HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertGreater(int(headers["content-length"]), 1000)

    def generation(self, pid):
        rows = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        return next(row["generation"] for row in rows if row["pid"] == pid)

    # --- strangers

    def test_other_names_and_origins(self):
        self.recorded_broker()
        server = self.served("--allow-host", "proxy.example")
        for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]", "10.0.0.1", "[", ":80"):
            with self.subTest(host):
                self.assertEqual(server.ask("/metrics", host=host)[0], 421)
        self.assertEqual(server.ask("/metrics", host="")[0], 400)
        for head, status in ((b"HTTP/1.1\r\nHost:\r\n", 400), (b"HTTP/1.1\r\nHost: \t\r\n", 400), (b"HTTP/1.1\r\n", 400),
                             (b"HTTP/1.0\r\n", 200), (b"HTTP/1.0\r\nHost:\r\n", 200), (b"HTTP/1.0\r\nHost: evil.example\r\n", 421)):
            with self.subTest(head):
                self.assertEqual(server.send(b"GET /healthz " + head + b"\r\n").split()[1:2], [str(status).encode()])
        for host in ("localhost", "127.0.0.1", "[::1]", "proxy.example", "Proxy.Example:8443", f"localhost:{server.port}"):
            self.assertEqual(server.ask("/healthz", host=host)[0], 200, host)
        self.assertEqual(server.ask("/healthz", origin="http://evil.example")[0], 403)
        self.assertEqual(server.ask("/healthz", origin="null")[0], 403)
        self.assertEqual(server.ask("/healthz", host="localhost", origin="http://localhost")[0], 200)
        self.assertEqual(server.ask("/healthz", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")[0], 403)

    def test_a_token(self):
        self.recorded_broker()
        (self.folder / "token").write_text(TOKEN + "\n")
        server = self.served("--token-file", self.folder / "token")
        self.assertEqual(server.ask("/metrics")[0], 401)
        self.assertEqual(server.ask("/metrics", authorization="Bearer " + TOKEN[:-1])[0], 401)
        self.assertEqual(server.ask("/metrics", authorization="Bearer " + TOKEN)[0], 200)
        self.assertEqual(server.ask("/metrics", authorization="Basic dXNlcjphLXRva2VuLXRoYXQtbm9ib2R5LWd1ZXNzZXM=")[0], 200)

    def test_refusals(self):
        for words, says in ((("--listen", "0.0.0.0:0"), "--allow-remote"),
                            (("--listen", "0.0.0.0:0", "--allow-remote"), "needs a token"),
                            (("--listen", "127.0.0.1:x"), "ADDRESS:PORT"), (("--listen", "127.0.0.1:70000"), "ADDRESS:PORT"),
                            (("--token-file", "/dev/null"), "is empty"), (("--token-file", "nowhere"), "nowhere"),
                            (("--interval", "0s"), "say 1s"), (("--history-age", "soon"), "--history-age soon")):
            with self.subTest(words):
                self.assert_one_clear_line(self.mqtrack("serve", *words, expect=2), says)
        server = self.served()
        self.assert_one_clear_line(self.mqtrack("serve", "--listen", f"127.0.0.1:{server.port}", expect=2),
                                   "another program listens there")

    def test_ends_cleanly(self):
        self.recorded_broker()
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.served()
            with socket.create_connection(("127.0.0.1", server.port), timeout=300) as waits:
                waits.sendall(b"GET /debug/pprof/heap?seconds=200 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                wait_until("the first look", lambda: "\nmqtrack_serve_deltas 1\n" in server.text("/metrics"))
                server.process.process.send_signal(number)
                self.assertEqual(server.process.wait(), 0)

    # --- hostile clients

    def test_requests_that_are_none(self):
        self.recorded_broker()
        server = self.served()
        for data, status in ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400), (b"GET\r\n\r\n", 400),
                             (b"GET / HTTP/2.0\r\n\r\n", 505), (b"GET / HTTP/1.1\r\n\r\n", 400),
                             (b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                             (b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
                             (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
                             (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
                             (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", 431),
                             (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 1000 + b"\r\n", 431)):
            with self.subTest(data[:60]):
                self.assertTrue(server.send(data).startswith(b"HTTP/1.1 %d " % status), server.send(data)[:200])
        self.assertEqual(server.ask("/healthz")[0], 200)

    def test_paths_lead_nowhere_else(self):
        self.recorded_broker()
        server = self.served()
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/mosquitto/../../../etc/passwd",
                     "/mosquitto/debug/pprof/../../../etc/passwd", "/mosquitto/debug/pprof/%2e%2e%2fheap",
                     "//etc/passwd", "/mosquitto%00", "/" + "a/" * 1000):
            status, _, body = server.ask(path)
            self.assertIn(status, (400, 404), path)
            self.assertNotIn(b"root:", body)

    def test_a_thousand_connections_and_slow_clients(self):
        self.recorded_broker()
        server = self.served()
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
        slow = []
        self.addCleanup(lambda: [connection.close() for connection in slow])
        def connect(data):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=300)
            slow.append(connection)
            connection.sendall(data)
        half = b"GET /metrics HTTP/1.1\r\nHost: loc"
        for number in range(1000):
            connect(half if number % 2 else b"")
        # A connection gives way while nothing of its request was read; so more come until one is refused.
        def refused():
            for _ in range(64):
                connect(half)
            try:
                return server.ask("/healthz")[0] == 503
            except OSError:
                return True
        wait_until("a connection to be refused", refused)
        # None of them can keep the server from others for longer than a request may take.
        def healthy():
            try:
                return server.ask("/healthz")[0] == 200
            except OSError:
                return False
        wait_until("an answer beside a thousand connections", healthy)
        self.assertLess(len(list(pathlib.Path(f"/proc/{server.process.process.pid}/fd").iterdir())), 300)
        self.assertRegex(server.text("/metrics"), r"mqtrack_serve_refused_connections_total [1-9]")

    def test_fuzzed_requests(self):
        """Mutations of requests that are good, from a fixed start so that a failure can be repeated."""
        self.recorded_broker()
        server = self.served()
        chance = random.Random(7)
        good = (b"GET /debug/pprof/heap?debug=1&seconds=1 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
                b"POST /debug/pprof/symbol HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n0x1",
                b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic eDp5\r\n\r\n")
        for _ in range(300):
            data = bytearray(chance.choice(good))
            for _ in range(chance.randint(1, 8)):
                at = chance.randrange(len(data))
                data[at:at + chance.randint(0, 3)] = bytes(chance.randrange(256) for _ in range(chance.randint(0, 3)))
                data = data or bytearray(b"x")
            answer = server.send(bytes(data))
            self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 "), (bytes(data), answer[:100]))
        self.assertEqual(server.ask("/healthz")[0], 200)
        self.assertIsNone(server.process.process.poll())

    def test_without_a_descriptor_to_spare(self):
        """It waits for one, without asking all the time, and goes on."""
        server = self.served()
        pid = server.process.pid
        self.assertEqual(server.ask("/healthz")[0], 200)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")) + 3,) * 2)
        with contextlib.ExitStack() as held:
            for _ in range(8):
                connection = held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=300))
                connection.sendall(b"GET /healthz")  # half a request, so that nobody is idle

            def ticks():
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                return int(fields[11]) + int(fields[12])

            before = ticks()
            threading.Event().wait(1)  # what is measured: its processor time in a second
            self.assertLess(ticks() - before, os.sysconf("SC_CLK_TCK") / 2)
        wait_until("an answer", lambda: server.ask("/healthz")[0] == 200)


if __name__ == "__main__":
    unittest.main()
