"""What `mqtrack serve` answers about owners, holders and sources: who may ask, how often, and which files are shown."""
import concurrent.futures
import contextlib
import json
import os
import shutil
import socket
import unittest
import urllib.parse

from harness.broker import Broker
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import PROGRAMS, SOURCE
from harness.waiting import wait_until
from serve_test import Server

LOOKS = ("/mosquitto/api/look/owners", "/mosquitto/api/look/why?owner=global%20db%20(mosquitto)")


class ServeLooksTest(EndToEnd):
    # --- looks for which the process stands still

    def test_owners_and_chains_are_those_of_the_commands(self):
        broker = self.recorded_broker()
        self.enterContext(MqttClient(broker.port, "pump7"))
        server = Server(self)
        status, headers, body = server.ask("/mosquitto/api/look/owners")
        self.assertEqual((status, headers["age"], headers["cache-control"]), (200, "0", "no-store"), body)
        served, command = json.loads(body), json.loads(self.mqtrack("owners", broker.pid, "--json").stdout)
        self.assertEqual(served["schema"], command["schema"])
        self.assertGreater(served["look"]["stood_still_nanoseconds"], 0)
        self.assertIn(("client", "pump7"), [(one["kind"], one["name"]) for one in served["owners"]])

        def why():
            status, _, body = server.ask("/mosquitto/api/look/why?client=pump7")
            return json.loads(body) if status == 200 else None
        chains = wait_until("the next look", why)
        self.assertEqual((chains["schema"], chains["asked"]), ("mqtrack-why/1", "of client pump7"))
        self.assertTrue(chains["chains"])

    def test_one_look_an_interval_whoever_asks(self):
        self.recorded_broker()
        server = Server(self, "--interval", "1h")
        first = server.ask(LOOKS[0])
        self.assertEqual(first[0], 200)
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            same = list(pool.map(lambda _: server.ask(LOOKS[0]), range(40)))
            others = list(pool.map(lambda _: server.ask(LOOKS[1]), range(40)))
        for status, headers, body in same:  # the answer that there is, or another request is just being given it
            self.assertTrue((status, body) == (200, first[2]) or status == 429, body)
        for status, headers, body in others:
            self.assertEqual(status, 429, body)
            self.assertGreater(int(headers["retry-after"]), 0)
        self.assertEqual(server.ask(LOOKS[0])[2], first[2])
        self.assertGreater(int(server.ask(LOOKS[1])[1]["retry-after"]), 60)

    def test_a_thousand_ask_at_once(self):
        """And some of them read nothing of the answer. There is one look, and the server answers others meanwhile."""
        self.recorded_broker()
        server = Server(self, "--interval", "1h")
        request = f"GET {LOOKS[0]} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        with contextlib.ExitStack() as held:
            for _ in range(200):
                held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=300)).sendall(request)
            with concurrent.futures.ThreadPoolExecutor(100) as pool:
                answers = list(pool.map(lambda _: server.send(request), range(800)))
            wait_until("an answer to somebody else", lambda: server.send(b"GET /healthz HTTP/1.0\r\n\r\n").endswith(b"ok\n"))
        self.assertLessEqual({answer.split()[1] for answer in answers if answer}, {b"200", b"429", b"503"})
        found = {answer.partition(b"\r\n\r\n")[2] for answer in answers if answer.split()[1:2] == [b"200"]}
        final = wait_until("the look", lambda: (got := server.ask(LOOKS[0]))[0] == 200 and got[2])
        self.assertLessEqual(found, {final})
        self.assertIsNone(server.process.process.poll())

    def test_strangers_cannot_make_it_stand_still(self):
        self.recorded_broker()
        server = Server(self, "--interval", "1h")
        for path in LOOKS:
            for site in ("cross-site", "same-site"):
                for mode in ("navigate", "no-cors"):
                    self.assertEqual(server.ask(path, sec_fetch_site=site, sec_fetch_mode=mode)[0], 403, (path, site, mode))
            self.assertEqual(server.ask(path, sec_fetch_site="same-origin", sec_purpose="prefetch;prerender")[0], 403)
            for method in ("HEAD", "POST", "PUT"):
                self.assertEqual(server.ask(path, method=method)[0], 405, (path, method))
            self.assertEqual(server.ask(path, host="evil.example")[0], 421)
        for path in ("/mosquitto/debug/pprof/goroutine", "/mosquitto/api/threads", "/mosquitto/"):
            for kind in ("iframe", "object", "embed"):
                self.assertEqual(server.ask(path, sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest=kind)[0], 403)
        self.assertEqual(server.ask("/", sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest="document")[0], 200)
        self.assertEqual(server.ask(LOOKS[0], sec_fetch_site="same-origin")[0], 200, "none of them was a look")

    def test_what_cannot_be_asked(self):
        broker = self.recorded_broker()
        server = Server(self)
        for query in ("", "?site=", "?site=" + "x" * 3000, "?client=" + "%ff" * 2001):
            self.assertIn(server.ask("/mosquitto/api/look/why" + query)[0], (400, 414), query[:40])
        self.assertEqual(server.ask("/nobody/api/look/owners")[0], 404)

        def answer(path):
            return lambda: (found := server.ask(path))[0] != 429 and found
        status, _, body = wait_until("its turn", answer("/mosquitto/api/look/why?site=no_such_function"))
        self.assertEqual(status, 400)
        self.assertIn(b"made nothing that is alive", body)
        broker.stop()
        gone = f"/mosquitto-{broker.pid}/api/look/owners"
        wait_until("its end", lambda: server.ask(gone)[0] == 404)
        Broker(self, prefix=self.recorded("--sample", "4KiB"))
        status, _, body = wait_until("the other one", lambda: (found := server.ask(LOOKS[0]))[0] not in (404, 429) and found)
        self.assertEqual(status, 409)
        self.assertIn(b"only a sample of its blocks", body)

    # --- sources

    def grower(self):
        """A recorded process, the name of the function that makes most, and the file in which that is."""
        service = self.start("shapes", *self.recorded(), PROGRAMS / "holders" / "holder_shapes")
        service.wait_for_line("ready")
        return service

    def source(self, server, function="WritePayloads", **more):
        query = urllib.parse.urlencode({"function": function, **more})
        status, _, body = server.ask("/holder_shapes/api/source?" + query)
        self.assertEqual(status, 200, body)
        return json.loads(body)["functions"][0]

    def name(self, server):
        rows = json.loads(server.text("/holder_shapes/api/top"))["sites"]
        return next(row["function"] for row in rows if "WritePayloads" in row["function"])

    def test_sources_below_the_folders_and_no_others(self):
        self.grower()
        without = Server(self)
        function = self.name(without)
        bare = self.source(without, function)
        self.assertEqual((bare["found"], bare["source"]), ("", []))
        self.assertIn("--source-path", bare["note"])
        self.assertTrue(bare["lines"], "the numbers of the lines and their bytes all the same")
        without.process.stop()
        real = next((SOURCE / "tests" / "e2e").rglob("shapes.cc"))
        tree, outside = self.folder / "tree", self.folder / "outside"
        tree.mkdir()
        outside.mkdir()
        secret = shutil.copy(real, outside / "shapes.cc")
        server = Server(self, "--source-path", tree)
        place = tree / "shapes.cc"

        def answer(make):
            make()
            found = self.source(server, function)
            place.unlink()
            return found
        good = answer(lambda: shutil.copy(real, place))
        self.assertEqual(good["found"], str(place))
        self.assertTrue(good["source"])
        inside = tree / "other.cc"
        shutil.copy(real, inside)
        self.assertTrue(answer(lambda: place.symlink_to("other.cc"))["source"], "a link that stays")
        for what, make in (("a link out", lambda: place.symlink_to(secret)), ("a link up", lambda: place.symlink_to("../outside/shapes.cc")),
                           ("a pipe", lambda: os.mkfifo(place)), ("a device", lambda: place.symlink_to("/dev/zero")),
                           ("an empty file", place.touch), ("too much", lambda: (place.touch(), os.truncate(place, 17 << 20)))):
            with self.subTest(what):
                found = answer(make)
                self.assertEqual((found["found"], found["source"]), ("", []))
                self.assertIn("is not here", found["note"])

    def test_what_no_function_is_called(self):
        self.grower()
        server = Server(self, "--source-path", SOURCE)
        for query, status in (("", 400), ("?function=" + "x" * 3000, 400), ("?function=..%2F..%2Fetc%2Fpasswd", 404),
                              ("?function=(a%2B)%2B%24", 404), ("?function=%00", 404)):
            self.assertEqual(server.ask("/holder_shapes/api/source" + query)[0], status, query[:40])

    # --- owners of moments

    def test_owners_of_moments(self):
        broker = self.recorded_broker()
        server = Server(self)
        with MqttClient(broker.port, "pump7") as client:
            for number in range(20):
                client.publish(f"kept/{number}", b"x" * 500, retain=True)
            shown = wait_until("the client's moment", lambda: (found := json.loads(server.text("/mosquitto/api/owners")))["label"] and found)
        self.assertEqual(shown["label"], "mqtt_client")
        self.assertIn("pump7", [row["label"] for row in shown["table"]["sites"]])
        broker.stop()
        Broker(self, prefix=self.recorded("--without", "packets"))
        wait_until("the other one", lambda: json.loads(server.text("/mosquitto/api/owners")) == {"label": None})


if __name__ == "__main__":
    unittest.main()
