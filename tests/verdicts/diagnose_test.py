"""mqtrack diagnose on the distribution's broker: a real leak beside the state that it looks like, watched and as files."""
import json
import os
import re
import signal
import subprocess
import threading
import unittest

from harness import paths
from harness.broker import Broker
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.waiting import wait_until


class DiagnoseTest(EndToEnd):
    def work(self, port, number, queued=30, cleared=10):
        """A round: messages for pump7, who is away, and topics that get a message and lose it again."""
        with MqttClient(port, "publisher") as client:
            for i in range(queued + 5 * (number % 3)):
                client.publish("pumps/7", b"message %04d" % i)
            for i in range(cleared):
                client.publish(f"gone/{number}/{i}", b"kept for a moment", retain=True)
                client.publish(f"gone/{number}/{i}", b"", retain=True)

    def series(self, broker, rounds, **work):
        """A folder of snapshots, one before the first round and one after each but the last."""
        folder = self.folder / "series"
        folder.mkdir()
        for number in range(rounds):
            self.mqtrack("snapshot", broker.pid, "-o", folder / f"{number:02}.pb.gz", "--wait-idle", "60")
            self.work(broker.port, number, **work)
        return folder

    def diagnose(self, *arguments, expect):
        report = json.loads(self.mqtrack("diagnose", *arguments, "--json", "-n", "0", expect=expect).stdout)
        self.assertEqual(report["schema"], "mqtrack-diagnosis/1")
        self.assertEqual(report["has_leak"], expect == 1)
        return report

    def sites(self, report, verdict):
        return [site for site in report["verdicts"] if site["verdict"] == verdict]

    def check_leak_and_queue(self, report):
        first = report["verdicts"][0]
        self.assertIn(first["verdict"], ("leak", "lost"))
        self.assertEqual(first["caller"] or first["function"], "retain__store")
        self.assertEqual([site["caller"] or site["function"] for site in report["verdicts"]
                          if site["verdict"] in ("leak", "lost") and site["kind"] == "inuse_space"], ["retain__store"])
        queued = [site for site in self.sites(report, "backlog") if any("pump7" in line for line in site["evidence"])]
        self.assertIn("db__message_insert", [site["function"] for site in queued])
        self.assertIn("handle__publish", [site["function"] for site in queued])

    def test_a_leak_beside_a_queue(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("pumps/#")
        folder = self.series(broker, 6)
        page = self.folder / "page.html"
        self.assertEqual(self.mqtrack("diagnose", folder, "-o", page, expect=1).stdout, f"{page}\n")
        # As files and the process, which is looked at last.
        report = self.diagnose(folder, broker.pid, expect=1)
        self.check_leak_and_queue(report)
        self.assertEqual(len(report["snapshots"]), 7)
        self.assertGreater(report["work"]["received"]["PUBLISH"], 200)
        text = self.mqtrack("diagnose", folder, broker.pid, expect=1).stdout
        self.assertIn("wait for a client that is offline: pump7", text)
        self.assertRegex(text, r"mqtrack why \d+ --site")
        self.assertNotIn("\n\n\n", text)

    def test_a_diff_of_files_says_what_waits_and_for_whom(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("pumps/#")
        self.work(broker.port, 0)  # what is made once
        before = self.snapshot(broker.pid, "before")
        self.work(broker.port, 1, queued=2000, cleared=30)
        after = self.snapshot(broker.pid, "after")
        table = json.loads(self.mqtrack("diff", before, after, "--format", "json", "-n", "0").stdout)
        grown = [site for site in table["sites"] if site["growth"] > 0]
        verdicts = {site["caller"] or site["function"]: site["verdict"] for site in grown if "verdict" in site}
        for function in ("handle__publish", "db__message_insert"):
            self.assertEqual(verdicts[function]["name"], "backlog", verdicts)
            self.assertIn("which a client has asked for that is offline: pump7", verdicts[function]["evidence"][0])
        self.assertEqual(verdicts["retain__store"]["name"], "inconclusive", "two snapshots decide no leak")
        # What is state comes last, though it is nearly all of it.
        names = [site.get("verdict", {}).get("name", "inconclusive") for site in grown]
        self.assertEqual(names, sorted(names, key=["inconclusive", "backlog"].index))
        text = self.mqtrack("diff", before, after).stdout
        self.assertRegex(text, r"means {1,2}\d+ inconclusive \([^)]*\), \d+ backlog \(")
        self.assertIn("VERDICT", text)
        self.assertIn("mqtrack diagnose", text)
        markdown = self.mqtrack("diff", before, after, "--format", "markdown").stdout
        self.assertIn("| Verdict |", markdown)
        self.assertIn("pump7", markdown)
        # What is expected is none of this.
        taught = self.folder / "taught"
        taught.write_text("cache retain__ 1MiB\ncache ^mosquitto+ 1MiB\n")
        text = self.mqtrack("diff", before, after, "--expect", taught).stdout
        self.assertIn("meant to grow to 1 MiB", text)
        taught.write_text("cash retain__ 1MiB\n")
        self.assert_one_clear_line(self.mqtrack("diff", before, after, "--expect", taught, expect=2), f"{taught}:1",
                                   "cache PutInLru 64MiB")

    def test_the_gate_lets_state_pass_and_no_leak(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("pumps/#")
        folder = self.series(broker, 6)
        gate = ["gate", folder, "--fail-on", "lost,leak"]
        done = self.mqtrack(*gate, expect=1).stdout
        self.assertIn("none of lost, leak", done)
        self.assertIn("retain__store", done)
        self.assertNotIn("db__message_insert", done)
        report = json.loads(self.mqtrack(*gate, "--format", "json", expect=1).stdout)
        check, = [check for check in report["checks"] if not check["passed"]]
        self.assertEqual((check["kind"], check["sample_type"]), ("verdict", "inuse_space"))
        self.assertTrue(check["sites"][0]["verdict"].startswith("leak: "))
        for form in ("junit", "github", "markdown"):
            self.assertIn("leak: ", self.mqtrack(*gate, "--format", form, expect=1).stdout)
        # A plain limit counts state as well.
        self.mqtrack("gate", folder, "--max-growth", "0", expect=1)
        ignored = [word for site in check["sites"] for word in ("--ignore", f"^{site['function']}$")]
        self.assertIn("no site", self.mqtrack(*gate, *ignored, expect=0).stdout)
        files = sorted(folder.iterdir())
        done = self.mqtrack("gate", *files[:3], "--fail-on", "leak", expect=3).stdout
        self.assertIn("four snapshots", done)
        self.assertIn("four snapshots", self.mqtrack("gate", "--base", files[0], files[1], "--fail-on", "leak", expect=3).stdout)
        config = self.folder / "gate.json"
        config.write_text('{"fail_on": ["leek"]}')
        self.assert_one_clear_line(self.mqtrack("gate", folder, "--config", config, expect=2), "leek", "did you mean leak?")

    def test_the_gate_says_what_it_could_not_judge(self):
        """Files alone do not tell a queue from a leak for each PUBLISH, if the client that is away wants everything."""
        broker = self.recorded_broker()
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("#")
        folder = self.series(broker, 6, cleared=0)
        done = self.mqtrack("gate", folder, "--fail-on", "lost,leak", expect=0).stdout
        self.assertRegex(done, r"warning: \d+ sites? could not be judged, and passed: \S+ .*; --fail-on inconclusive fails on such")
        self.mqtrack("gate", folder, "--fail-on", "lost,leak,inconclusive", expect=1)
        self.assertNotIn("could not be judged", self.mqtrack("gate", folder, "--fail-on", "leak", "--ignore", "*").stdout)

    def test_attached_for_as_long_as_it_watches(self):
        broker = Broker(self, config=["user root"])  # whose folder for logs it is
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("pumps/#")
        over = threading.Event()

        def keep_at_work():
            number = 0
            while not over.is_set():
                number += 1
                self.work(broker.port, number)

        worker = threading.Thread(target=keep_at_work)
        worker.start()
        try:
            done = self.mqtrack("diagnose", "--attach", broker.pid, "--for", "10s", "--every", "1s", expect=1)
        finally:
            over.set()
            worker.join()
        self.assertIn("retain__store", done.stdout)
        self.assertIn("detached from mosquitto", done.stderr)
        state, = [process["state"] for process in json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]]
        self.assertEqual(state, "detached")
        self.assert_one_clear_line(self.mqtrack("diagnose", "--attach", "a", "b", expect=2), "--attach", "one process")

    def test_it_is_watched(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("pumps/#")
        self.work(broker.port, 0)
        over = threading.Event()

        def keep_at_work():
            number = 1
            while not over.is_set():
                self.work(broker.port, number, queued=3, cleared=2)
                number += 1

        worker = threading.Thread(target=keep_at_work)
        worker.start()
        try:
            done = self.mqtrack("diagnose", broker.pid, "--for", "6s", "--every", "1s", "--json", expect=1)
        finally:
            over.set()
            worker.join()
        report = json.loads(done.stdout)
        self.check_leak_and_queue(report)
        self.assertIn("snapshot 1 of 7", done.stderr)
        self.assertIn("snapshot 7 of 7", done.stderr)
        self.assertGreater(report["looks"][0]["stood_still_nanoseconds"], 0)
        # Nothing is left behind.
        self.assertIn("alive", self.mqtrack("list").stdout)

    def test_it_is_interrupted(self):
        broker = self.recorded_broker()
        process = subprocess.Popen([paths.MQTRACK, "diagnose", str(broker.pid), "--for", "1h", "--every", "1s"],
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in range(1, 6):
            while f"snapshot {number} of" not in process.stderr.readline():
                pass
            self.work(broker.port, number)
        process.send_signal(signal.SIGINT)
        text, messages = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 1, messages)
        self.assertIn("judging what there is", messages)
        self.assertIn("LEAK", text)

    def test_what_makes_it_fail(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("pumps/#")
        folder = self.series(broker, 5)
        self.mqtrack("diagnose", folder, broker.pid, "--fail-on", "inconclusive,cache", expect=0)
        self.mqtrack("diagnose", folder, broker.pid, "--fail-on", "backlog", expect=1)
        done = self.mqtrack("diagnose", folder, "--fail-on", "leek", expect=2)
        self.assert_one_clear_line(done, "leek", "did you mean leak?")

    def test_the_log_of_a_broker_that_was_killed_and_never_looked_at(self):
        broker = Broker(self, prefix=self.recorded("--generations", "1s"))

        def generation():
            """Of the broker now; looking begins none."""
            said = self.mqtrack("snapshot", broker.pid, "-o", self.folder / "look.pb.gz", "--keep-generation").stderr
            return int(re.search(r"generation (\d+)", said).group(1))

        for number in range(8):  # the same work in each, however fast the machine is
            before = generation()
            self.work(broker.port, 3 * number, queued=0, cleared=20)
            wait_until("the next generation", lambda then=before: generation() > then)
        os.kill(broker.pid, signal.SIGKILL)
        log, = self.log_dir.glob("*.log")
        wait_until("the run to notice", lambda: "dead" in self.mqtrack("list").stdout)
        report = self.diagnose(log, expect=1)
        self.assertTrue(report["by_generations"])
        first = report["verdicts"][0]
        self.assertEqual((first["verdict"], first["caller"] or first["function"]), ("leak", "retain__store"))
        self.assertIn("by what is left of its generations 1 to", self.mqtrack("diagnose", log, expect=1).stdout)

    def test_an_idle_broker_decides_nothing(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "before") as client:
            client.publish("a", b"b")
        done = self.mqtrack("diagnose", broker.pid, "--for", "2s", "--every", "1s", expect=3)
        self.assertIn("a series needs three snapshots between which something was recorded", done.stderr)

    def test_what_cannot_be_judged(self):
        broker = self.recorded_broker()
        file = self.snapshot(broker.pid, "one")
        self.assert_one_clear_line(self.mqtrack("diagnose", file, expect=3), "three snapshots")
        self.assert_one_clear_line(self.mqtrack("diagnose", broker.pid, "--for", "soon", expect=2), "--for soon", "10m")
        self.assert_one_clear_line(self.mqtrack("diagnose", broker.pid, "--for", "10s", "--every", "9s", expect=2), "--every 9s")
        self.assert_one_clear_line(self.mqtrack("diagnose", "no-such-service", expect=2), "no-such-service")
        self.assert_one_clear_line(self.mqtrack("diagnose", broker.pid, "--for", "99999999999h", expect=2), "a year")
        # Before it watches, and not when it has.
        self.assert_one_clear_line(self.mqtrack("diagnose", broker.pid, "--for", "1h", "-o", "/nowhere/x.html", expect=2),
                                   "/nowhere is no folder that you may write to")
        self.assert_one_clear_line(self.mqtrack("diagnose", broker.pid, "--for", "1h", "-o", self.folder, expect=2),
                                   "is a directory")

    def test_a_service_that_becomes_another_program(self):
        turn = self.folder / "turn"
        script = self.folder / "service.sh"
        script.write_text(f"i=0\nwhile [ ! -e {turn} ]; do i=$((i + 1)); all=$all-$i; read -t 0.05 nothing <> {turn}.pipe; done\n"
                          f"exec bash -c 'read nothing <> {turn}.pipe'\n")
        os.mkfifo(f"{turn}.pipe")
        service = self.start("service", *self.recorded("--pid-file", self.folder / "pid"), "bash", script)
        wait_until("the service to run", lambda: (self.folder / "pid").exists() and (self.folder / "pid").read_text().strip())
        pid = (self.folder / "pid").read_text().strip()
        wait_until("its log", lambda: pid in self.mqtrack("list").stdout)
        process = subprocess.Popen([paths.MQTRACK, "diagnose", pid, "--for", "1h", "--every", "1s", "--no-look"],
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while "snapshot 5 of" not in process.stderr.readline():
            pass
        turn.touch()
        text, messages = process.communicate(timeout=300)
        service.stop()
        self.assertIn("the process runs another program now", messages)
        self.assertIn(process.returncode, (0, 1), messages)
        self.assertIn("snapshots over", text)


if __name__ == "__main__":
    unittest.main()
