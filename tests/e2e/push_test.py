"""`mqtrack push` and a server that decodes what it gets by the published definitions; with outages, slow answers, errors, a full
disk."""
import base64
import email
import email.policy
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import unittest
import urllib.parse

from harness import paths, pprof_reader
from harness.case import EndToEnd
from harness.processes import end, free_port
from harness.waiting import wait_until

TOKEN = "t0p-secret"


class Received:
    """One profile, as the store would file it."""

    def __init__(self, labels, raw, types=None, from_=None, until=None, headers=None):
        self.labels, self.types, self.from_, self.until, self.headers = labels, types, from_, until, headers
        self.profile = pprof_reader.Profile(raw)
        self.at = time.monotonic()


def read_pyroscope(path, headers, body):
    """grafana/pyroscope: POST /ingest, format=pprof."""
    url = urllib.parse.urlsplit(path)
    assert url.path == "/ingest", path
    query = dict(urllib.parse.parse_qsl(url.query, strict_parsing=True))
    assert query["format"] == "pprof"
    name = re.fullmatch(r"([\w.-]+)\{((?:[a-zA-Z_]\w*=[^,{}=]*)(?:,[a-zA-Z_]\w*=[^,{}=]*)*)\}", query["name"])
    assert name, query["name"]
    labels = dict(pair.split("=") for pair in name.group(2).split(","))
    form = email.message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body,
                                    policy=email.policy.HTTP)
    parts = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
             for part in form.iter_parts()}
    assert set(parts) == {"profile", "sample_type_config"}, set(parts)
    types = json.loads(parts["sample_type_config"])
    for one in types.values():
        assert set(one) <= {"units", "aggregation", "display-name", "sampled", "cumulative"}
        assert one["units"] in ("samples", "objects", "goroutines", "bytes") and one["aggregation"] in ("sum", "average")
    return Received(labels, parts["profile"], types, int(query["from"]), int(query["until"]), headers)


def read_parca(path, headers, body):
    """parca-dev/parca: ProfileStoreService.WriteRaw by its HTTP gateway."""
    assert path == "/profiles/writeraw", path
    assert headers["Content-Type"] == "application/json"
    document = json.loads(body)
    assert set(document) <= {"tenant", "series", "normalized"} and document["normalized"] is False
    (series,) = document["series"]
    assert set(series) == {"labels", "samples"} and set(series["labels"]) == {"labels"}
    labels = {}
    for label in series["labels"]["labels"]:
        assert set(label) == {"name", "value"} and re.fullmatch(r"[a-zA-Z_]\w*", label["name"])
        labels[label["name"]] = label["value"]
    assert labels["__name__"]
    (sample,) = series["samples"]
    assert set(sample) == {"raw_profile"}
    return Received(labels, base64.b64decode(sample["raw_profile"], validate=True), headers=headers)


