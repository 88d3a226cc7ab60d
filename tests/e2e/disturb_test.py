"""mqtrack disturb and mqtrack hunt --client: what a client loses on its way back from a lost connection."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

from harness import paths, processes
from harness.broker import Broker, TlsListener
from harness.case import EndToEnd, function_name
from harness.mqtt_client import MqttClient
from harness.waiting import wait_until

PROGRAMS = pathlib.Path(os.environ["MQTRACK_E2E_PROGRAMS"])

# Way of the client -> bytes, a disturbance that leads there.
PLANTED = {"OnRefused": (101, "client.refuse-5"), "OnLetIn": (103, "client.close-after-connack"),
           "OnLost": (107, "client.close-at-publish"), "OnSubscribed": (109, "client.close-after-suback"),
           "OnFailedLoop": (113, "client.half-connack")}
# Of libmosquitto alone, which says why it gave up a connection.
OF_MOSQUITTO = {"OnProtocolError": (127, "client.sent-type-0")}
# Program -> what is planted in it.
CLIENTS = {"returning": PLANTED | OF_MOSQUITTO, "returning_paho": PLANTED}


# A client that comes back from each lost connection, or never after the first one, or ends when it is refused. It says how
# often it has connected.
CLIENT = """
import itertools, pathlib, signal, socket, sys
port, said, way = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
for times in itertools.count(1):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        try:
            connection.sendall(bytes.fromhex("100f00044d5154540402003c0003") + b"one")
            said.write_text(str(times))
            answer = connection.recv(4)
            if way == "easily discouraged" and len(answer) == 4 and answer[3] != 0:
                sys.exit(3)
            while connection.recv(1000):
                pass
        except ConnectionError:
            pass
    if way == "away":
        signal.pause()
