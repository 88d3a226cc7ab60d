"""A broker's own figures below $SYS beside its snapshots: with and without them, TLS, a password, a broker that is away."""
import json
import subprocess
import unittest

from harness.broker import Broker, certificate
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import find_program
from harness.processes import accepts, free_port
from harness.waiting import wait_until

TELLS = "sys_interval 1"
GOES_ON = "going on without what it says of itself"


class BrokerWitnessTest(EndToEnd):
    def url(self, broker):
        return f"mqtt://127.0.0.1:{broker.port}"

    def snapshot_beside(self, broker, name, *options, url=None):
        """A snapshot, and what was said of it."""
        file = self.folder / f"{name}.pb.gz"
        done = self.mqtrack("snapshot", broker.pid, "-o", file, "--broker", url or self.url(broker), *options)
        return file, done.stderr

    def figures(self, file):
        return json.loads(self.mqtrack("top", file, "--format", "json", "-n", "0").stdout).get("mqtt_sys")

    def wait_for(self, broker, check, *options, url=None):
        """The newest snapshot of which the figures are as `check` wants them; the broker renews them each second."""
        kept = {}

        def fits():
            kept["file"], said = self.snapshot_beside(broker, "newest", *options, url=url)
            self.assertNotIn(GOES_ON, said.replace("it began a moment ago; " + GOES_ON, ""))
            kept["figures"] = self.figures(kept["file"])
            return kept["figures"] is not None and check(kept["figures"])
        wait_until("the broker's figures", fits)
        return kept["figures"]

    def queue(self, broker, count):
        with MqttClient(broker.port, "publisher") as client:
            for number in range(count):
                client.publish("pumps/7", b"message %04d" % number)

    def away(self, broker):
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("pumps/#")

    def test_figures_of_snapshots_and_what_diff_says(self):
        broker = self.recorded_broker(config=[TELLS])
        self.away(broker)
        before = self.wait_for(broker, lambda now: now["subscriptions"] == 1 and now["clients_total"] >= 1)
        (self.folder / "newest.pb.gz").rename(self.folder / "before.pb.gz")
        self.queue(broker, 200)
        now = self.wait_for(broker, lambda now: now["stored"] - now["retained"] >= 200)
        self.assertLess(before["stored"] - before["retained"], 200)
        table = self.mqtrack("diff", "before.pb.gz", "newest.pb.gz").stdout
        line = next(line for line in table.splitlines() if line.startswith("  $SYS"))
        self.assertIn(f"{now['stored']} stored messages (+", line)
        self.assertIn("The broker's $SYS: ", self.mqtrack("diff", "before.pb.gz", "newest.pb.gz", "--format",
                                                          "markdown").stdout)
        listed = json.loads(self.mqtrack("diff", "before.pb.gz", "newest.pb.gz", "--format", "json").stdout)["mqtt_sys"]
        self.assertEqual((listed["base_stored"], listed["stored"]), (before["stored"], now["stored"]))

    def test_a_diagnosis_with_it(self):
        broker = self.recorded_broker(config=[TELLS])
        self.away(broker)
        self.wait_for(broker, lambda now: "stored" in now)
        folder = self.folder / "series"
        folder.mkdir()
        for number in range(5):
            def renewed(now, number=number):
                return now["stored"] - now["retained"] >= 40 * number
            self.wait_for(broker, renewed)
            (self.folder / "newest.pb.gz").rename(folder / f"{number}.pb.gz")
            self.queue(broker, 40)
        done = self.mqtrack("diagnose", folder)
        self.assertIn("\n  $SYS ", done.stdout)
        self.assertIn("more stored messages explain", " ".join(done.stdout.split()))
        report = json.loads(self.mqtrack("diagnose", folder, "--json", "-n", "0").stdout)
        self.assertGreaterEqual(report["mqtt_sys"]["stored"] - report["mqtt_sys"]["base_stored"], 150)
        page = self.folder / "page.html"
        self.mqtrack("diagnose", folder, "-o", page)
        self.assertIn("$SYS: ", page.read_text())

    def test_the_running_broker(self):
        broker = self.recorded_broker(config=[TELLS])
        self.wait_for(broker, lambda now: "stored" in now)
        done = self.mqtrack("diagnose", broker.pid, "--for", "4s", "--every", "1s", "--broker", self.url(broker))
        self.assertIn("\n  $SYS ", done.stdout)
        self.assertNotIn(GOES_ON, done.stderr)

    def assert_goes_on(self, broker, *words, url=None, options=()):
        """One sentence on why there are no figures, and the snapshot is there."""
        file, said = self.snapshot_beside(broker, "without", *options, url=url)
        told = [line for line in said.splitlines() if GOES_ON in line]
        self.assertEqual(len(told), 1, said)
        for word in words:
            self.assertIn(word, told[0])
        self.assertIsNone(self.figures(file))

    def test_a_broker_without_figures_and_one_that_is_away(self):
        broker = self.recorded_broker(config=["sys_interval 0"])
        self.assert_goes_on(broker, "no figures below $SYS", "sys_interval")
        self.assert_goes_on(broker, "no connection", url=f"mqtt://127.0.0.1:{free_port()}")
        self.assert_goes_on(broker, "no connection", url=f"unix:{self.folder}/nothing")
        self.start("work", find_program("mosquitto_pub"), "-p", broker.port, "-t", "work", "-m", "x", "--repeat", 6000,
                   "--repeat-delay", 0.1)
        done = self.mqtrack("diagnose", broker.pid, "--for", "3s", "--every", "1s", "--broker", self.url(broker))
        self.assertEqual(done.stderr.count(GOES_ON), 1, done.stderr)

    def test_a_password(self):
        passwords, secret = self.folder / "passwords", self.folder / "secret"
        subprocess.run([find_program("mosquitto_passwd"), "-c", "-b", passwords, "gw7", "s3cret word"], check=True)
        passwords.chmod(0o644)
        broker = self.recorded_broker(config=[TELLS, f"password_file {passwords}", "allow_anonymous false"])
        self.assert_goes_on(broker, "refuses", "MQTRACK_MQTT_PASSWORD")
        secret.write_text("s3cret word\n")
        secret.chmod(0o600)
        to = f"mqtt://gw7@127.0.0.1:{broker.port}"
        self.assertIn("stored", self.wait_for(broker, lambda now: True, "--password-file", secret, url=to))
        self.environment["MQTRACK_MQTT_PASSWORD"] = "wrong"
        self.assert_goes_on(broker, "refuses", url=to)
        self.environment["MQTRACK_MQTT_PASSWORD"] = "s3cret word"
        self.assertIn("stored", self.wait_for(broker, lambda now: True, url=to))

    def test_tls_and_a_socket_of_unix(self):
        key, file = certificate(self.folder, "broker")
        _, other = certificate(self.folder, "other")
        port = free_port()
        config = [TELLS, f"listener {port} 127.0.0.1", f"certfile {file}", f"keyfile {key}"]
        broker = self.recorded_broker(config=config)
        wait_until("the broker to listen with TLS", lambda: accepts(port))
        to = f"mqtts://127.0.0.1:{port}"
        self.assertIn("stored", self.wait_for(broker, lambda now: True, "--cafile", file, url=to))
        self.assert_goes_on(broker, "no connection", url=to, options=("--cafile", other))
        socket = self.folder / "open" / "socket"
        socket.parent.mkdir()
        socket.parent.chmod(0o777)  # the broker becomes another user
        local = Broker(self, config=[TELLS, f"listener 0 {socket}"])
        wait_until("the socket", socket.exists)
        self.assertIn("stored", self.wait_for(broker, lambda now: True, url=f"unix:{socket}"))
        local.stop()

    def test_what_is_refused(self):
        for options, words in ((("--broker", "mqtt://user:pw@host"), ("seen by everybody", "--password-file")),
                               (("--broker", "http://host"), ("mqtt://",)),
                               (("--broker", "mqtt://host/prefix"), ("path",)),
                               (("--broker", "mqtt://host", "--cafile", "x"), ("mqtts://",)),
                               (("--broker", "mqtt://me@host", "--password-file", "nothing"), ("nothing",)),
                               (("--cafile", "x"), ("--broker",))):
            for verb in ("snapshot", "diagnose"):
                done = self.mqtrack(verb, "mosquitto", *options, expect=2)
                self.assert_one_clear_line(done, *words)


if __name__ == "__main__":
    unittest.main()