class Store:
    """Answers as `answer(number of the request)` says: a status, or a function that does it."""

    def __init__(self, case, read, port=0, answer=lambda number: 200):
        store = self
        self.received, self.requests, self.problems, self.answer = [], 0, [], answer

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                store.requests += 1
                status = store.answer(store.requests)
                if callable(status):
                    status(self)
                    return
                if status == 200:
                    try:
                        store.received.append(read(self.path, self.headers, body))
                    except Exception as problem:  # pylint: disable=broad-except
                        store.problems.append(repr(problem))
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "2")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        case.addCleanup(self.stop)
        case.addCleanup(lambda: case.assertEqual(self.problems, []))

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class PushTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.spool = self.folder / "state" / "spool"
        self.service = subprocess.Popen([*self.recorded("-q"), paths.PROGRAMS / "grower", "1"], env=self.environment,
                                        cwd=self.folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.service.wait)
        self.addCleanup(self.service.stdout.close)
        self.addCleanup(self.service.stdin.close)
        self.work(1)

    def work(self, rounds):
        for _ in range(rounds):
            self.service.stdin.write("x")
            self.service.stdin.flush()
            self.assertEqual(self.service.stdout.readline(), "done\n")

    def words(self, url, *words, kind="pyroscope"):
        return ["push", "--to", url, "--store", kind, "--spool", self.spool, "--machine", "gw{7}", *words]

    def once(self, url, *words, expect=0, kind="pyroscope", prefix=()):
        return self.mqtrack(*self.words(url, "--once", *words, kind=kind), expect=expect, prefix=prefix)

    def forever(self, url, *words, kind="pyroscope", name="pusher"):
        return self.start(name, paths.MQTRACK, *self.words(url, "--every", "1s", *words, kind=kind))

    def waiting(self):
        return sorted(self.spool.glob("*.part"))

    def totals(self, *words):
        return {name: json.loads(self.mqtrack("top", "grower", "--by", name, "--format", "json").stdout)["total"]["value"]
                for name in words}

    # --- what is sent

    def test_a_page_of_a_proxy_is_no_answer_of_a_store(self):
        def login(handler):
            page = b"<!DOCTYPE html><title>log in first</title>"
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(page)))
            handler.end_headers()
            handler.wfile.write(page)
        store = Store(self, read_pyroscope, answer=lambda number: login)
        done = self.once(store.url, expect=2)
        self.assert_one_clear_line(done, "what answers there is no store of profiles", "wait in")
        self.assertEqual(len(self.waiting()), 1)

    def test_parca_says_that_it_has_stored(self):
        def stored(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "2")
            handler.end_headers()
            handler.wfile.write(b"{}")
        store = Store(self, read_parca, answer=lambda number: stored)
        self.once(store.url, kind="parca")
        self.assertEqual(self.waiting(), [])

    def test_pyroscope(self):
        store = Store(self, read_pyroscope)
        self.forever(store.url, "--label", "site=plant 7")
        wait_until("the first profile", lambda: store.received)
        self.work(50)
        expected = self.totals("inuse_space", "inuse_objects", "fds")
        wait_until("the state after the work",
                   lambda: any(one.profile.types[-1][0] == "inuse_space" and
                               one.profile.total("inuse_space") == expected["inuse_space"] for one in store.received))
        state = [one for one in store.received if one.profile.types[-1][0] == "inuse_space"][-1]
        self.assertEqual({name: state.profile.total(name) for name in expected}, expected)
        self.assertEqual(state.labels, {"service_name": "grower", "machine": "gw_7_", "site": "plant 7"})
        self.assertEqual(set(state.types), {name for name, _ in state.profile.types})
        self.assertEqual({one["aggregation"] for one in state.types.values()}, {"average"})
        self.assertEqual((state.types["inuse_space"]["units"], state.types["fds"]["units"]), ("bytes", "objects"))
        self.assertEqual((state.profile.labels, state.profile.comments), (set(), []))  # no generation, no client, no fact
        self.assertNotIn("alloc_space", state.types)
        # What was allocated in between comes as a difference; all of it together is what was allocated after the first.
        wait_until("what was allocated", lambda: any("alloc_space" in one.types for one in store.received))
        made = [one for one in store.received if "alloc_space" in one.types]
        self.assertEqual({kind["aggregation"] for one in made for kind in one.types.values()}, {"sum"})
        self.assertTrue(all(one.profile.duration_nanos > 0 and one.from_ <= one.until for one in made))
        self.assertTrue(all(min(min(values) for values in one.profile.values) >= 0 for one in made))
        self.assertGreater(sum(one.profile.total("alloc_objects") for one in made), 50 * 100)
        generation = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"][0]["generation"]
        self.assertEqual(generation, 0)

    def test_parca(self):
        store = Store(self, read_parca)
        self.once(store.url, kind="parca")
        (one,) = store.received
        self.assertEqual(one.labels, {"__name__": "mqtrack", "service_name": "grower", "machine": "gw{7}"})
        self.assertEqual(one.profile.total("inuse_space"), self.totals("inuse_space")["inuse_space"])
        self.assertEqual(one.profile.duration_nanos, 0)

    def test_labels_that_are_kept(self):
        store = Store(self, read_pyroscope)
        self.once(store.url, "--keep-labels", "thread")
        self.assertEqual(store.received[0].profile.labels, {"thread"})

    def test_secrets(self):
        store, secret = Store(self, read_pyroscope), self.folder / "token"
        secret.write_text(TOKEN + "\n")
        secret.chmod(0o600)
        pusher = self.forever(store.url, "--token-file", secret, "--tenant", "plants")
        wait_until("a profile", lambda: store.received)
        headers = store.received[0].headers
        self.assertEqual((headers["Authorization"], headers["X-Scope-OrgID"]), (f"Bearer {TOKEN}", "plants"))
        store.stop()
        wait_until("it to wait", lambda: self.waiting())
        self.assertNotIn(TOKEN, pathlib.Path(f"/proc/{pusher.pid}/cmdline").read_text() + pusher.text())
        self.assertFalse(any(TOKEN.encode() in part.read_bytes() for part in self.waiting()))
        self.assertEqual(self.spool.stat().st_mode & 0o777, 0o700)
        end(pusher.pid)
        self.environment["MQTRACK_PUSH_PASSWORD"] = TOKEN
        again = Store(self, read_pyroscope)
        self.once(again.url, "--user", "gw7")
        self.assertEqual(again.received[0].headers["Authorization"],
                         "Basic " + base64.b64encode(f"gw7:{TOKEN}".encode()).decode())

    # --- a store that is away, slow, or says no

    def test_an_outage_loses_nothing_not_even_when_killed(self):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        pusher = self.forever(url)
        wait_until("five to wait", lambda: len(self.waiting()) >= 5)
        end(pusher.pid, signal.SIGKILL)
        waited = len(self.waiting())
        store = Store(self, read_pyroscope, port)
        self.forever(url, name="again")
        wait_until("all to arrive", lambda: len(store.received) >= waited + 2 and not self.waiting())
        times = [one.profile.time_nanos for one in store.received[:waited]]
        self.assertEqual(times, sorted(times))  # oldest first
        seen = [(one.profile.time_nanos, len(one.types)) for one in store.received]
        self.assertEqual(len(seen), len(set(seen)))  # and each once

    def test_errors(self):
        answers = {1: 503, 2: 500, 3: 401}
        store = Store(self, read_pyroscope, answer=lambda number: answers.get(number, 200))
        pusher = self.forever(store.url)
        wait_until("it to be stored after all", lambda: len(store.received) > 3 and not self.waiting())
        for status in answers.values():
            self.assertIn(f"status {status}", pusher.text())
        self.assertNotIn("lost", pusher.text())

    def test_what_the_store_will_not_take_is_given_up(self):
        store = Store(self, read_pyroscope, answer=lambda number: 400 if number == 1 else 200)
        pusher = self.forever(store.url)
        wait_until("the next", lambda: store.received)
        wait_until("it to be said", lambda: "1 snapshots are lost so far: the server answered with status 400" in pusher.text())

    def test_a_store_that_asks_for_time(self):
        times = []

        def answer(number):
            times.append(time.monotonic())
            return 429 if number == 1 else 200
        store = Store(self, read_pyroscope, answer=answer)
        self.forever(store.url)
        wait_until("it to be stored", lambda: store.received)
        self.assertGreaterEqual(times[1] - times[0], 2)  # as Retry-After says

    def test_a_store_that_breaks_off_or_is_slow(self):
        slow = threading.Event()

        def hang(handler):
            slow.wait(20)
            handler.connection.close()
        store = Store(self, read_pyroscope, answer=lambda number: hang if number < 3 else 200)
        pusher = self.forever(store.url)
        wait_until("the first request", lambda: store.requests >= 1)
        slow.set()
        wait_until("it to be stored", lambda: len(store.received) > 2 and not self.waiting())
        end(pusher.pid)
        self.assertEqual(pusher.wait(), 0)

    # --- the spool

    def test_the_spool_is_bounded(self):
        url = f"http://127.0.0.1:{free_port()}"
        sizes, newest = [], None
        for _ in range(30):
            done = self.once(url, "--spool-limit", "64KiB", expect=2)
            parts = self.waiting()
            sizes.append(sum(part.stat().st_size for part in parts))
            self.assertNotEqual(parts[-1], newest)  # the newest is always kept
            newest = parts[-1]
            if "are given up" in done.stderr and " 0 are given up" not in done.stderr:
                break
        self.assertLessEqual(max(sizes), 65536)
        self.assertNotIn(" 0 are given up", done.stderr)
        self.assert_one_clear_line(done, url, "wait in")

    def test_a_full_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        self.spool = disk / "spool"
        # Twelve looks while the store is away, on a disk that has room for a few of them, and then the store is back.
        script = ('mount -t tmpfs -o size=48k none "$1" && for look in 1 2 3 4 5 6 7 8 9 10 11 12; do "${@:4}" --to "$2"; done; '
                  'ls "$1"/spool; "${@:4}" --to "$3"; echo "code $?"; ls -A "$1"/spool')
        away, store = f"http://127.0.0.1:{free_port()}", Store(self, read_pyroscope)
        command = [paths.MQTRACK, *map(str, self.words("URL", "--once", "-q"))]
        del command[command.index("--to"):command.index("--to") + 2]
        done = subprocess.run(["unshare", "-m", "bash", "-c", script, "bash", disk, away, store.url, *command],
                              env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        if "permission denied" in done.stderr.lower() or "not permitted" in done.stderr:
            self.skipTest("a file system cannot be mounted here")
        self.assertIn("code 0", done.stdout, done.stderr)
        self.assertIn("No space left on device", done.stderr)
        kept = done.stdout.split("code 0")[0].count(".part")
        self.assertGreater(kept, 0)
        self.assertEqual(len(store.received), kept + 1)  # all that there was room for, and the newest look
        self.assertNotIn(".part", done.stdout.split("code 0")[1])

    def test_a_damaged_spool(self):
        self.spool.mkdir(parents=True)
        (self.spool / "00000000000000000001.part").write_bytes(b"\x00 nonsense")
        (self.spool / "00000000000000000002.part").write_bytes(b'{"schema":"mqtrack-push/1"}\nx')
        (self.spool / "00000000000000000003.part.Xa8c1z").write_bytes(b"half")
        (self.spool / "00000000000000000004.part").symlink_to("/etc/passwd")
        store = Store(self, read_pyroscope)
        done = self.once(store.url, expect=2)
        self.assertIn("2 are given up", done.stderr)
        self.assertIn("spool", done.stderr.split("0 wait in")[0], "it says why")
        self.assertNotIn("some could not be kept", done.stderr)
        self.assertEqual(len(store.received), 1)
        self.assertEqual([path.name for path in self.spool.iterdir() if path.is_file() and not path.is_symlink()], ["lock"])
        self.assertEqual(os.readlink(self.spool / "00000000000000000004.part"), "/etc/passwd")

    def test_each_reason_is_said_once(self):
        self.spool.mkdir(parents=True)
        (self.spool / "00000000000000000001.part").write_bytes(b"\x00 nonsense")
        store = Store(self, read_pyroscope, answer=lambda number: 400)
        done = self.once(store.url, expect=2)
        self.assertEqual(done.stderr.count("status 400"), 1, done.stderr)
        self.assertIn("2 are given up", done.stderr)

    def test_what_is_refused(self):
        self.forever(f"http://127.0.0.1:{free_port()}")
        wait_until("it to have the spool", lambda: self.waiting())
        done = self.once("http://127.0.0.1:1", expect=2)
        self.assert_one_clear_line(done, "another mqtrack push has this spool")
        for words, says in ((("--to", "ftp://x", "--store", "parca"), "http"), (("--to", "http://u:p@x", "--store", "parca"), "http"),
                            (("--to", "http://x", "--store", "parca", "--label", "a-b=c"), "NAME=VALUE"),
                            (("--to", "http://x", "--store", "parca", "--label", "__name__=c"), "NAME=VALUE"),
                            (("--to", "http://x", "--store", "parca", "--spool-limit", "1"), "64KiB")):
            done = self.mqtrack("push", "--once", "--spool", self.folder / "other", *words, expect=2)
            self.assert_one_clear_line(done, says)
            self.assertNotIn("u:p", done.stderr)


if __name__ == "__main__":
    unittest.main()