"""


class DisturbTest(EndToEnd):
    def simple_client(self, way):
        """The command of a client, and how often it has connected by now."""
        program, said = self.folder / "client.py", self.folder / "connected"
        program.write_text(CLIENT, encoding="utf-8")
        said.write_text("0", encoding="utf-8")
        return [sys.executable, program, "{port}", said, way], lambda: int(said.read_text(encoding="utf-8") or 0)

    def test_a_client_that_stays_away_ends_the_hunt(self):
        client, _ = self.simple_client("away")
        done = self.mqtrack("hunt", "--client", "--json", "--patience", "5", "--only", "client.*-after-connack", "--", *client,
                            expect=3)
        found = json.loads(done.stdout)
        self.assertFalse(found["complete"])
        self.assertIn("no connection for 5 s", found["cut_short"])
        self.assertIn("no connection for 5 s", done.stderr)
        self.assertEqual({one["outcome"] for one in found["operations"]}, {"not tried"})
        junit = self.mqtrack("hunt", "--client", "--format", "junit", "--patience", "5", "--only", "client.close-after-connack",
                             "--", *client, expect=3)
        self.assertIn('<error type="cut short"', junit.stdout)
        self.assertRegex(junit.stdout, '<testsuites [^>]*tests="2" failures="0" errors="1" skipped="1"')

    def test_a_client_that_speaks_no_mqtt_is_said(self):
        nuls = ("import socket, sys\nwhile True:\n  with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s:\n"
                "    s.sendall(bytes(64))\n    s.recv(1)\n")
        done = self.mqtrack("hunt", "--client", "--patience", "2", "--only", "client.close-after-connack", "--", sys.executable,
                            "-c", nuls, "{port}", expect=3)
        self.assert_one_clear_line(done, "in 2 s the client connected ", " and sent no CONNECT")

    def test_a_client_that_ends_is_started_again(self):
        client, _ = self.simple_client("easily discouraged")
        done = self.mqtrack("hunt", "--client", "--json", "--only", "client.refuse-*", "--only", "client.close-after-connack", "--",
                            *client, expect=1)
        found = json.loads(done.stdout)
        self.assertTrue(found["complete"])
        for one in found["operations"]:
            with self.subTest(one["name"]):
                if one["name"].startswith("client.refuse-"):
                    self.assertEqual((one["outcome"], one["why"]), ("crash", "the client ended with exit code 3"))
                else:
                    self.assertNotIn(one["outcome"], ("crash", "not tried"))
        self.assertEqual([file.name for file in self.log_dir.rglob("*") if file.is_file()], [], "logs are left")

    def test_an_interrupted_hunt_of_a_client_says_so(self):
        client, connected = self.simple_client("back")
        hunt = self.start("hunt", "setsid", paths.MQTRACK, "hunt", "--client", "--json", "--rounds", "100000", "--only",
                          "client.close-after-connack", "--", *client,
                          env={**self.environment, "TMPDIR": str(self.folder)})
        wait_until("disturbances", lambda: connected() > 3)
        children = processes.children_of(hunt.pid)
        os.killpg(hunt.pid, signal.SIGINT)
        self.assertEqual(hunt.wait(), 3, hunt.text())
        found = json.loads(hunt.out.read_text(encoding="utf-8"))
        self.assertEqual((found["complete"], found["cut_short"]), (False, "it was interrupted"))
        self.assertEqual([one["outcome"] for one in found["operations"]], ["not tried"])
        self.assertEqual([pid for pid in children if processes.is_alive(pid)], [])
        self.assertEqual([file.name for file in self.log_dir.rglob("*") if file.is_file()], [], "logs are left")
        self.assertEqual([folder.name for folder in self.folder.glob("mqtrack-*")], [], "folders are left")

    def test_a_killed_hunt_leaves_no_client(self):
        client, connected = self.simple_client("back")
        hunt = self.start("hunt", paths.MQTRACK, "hunt", "--client", "--only", "client.close-after-connack", "--rounds",
                          "100000", "--", *client, env={**self.environment, "TMPDIR": str(self.folder)})
        wait_until("disturbances", lambda: connected() > 3)
        children = processes.children_of(hunt.pid)
        self.assertGreater(len(children), 1)
        hunt.process.kill()
        wait_until("client, broker and guards to end", lambda: not any(processes.is_alive(pid) for pid in children))

    def test_options_that_mean_nothing_to_a_client_are_refused(self):
        for words in (("--target", "1"), ("--address", ":1883"), ("--keep",), ("--jobs", "2")):
            with self.subTest(words):
                done = self.mqtrack("hunt", "--client", *words, "--", "true", "{address}", expect=2)
                self.assert_one_clear_line(done, words[0], "--client")
        self.assert_one_clear_line(self.mqtrack("hunt", "--client", expect=2), "--client -- ./service")

    def test_the_command_that_repeats_one_is_of_a_client(self):
        text = self.mqtrack("hunt", "--client", "--only", "client.refuse-5", "--", PROGRAMS / "returning_leaky", "{host}",
                            "{port}", expect=1).stdout
        words = re.search("To repeat one:\n  mqtrack (.*)\n", text).group(1)
        self.assertEqual(words, f"hunt --client --only client.refuse-5 --rounds 20 -- {PROGRAMS}/returning_leaky '{{host}}' "
                                "'{port}'")

    def hunt(self, program, expect, names, *options):
        only = [word for name in sorted(names) for word in ("--only", name)]
        done = self.mqtrack("hunt", "--client", "--json", *only, *options, "--", PROGRAMS / program, "{host}", "{port}",
                            expect=expect)
        return {one["name"]: one for one in json.loads(done.stdout)["operations"]}

    def test_each_way_back_is_measured(self):
        for program, planted in CLIENTS.items():
            found = self.hunt(f"{program}_leaky", 1, {name for _, name in planted.values()} | {"client.close-at-pubrel"})
            for function, (size, name) in planted.items():
                with self.subTest(function, program=program):
                    sites = {function_name(site["function"]): site for site in found[name].get("sites", ())}
                    self.assertIn(function, sites, found[name])
                    self.assertEqual(sites[function]["bytes"] % size, 0)
                    self.assertGreaterEqual(sites[function]["objects_per_round"], 1)
            self.assertEqual(found["client.close-at-pubrel"]["outcome"], "not tried")
            self.assertIn("no PUBREL", found["client.close-at-pubrel"]["why"])

    def test_the_fixed_twin_is_silent(self):
        found = self.hunt("returning_fixed", 0, {name for _, name in CLIENTS["returning"].values()})
        self.assertEqual({name: one["outcome"] for name, one in found.items() if one["outcome"] != "clean"}, {})

    def test_the_fixed_twin_of_paho_leaks_nothing(self):
        """What is under way in the library when it is looked at, a message say, may be one more or one less."""
        only = [word for _, name in sorted(PLANTED.values()) for word in ("--only", name)]
        done = subprocess.run([paths.MQTRACK, "hunt", "--client", "--json", *only, "--", PROGRAMS / "returning_paho_fixed", "{host}",
                               "{port}"], env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        found = json.loads(done.stdout)
        self.assertTrue(found["complete"], done.stderr)
        self.assertLessEqual({one["outcome"] for one in found["operations"]}, {"clean", "not settled"}, done.stdout)
        self.assertFalse(set(PLANTED) & {function_name(site["function"]) for one in found["operations"]
                                         for site in one.get("sites", ())})

    def test_the_telemetry_services_subscriptions(self):
        telemetry = os.environ["MQTRACK_E2E_TELEMETRY"]
        words = ("hunt", "--client", "--json", "--only", "client.close-after-connack", "--", telemetry, "--come-back",
                 "--host", "{host}", "--port", "{port}")
        done = self.mqtrack(*words, "--leak", "subscription", expect=1)
        sites = json.loads(done.stdout)["operations"][0]["sites"]
        self.assertTrue(any("Subscri" in site["function"] or site["type"] == "mqtt_subscriptions" for site in sites), sites)
        self.mqtrack(*words)

    def test_a_client_that_ends_is_said(self):
        done = self.mqtrack("hunt", "--client", "--only", "client.refuse-1", "--", "true", "{address}", expect=3)
        self.assertIn("the client ended", done.stderr)
        done = self.mqtrack("hunt", "--client", "--", "true", expect=2)
        self.assertIn("{address}", done.stderr)

    def test_the_proxy_alone(self):
        broker = self.recorded_broker()
        port = processes.free_port()
        plan = self.folder / "plan.json"
        plan.write_text('[{"do": "close", "at": "CONNACK"}, {"do": "refuse", "reason": 3}]', encoding="utf-8")
        proxy = processes.Logged(self.folder, "disturb",
                                 [os.environ["MQTRACK_E2E_MQTRACK"], "disturb", "--listen", f"127.0.0.1:{port}", "--upstream",
                                  f"127.0.0.1:{broker.port}", plan, "--every", "0s", "--rounds", "4", "--seed", "3"],
                                 env=self.environment)
        self.addCleanup(proxy.stop)
        wait_until("the proxy to listen", lambda: processes.accepts(port))
        client = processes.Logged(self.folder, "client", [str(PROGRAMS / "returning_fixed"), "127.0.0.1", str(port)],
                                  env=self.environment)
        self.addCleanup(client.stop)
        self.assertEqual(proxy.wait(), 0, proxy.text())
        self.assertRegex(proxy.text(), "seed 3")
        self.assertRegex(proxy.text(), "close-CONNACK|refuse-CONNECT")

    def test_the_proxy_with_tls_at_both_ends(self):
        secure, port, plan = TlsListener(self), processes.free_port(), self.folder / "plan.json"
        Broker(self, config=["user root", *secure.config])
        secure.wait()
        plan.write_text('[{"do": "close", "at": "PUBLISH"}]', encoding="utf-8")
        proxy = self.start("disturb", paths.MQTRACK, "disturb", "--listen", f"mqtts://127.0.0.1:{port}", "--upstream",
                           f"mqtts://127.0.0.1:{secure.port}", "--cert", self.folder / "cert.pem", "--key",
                           self.folder / "key.pem", "--cafile", self.folder / "cert.pem", plan, "--every", "0s", "--rounds", "1")
        wait_until("the proxy to listen", lambda: processes.accepts(port) or proxy.process.poll() is not None)

        def visit():
            try:
                with MqttClient(port, "visitor", tls=secure.context) as client:
                    client.publish("through/it", b"x")
            except (AssertionError, OSError):
                pass
            return proxy.process.poll() is not None
        wait_until("it to be disturbed, and well again", visit)
        self.assertEqual(proxy.wait(), 0, proxy.text())
        self.assertRegex(proxy.text(), r"(?m)close-PUBLISH\S*$")

    def test_a_broker_with_tls(self):
        secure = TlsListener(self)
        Broker(self, config=["user root", *secure.config])
        secure.wait()
        found = self.hunt("returning_fixed", 0, ["client.close-after-connack"], "--upstream", f"mqtts://127.0.0.1:{secure.port}")
        self.assertEqual(found["client.close-after-connack"]["outcome"], "clean")

    def test_words(self):
        done = self.mqtrack("disturb", "--listen", "mqtts://:1884", "--upstream", ":1883", expect=2)
        self.assert_one_clear_line(done, "mqtts://:1884", "needs a certificate and its key")
        self.assertIn("--allow-remote",
                      self.mqtrack("disturb", "--listen", ":1884", "--upstream", "192.0.2.1:1883", expect=2).stderr)
        self.mqtrack("disturb", expect=2)
        tls, files = ("--listen", "mqtts://:1884", "--upstream", "mqtts://:1883"), {}
        for name in ("cert", "key"):
            files[name] = self.folder / f"{name}.pem"
            files[name].write_text("no PEM", encoding="utf-8")
        for options, says in ((("--cert", "missing.pem", "--key", files["key"]), "missing.pem: cannot open"),
                              (("--cert", files["cert"], "--key", files["key"]), "cert.pem: TLS: ")):
            self.assert_one_clear_line(self.mqtrack("disturb", *tls, *options, expect=2), says)
        for option in ("--cert", "--key", "--cafile"):
            done = self.mqtrack("disturb", "--listen", ":1884", "--upstream", ":1883", option, files["cert"], expect=2)
            self.assert_one_clear_line(done, option, "mqtts://")
        done = self.mqtrack("disturb", "--listen", ":1884", expect=2)
        self.assert_one_clear_line(done, "--upstream 127.0.0.1:1883")
        self.mqtrack("disturb", "--listen", ":1884", "--upstream", ":1883", "no-such-plan", expect=2)
        self.assertIn("client.close-at-publish", self.mqtrack("hunt", "--list", "client.*").stdout)
        plan = json.loads(self.mqtrack("hunt", "--bytes", "client.close-at-publish").stdout)
        self.assertEqual(plan, [{"do": "close", "name": "close-at-publish", "at": "PUBLISH"}])


if __name__ == "__main__":
    unittest.main()
