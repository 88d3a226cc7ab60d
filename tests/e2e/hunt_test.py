"""mqtrack hunt: leaks planted in many paths of a broker are found at the operation that takes the path, to the byte, and
nothing else is."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

from harness import paths, processes
from harness.case import EndToEnd, function_name
from harness.paths import find_program
from harness.waiting import wait_until

PROGRAMS = pathlib.Path(os.environ["MQTRACK_E2E_PROGRAMS"])

# Path of the plugin -> bytes lost, an operation that takes it, and how often in a round.
PLANTED = {
    "OnWrongPassword": (101, "311.connect.wrong-password", 1),
    "OnUnknownUser": (103, "311.connect.unknown-user", 1),
    "OnRightPassword": (107, "311.connect.right-password", 1),
    "OnWriteDenied": (109, "311.publish.qos0.denied", 1),
    "OnSubscribeDenied": (113, "311.subscribe.filter.denied", 1),
    "OnReadAllowed": (127, "311.publish.qos1.received-at-qos1", 1),
    "OnLargeMessage": (137, "311.publish.qos0.large", 1),
    "OnEmptyMessage": (139, "311.publish.qos0.empty", 1),
    "OnQosTwoMessage": (149, "311.publish.qos2.nobody", 1),
    "OnRetainedMessage": (151, "311.publish.qos0.retained.set-cleared", 2),
    "OnExtendedAuth": (157, "5.property.connect.authentication-method.once", 1),
    "OnKeepAliveEnd": (163, "311.connect.keep-alive-runs-out", 1),
    "OnLastingEnd": (167, "311.session.kept.cleaned", 1),
    "OnSubscribedEnd": (173, "311.end.subscribed.rst", 1),
    "OnOldVersion": (191, "31.websocket.disconnect", 1),
    "OnUserProperty": (193, "5.property.publish.user-property.once", 1),
}
DESCRIPTOR = ("OnWebSocketClient", "311.websocket.disconnect")
# Paths that the plugin does not take.
QUIET = ("311.connect.disconnect", "5.connect.rst", "311.first.http", "5.form.publish.half-sent.1")
# Debian's mosquitto 2.0.11 keeps the nodes of a topic whose retained message was cleared.
LONG = os.environ.get("MQTRACK_LONG_TESTS") == "1"
STOCK_LEAK = "311.publish.qos0.retained.new-topic.set-cleared"


class HuntTest(EndToEnd):
    def hunt(self, *words, config="", expect=0):
        file = self.folder / "broker.conf"
        file.write_text(config, encoding="utf-8")
        done = self.mqtrack("hunt", "--json", *words, "--", find_program("mosquitto"), "-c", file, expect=expect)
        return {one["name"]: one for one in json.loads(done.stdout)["operations"]}

    def only(self, *names):
        return [word for name in names for word in ("--only", name)]

    def planted(self, twin, expect):
        names = {name for _, name, _ in PLANTED.values()} | {DESCRIPTOR[1]} | set(QUIET)
        return self.hunt(*self.only(*sorted(names)), "--rounds", "4", config=f"plugin {PROGRAMS}/hunted_{twin}.so\n",
                         expect=expect)

    def test_each_planted_leak_is_found_where_it_is(self):
        found = self.planted("leaky", 1)
        for function, (size, name, times) in PLANTED.items():
            with self.subTest(function):
                self.assertEqual(found[name]["outcome"], "leak", found[name])
                sites = {function_name(site["function"]): site for site in found[name]["sites"]}
                self.assertIn(function, sites)
                site = sites[function]
                self.assertTrue(site["exact"])
                self.assertEqual((site["bytes_per_round"], site["objects_per_round"]), (size * times, times))
        with self.subTest("a descriptor"):
            sites = {(site["type"], function_name(site["function"])): site for site in found[DESCRIPTOR[1]]["sites"]}
            self.assertEqual(sites[("fds", DESCRIPTOR[0])]["objects_per_round"], 1)
        for name in QUIET:
            self.assertEqual(found[name]["outcome"], "clean", found[name])

    def test_the_fixed_twin_is_silent(self):
        found = self.planted("fixed", 0)
        self.assertEqual({name: one["outcome"] for name, one in found.items() if one["outcome"] != "clean"}, {})

    def test_three_hunts_find_the_same(self):
        tables = []
        names = ("311.connect.wrong-password", "5.publish.qos0.*", "311.first.*") if LONG else (
            "311.connect.wrong-password", "5.publish.qos0.empty", "5.publish.qos0.large", "311.first.http")
        for _ in range(3):
            found = self.hunt(*self.only(*names), "--rounds", "4",
                              config=f"plugin {PROGRAMS}/hunted_leaky.so\n", expect=1)
            tables.append({name: (one["outcome"], [(site["function"], site["bytes_per_round"]) for site in
                                                   one.get("sites", ()) if site["exact"]])
                           for name, one in found.items()})
        self.assertEqual(tables[0], tables[1])
        self.assertEqual(tables[0], tables[2])

    def test_a_broker_that_ends_is_said_and_replaced(self):
        found = self.hunt(*self.only("311.connect.disconnect", "311.publish.qos2.large", "311.first.nothing"),
                          config=f"plugin {PROGRAMS}/hunted_crashing.so\n", expect=1)
        self.assertEqual(found["311.publish.qos2.large"]["outcome"], "crash")
        self.assertIn("signal 6", found["311.publish.qos2.large"]["why"])
        self.assertEqual(found["311.connect.disconnect"]["outcome"], "clean")
        self.assertEqual(found["311.first.nothing"]["outcome"], "clean")

    def test_a_broker_that_hangs_is_said_and_replaced(self):
        found = self.hunt(*self.only("311.connect.disconnect", "311.publish.qos2.large", "311.first.nothing"), "-j", "1",
                          config=f"plugin {PROGRAMS}/hunted_hanging.so\n", expect=1)
        self.assertEqual(found["311.publish.qos2.large"]["outcome"], "crash")
        self.assertIn("the broker answers nobody any more", found["311.publish.qos2.large"]["why"])
        self.assertEqual(found["311.connect.disconnect"]["outcome"], "clean")
        self.assertEqual(found["311.first.nothing"]["outcome"], "clean")

    def test_a_port_that_was_taken_meanwhile_is_no_end(self):
        script, begun = self.folder / "mosquitto-late", self.folder / "begun"
        script.write_text(f"#!/bin/sh\n[ -e {begun} ] && exec {find_program('mosquitto')} \"$@\"\n> {begun}\n"
                          "echo 'Error: Address already in use' >&2\nexit 1\n", encoding="utf-8")
        script.chmod(0o755)
        done = self.mqtrack("hunt", "--json", *self.only("311.connect.disconnect"), "--", script)
        self.assertEqual([one["outcome"] for one in json.loads(done.stdout)["operations"]], ["clean"])

    def test_a_broker_that_floods_is_heard_out_for_so_long_and_no_longer(self):
        port, script = processes.free_port(), self.folder / "flood.py"
        script.write_text("""import socket, sys, threading
