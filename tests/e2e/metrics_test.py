"""`mqtrack metrics`: what is served is what the catalogue lists, in formats that Prometheus reads, and the figures agree
with those of the other commands and of the kernel."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import PROGRAMS
from harness.waiting import wait_until

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/metrics.md"
SAMPLE = re.compile(r'^(?P<name>[a-z_]+)(\{(?P<labels>[^}]*)\})? (?P<value>\S+)$')


def read(text):
    """Samples by name: pairs of labels and value."""
    samples = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        found = SAMPLE.match(line)
        labels = dict(re.findall(r'(\w+)="([^"]*)"', found["labels"] or ""))
        samples.setdefault(found["name"], []).append((labels, float(found["value"])))
    return samples


def documented():
    rows = [line.strip().strip("|").split("|") for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    return {row[0].strip().strip("`"): [cell.strip() for cell in row[1:]] for row in rows}


class MetricsTest(EndToEnd):
    def metrics(self, *arguments):
        return self.mqtrack("metrics", *arguments).stdout

    def one(self, samples, name, **labels):
        found = [value for given, value in samples[name] if labels.items() <= given.items()]
        self.assertEqual(len(found), 1, (name, labels, samples[name]))
        return found[0]

    def assert_documented(self, text):
        """Name, type, unit and meaning of every family are those of the document."""
        rows = documented()
        families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
        self.assertTrue(families)
        for name, kind in families:
            sample = name + {"counter": "_total", "info": "_info"}.get(kind, "")
            self.assertIn(sample, rows)
            self.assertEqual(rows[sample][0], kind, name)
            unit = re.search(rf"^# UNIT {name} (\S+)$", text, re.M)
            self.assertEqual(rows[sample][1], unit[1] if unit else "", name)
            self.assertEqual(rows[sample][3], re.search(rf"^# HELP {name} (.*)$", text, re.M)[1].replace('\\"', '"'))
        for name, samples in read(text).items():
            for labels, _ in samples:
                self.assertLessEqual(set(labels) - {"process"}, set(rows[name][2].split()), name)

    def test_the_document_lists_every_name(self):
        table = self.metrics("--list")
        self.assertIn(table, DOCUMENT.read_text(), "docs/metrics.md must hold what mqtrack metrics --list prints")

    def test_a_process_that_is_named_twice_is_told_once(self):
        broker = self.recorded_broker()
        log, = self.log_dir.glob(f"{broker.pid}-*.log")
        samples = read(self.metrics(broker.pid, "mosquitto", log, broker.pid))
        self.assertEqual([labels for labels, _ in samples["mqtrack_inuse_space_bytes"]], [{"process": "mosquitto"}])

    def test_of_a_broker(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "secret-client") as client:
            client.subscribe("secret/other")
            for _ in range(5):
                client.publish("secret/topic", b"x" * 100, retain=True)
            text = self.metrics(broker.pid)
            samples = read(text)
            self.assert_documented(text)
            self.assertTrue(text.endswith("\n# EOF\n"))
            self.assertNotIn("secret", text)
            self.assertEqual(self.one(samples, "mqtrack_up"), 1)
            self.assertEqual(self.one(samples, "mqtrack_target_info", pid=str(broker.pid), mode="exact"), 1)
            self.assertEqual(self.one(samples, "mqtrack_broker_connected"), 1)
            self.assertEqual(self.one(samples, "mqtrack_broker_retained"), 1)
            self.assertEqual(self.one(samples, "mqtrack_mqtt_packets_total", type="PUBLISH", direction="received"), 5)
            self.assertEqual(self.one(samples, "mqtrack_recorder_losses_total"), 0)
        status = pathlib.Path(f"/proc/{broker.pid}/status").read_text()
        self.assertEqual(self.one(samples, "process_threads"), int(re.search(r"Threads:\s+(\d+)", status)[1]))
        self.assertEqual(self.one(samples, "process_open_fds"), self.one(samples, "mqtrack_fds"))
        self.assertGreater(self.one(samples, "process_resident_memory_bytes"), 1 << 20)
        self.assertLess(abs(self.one(samples, "process_start_time_seconds") -
                            pathlib.Path(f"/proc/{broker.pid}").stat().st_ctime), 300)

    def test_agrees_with_list_and_with_a_snapshot(self):
        broker = self.recorded_broker()
        snapshot = self.snapshot(broker.pid, "now")
        of_file = read(self.metrics(snapshot))
        top = json.loads(self.mqtrack("top", snapshot, "--format", "json", "-n", "0").stdout)
        self.assertEqual(self.one(of_file, "mqtrack_inuse_space_bytes"), top["total"]["value"])
        self.assertNotIn("process_cpu_seconds_total", of_file)

    def test_json(self):
        broker = self.recorded_broker()
        document = json.loads(self.metrics(broker.pid, "--format", "json", "--sites", "3"))
        self.assertEqual(document["schema"], "mqtrack-metrics/1")
        target, = document["targets"]
        self.assertEqual(target["process"], "mosquitto")
        self.assertGreater(target["figures"]["mqtrack_inuse_space_bytes"], 0)
        sites = target["figures"]["mqtrack_site_bytes"]
        self.assertLessEqual(len(sites), 4)
        self.assertEqual(sum(row["value"] for row in sites), target["figures"]["mqtrack_inuse_space_bytes"])
        self.assertFalse([row for row in sites if "0x" in row["labels"]["site"]])

    def test_what_is_not_recorded_is_left_out(self):
        sleeper = self.start("sleeper", *self.recorded("--without", "threads"), "sleep", "600")
        pid = wait_until("the process", lambda: next((row["pid"] for row in json.loads(
            self.mqtrack("list", "--format", "json").stdout)["processes"] if row["name"] == "sleep"), None))
        samples = read(self.metrics(pid))
        self.assertNotIn("mqtrack_threads", samples)
        self.assertIn("process_threads", samples)
        sleeper.stop()

    def test_refusals(self):
        self.assert_one_clear_line(self.mqtrack("metrics", expect=2), "name a service")
        self.assert_one_clear_line(self.mqtrack("metrics", "no-such-service", expect=3), "no-such-service")

    @unittest.skipUnless(shutil.which("promtool"), "promtool (package prometheus) is not installed")
    def test_promtool_finds_nothing(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "one") as client:
            client.subscribe("news")
            text = self.metrics(broker.pid, "--format", "prometheus", "--sites", "5")
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                                 timeout=300, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
        self.assertNotIn("# EOF", text)

    @unittest.skipUnless((PROGRAMS / "go_service").exists(), "go (package golang-go) was not installed for the build")
    def test_of_a_go_service(self):
        service = self.start("go_service", PROGRAMS / "go_service")
        url = wait_until("the service's address", lambda: service.out.read_text().strip())
        samples = read(self.metrics(url))
        self.assertEqual(self.one(samples, "mqtrack_up", process=url.split("//")[1]), 1)
        self.assertGreaterEqual(self.one(samples, "mqtrack_goroutine"), 1)
        self.assertIn("mqtrack_alloc_space_bytes_total", samples)


if __name__ == "__main__":
    sys.exit(unittest.main())