def flood(client):
    try:
        client.recv(1000)
        client.sendall(b"\\x20\\x02\\0\\0")
        while True:
            client.sendall(b"\\x30\\x05\\0\\1ahi" * 1000)
    except OSError:
        pass
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        threading.Thread(target=flood, args=(server.accept()[0],), daemon=True).start()
""", encoding="utf-8")
        done = self.mqtrack("hunt", *self.only("311.connect.disconnect"), "--address", f"127.0.0.1:{port}", "--",
                            sys.executable, script, port, expect=3)
        self.assertRegex(done.stderr, "15 s")

    def test_what_was_found_before_a_broker_could_not_be_started_again_stays(self):
        port, started, config = processes.free_port(), self.folder / "started", self.folder / "own.conf"
        # What the plugin leaves to others would be denied without others.
        (self.folder / "all").write_text("topic readwrite #\n", encoding="utf-8")
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nacl_file {self.folder}/all\nuser root\n"
                          f"plugin {PROGRAMS}/hunted_crashing.so\n", encoding="utf-8")
        script = self.folder / "once.sh"
        script.write_text(f"#!/bin/sh\n[ -e {started} ] && {{ echo once is enough; exit 7; }}\n> {started}\n"
                          f"exec {find_program('mosquitto')} -c {config}\n", encoding="utf-8")
        script.chmod(0o755)
        done = self.mqtrack("hunt", "--json", "--address", f"127.0.0.1:{port}", *self.only("311.publish.qos2.empty",
                            "311.publish.qos2.large", "311.publish.qos2.received-at-qos2"), "--", script, expect=1)
        found = json.loads(done.stdout)
        self.assertFalse(found["complete"])
        self.assertIn("exit code 7 before it listened: once is enough", found["cut_short"])
        self.assertIn("exit code 7", done.stderr)
        outcomes = {one["name"].removeprefix("311.publish.qos2."): one["outcome"] for one in found["operations"]}
        self.assertEqual(outcomes, {"empty": "clean", "large": "crash", "received-at-qos2": "not tried"})

    def test_a_target_that_does_not_listen_there_is_said(self):
        broker, nobody = self.recorded_broker(), processes.free_port()
        done = self.mqtrack("hunt", "--target", broker.pid, "--address", f"127.0.0.1:{nobody}", expect=3)
        self.assert_one_clear_line(done, "not let in", str(nobody), "refused")

    def test_what_cannot_be_tried_has_not_passed(self):
        broker = self.recorded_broker()
        done = self.mqtrack("hunt", "--json", "--target", broker.pid, "--address", f"127.0.0.1:{broker.port}",
                            *self.only("311.connect.disconnect", "311.tls.disconnect", "tls.psk"))
        result = json.loads(done.stdout)
        outcomes = {one["name"]: one["outcome"] for one in result["operations"]}
        self.assertEqual(outcomes, {"311.connect.disconnect": "clean", "311.tls.disconnect": "not tried",
                                    "tls.psk": "not tried"})
        self.mqtrack("hunt", "--target", broker.pid, "--address", f"127.0.0.1:{broker.port}", "--only", "tls.psk",
                     expect=3)

    def test_formats(self):
        words = [*self.only("311.connect.wrong-password", "311.connect.disconnect", "tls.psk"), "--rounds", "4"]
        config = self.folder / "leaky.conf"
        config.write_text(f"plugin {PROGRAMS}/hunted_leaky.so\n", encoding="utf-8")
        behind = ["--", find_program("mosquitto"), "-c", config]
        text = self.mqtrack("hunt", *words, *behind, expect=1).stdout
        self.assertRegex(text, r"311\.connect\.wrong-password +101 bytes in 1 object +OnWrongPassword +hunted_plugin\.c:\d+ +leak")
        self.assertIn("Not tried, so not passed:\n  tls.psk: ", text)
        self.assertTrue(text.endswith("\nWhat it may mean:\n  docs/hunt_findings.md#connect\n"), text)
        junit = self.mqtrack("hunt", *words, "--format", "junit", *behind, expect=1).stdout
        self.assertIn('<failure type="leak" message="leak: 101 bytes in 1 object a round at OnWrongPassword', junit)
        self.assertIn("<skipped", junit)
        github = self.mqtrack("hunt", *words, "--format", "github", *behind, expect=1).stdout
        self.assertRegex(github, r"::error file=.*hunted_plugin\.c,line=\d+,title=leak in 311\.connect\.wrong-password::")

    def begun_hunt(self, *words):
        """A hunt of the whole catalogue, in a process group of its own, with its broker: both are under way."""
        broker = find_program("mosquitto")
        hunt = self.start("hunt", "setsid", paths.MQTRACK, "hunt", *words, "--", broker,
                          env={**self.environment, "TMPDIR": str(self.folder)})

        def brokers():
            return [pid for pid in processes.children_of(hunt.pid) if processes.command_of(pid).startswith(broker)]

        def guards():
            return [pid for pid in processes.children_of(hunt.pid) if processes.name_of(pid) == "mqtrack-guard"]

        wait_until("a broker and its guard", lambda: len(brokers()) == 1 and guards() and any(self.log_dir.iterdir()))
        return hunt, processes.children_of(hunt.pid)

    def test_an_interrupted_hunt_says_what_it_has_not_tried(self):
        result = self.folder / "result.json"
        hunt, children = self.begun_hunt("--json", "-o", result, "-j", "1", "--only", "31.connect.*", "--only", "5.connect.*")
        # As ^C does: all that is in the foreground gets it. The broker does not, or it would be a crash.
        os.killpg(hunt.pid, signal.SIGINT)
        self.assertEqual(hunt.wait(), 3, hunt.text())
        self.assertIn("ended early: it was interrupted", hunt.text())
        found = json.loads(result.read_text(encoding="utf-8"))
        self.assertFalse(found["complete"])
        self.assertEqual(found["counts"]["crash"], 0)
        self.assertEqual(found["operations"][-1]["outcome"], "not tried")
        self.assertEqual(found["program"], "mosquitto")
        self.assertEqual([pid for pid in children if processes.is_alive(pid)], [])
        self.assertEqual([file.name for file in self.log_dir.rglob("*") if file.is_file()], [], "logs are left")
        self.assertEqual([folder.name for folder in self.folder.glob("mqtrack-*")], [], "folders are left")

    def test_a_killed_hunt_leaves_no_broker_and_no_folder(self):
        hunt, children = self.begun_hunt("-j", "1")
        self.assertNotEqual(list(self.folder.glob("mqtrack-hunt-*/key.pem")), [])
        hunt.process.kill()
        wait_until("the broker and its guard to end", lambda: not any(processes.is_alive(pid) for pid in children))
        wait_until("the folder with the key to go", lambda: not list(self.folder.glob("mqtrack-hunt-*")))

    def test_a_broker_that_never_answers_keeps_nobody_waiting(self):
        port = processes.free_port()
        # It takes connections, and says nothing, as a server of another protocol may.
        mute = f"import socket\ns = socket.create_server(('127.0.0.1', {port}))\nheld = []\nwhile True: held.append(s.accept())\n"
        hunt = self.start("mute", paths.MQTRACK, "hunt", "--address", f"127.0.0.1:{port}", "--only", "311.connect.w*", "--",
                          sys.executable, "-c", mute, env={**self.environment, "TMPDIR": str(self.folder)})
        wait_until("the observer to be connected", lambda: processes.is_connected(port))
        os.kill(hunt.pid, signal.SIGTERM)
        self.assertEqual(hunt.wait(), 3, hunt.text())
        # It would be said after 15 s that nobody answered.
        self.assertIn("it was interrupted", hunt.text())
        self.assertNotIn("has not answered", hunt.text())

    def test_the_command_that_repeats_one_can_be_run(self):
        folder = self.folder / "a folder's"
        folder.mkdir()
        config = folder / "leaky.conf"
        config.write_text(f"plugin {PROGRAMS}/hunted_leaky.so\n", encoding="utf-8")
        text = self.mqtrack("hunt", "--only", "311.connect.wrong-password", "--rounds", "4", "--log-dir", self.log_dir, "--",
                            find_program("mosquitto"), "-c", config, expect=1).stdout
        command = re.search("To repeat one:\n  (.*)\n", text).group(1)
        self.assertIn("--keep", command)
        path = f"{pathlib.Path(paths.MQTRACK).parent}:{os.environ['PATH']}"
        done = subprocess.run(["sh", "-c", command], env={**self.environment, "PATH": path}, cwd=self.folder, timeout=300,
                              capture_output=True, text=True, check=False)
        kept = int(re.search(r"pid (\d+) is left running .*, with its files in (/\S+)", done.stderr).group(1))
        self.addCleanup(shutil.rmtree, re.search(r"files in (/\S+)", done.stderr).group(1), ignore_errors=True)
        self.addCleanup(processes.end, kept)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stdout, r"311\.connect\.wrong-password +101 bytes in 1 object +OnWrongPassword")
        self.assertTrue(processes.is_alive(kept))

    def test_who_is_not_on_this_machine_is_refused(self):
        done = self.mqtrack("hunt", "--address", "192.0.2.1:1883", "--", "true", expect=2)
        self.assertIn("--allow-remote", done.stderr)

    def test_options_that_mean_nothing_are_refused(self):
        for words in (("--upstream", ":1883", "--", "mosquitto"), ("--patience", "5", "--", "mosquitto"),
                      ("--target", "1", "--address", ":1883", "--keep"),
                      ("--address", ":1883", "--jobs", "2", "--", "broker"), ("--keep", "-j", "2", "--", "mosquitto"),
                      ("-o", "hunt.json", "--", "mosquitto"), ("--json", "-o", "hunt.xml", "--", "mosquitto")):
            with self.subTest(words):
                self.assert_one_clear_line(self.mqtrack("hunt", *words, expect=2))

    def test_words(self):
        self.assertIn("sends 10", self.mqtrack("hunt", "--bytes", "311.connect.disconnect").stdout)
        listing = self.mqtrack("hunt", "--list", "*.publish.qos1.*").stdout.split()
        self.assertIn("5.publish.qos1.to-five", listing)
        self.mqtrack("hunt", "--list", "nothing", expect=2)
        self.mqtrack("hunt", expect=2)
        self.assertIn("did you mean 311.connect.disconnect?",
                      self.mqtrack("hunt", "--bytes", "311.connect.disconect", expect=2).stderr)
        self.mqtrack("hunt", "--only", "311.connect.disconect", "--", "mosquitto", expect=2)


if __name__ == "__main__":
    unittest.main()
