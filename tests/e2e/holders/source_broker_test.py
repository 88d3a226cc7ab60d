"""Names along the chains of a mosquitto that was built from the distribution's source with debug information."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from harness.broker import Broker
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient

SESSIONS, MESSAGES = 50, 200
BUILD = ("make", "-C", "src", "CFLAGS=-g -O1", "WITH_TLS=no", "WITH_CJSON=no", "WITH_DOCS=no", "WITH_WRAP=no", "WITH_SYSTEMD=no",
         "WITH_STATIC_LIBRARIES=no", "mosquitto")


class SourceBrokerTest(EndToEnd):
    def source(self):
        """The folder of mosquitto's source, from apt with lists of its own: those of the machine stay as they are."""
        if os.environ.get("MQTRACK_LONG_TESTS") != "1":
            self.skipTest("it fetches and builds mosquitto: set MQTRACK_LONG_TESTS=1")
        if shutil.which("apt-get") is None:
            self.skipTest("there is no apt-get to fetch mosquitto's source with")
        parts, lists = self.folder / "sources", self.folder / "lists"
        parts.mkdir()
        (lists / "partial").mkdir(parents=True)
        for file in pathlib.Path("/etc/apt/sources.list.d").glob("*.sources"):
            (parts / file.name).write_text(re.sub(r"(?m)^Types:.*$", "Types: deb-src", file.read_text()))
        for file in [pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("*.list")]:
            if file.exists():
                (parts / f"{file.stem}.list").write_text(re.sub(r"(?m)^deb ", "deb-src ", file.read_text()))
        options = ("-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={parts}", "-o", f"Dir::State::lists={lists}",
                   "-o", "APT::Sandbox::User=root", "-o", f"Dir::Cache={self.folder}/cache")
        (self.folder / "cache/archives/partial").mkdir(parents=True)
        for command in (("update",), ("source", "--download-only", "mosquitto")):
            done = subprocess.run(["apt-get", *options, *command], cwd=self.folder, capture_output=True, text=True, timeout=600)
            if done.returncode != 0:
                self.skipTest(f"mosquitto's source cannot be had: {done.stderr.strip()[-200:]}")
        archive = next(self.folder.glob("mosquitto_*.orig.tar.*"))
        shutil.unpack_archive(archive, self.folder / "source")
        return next((self.folder / "source").iterdir())

    def test_names_of_chains(self):
        source = self.source()
        subprocess.run(BUILD, cwd=source, check=True, capture_output=True, timeout=1800)
        self.environment["PATH"] = f"{source}/src:{self.environment['PATH']}"
        saved = os.environ["PATH"]
        os.environ["PATH"] = self.environment["PATH"]  # that is where the harness looks for the broker
        self.addCleanup(os.environ.__setitem__, "PATH", saved)
        broker = Broker(self, prefix=self.recorded(), config=["user root"])
        for number in range(SESSIONS):
            with MqttClient(broker.port, f"pump{number}", keep_session=True) as client:
                client.subscribe("room/#")
        with MqttClient(broker.port, "publisher") as client:
            for number in range(MESSAGES):
                client.publish("room/1", b"a payload, number %04d" % number)
        report = json.loads(self.mqtrack("why", broker.pid, "--site", "db__message_insert", "--json", "-n", "0").stdout)
        queues = report["chains"][0]
        self.assertEqual((queues["root"]["kind"], queues["root"]["variable"], queues["root"]["file"]),
                         ("global variable", "db", "mosquitto.c"))
        self.assertEqual([(step["member"], step["type"], step["blocks"], step["client_count"]) for step in queues["steps"]],
                         [("contexts_by_id", "struct mosquitto", SESSIONS, SESSIONS),
                          ("msgs_out.queued", "struct mosquitto_client_msg", SESSIONS * MESSAGES, 0)])
        self.assertTrue(all(step["holds_alone"] for step in queues["steps"]))
        text = self.mqtrack("why", broker.pid, "--client", "pump7").stdout
        self.assertIn('-> contexts_by_id -> client "pump7" (struct mosquitto)\n', text)
        self.assertIn(f"-> msgs_out.queued -> {MESSAGES} x struct mosquitto_client_msg, linked by next or prev\n", text)
        self.assertIn("Every way to them leads through client \"pump7\": freed with it.", text)
        holders = self.folder / "holders.json"
        self.mqtrack("report", broker.pid, "--format", "holders", "-o", holders)
        boxes = json.loads(holders.read_text())["holders"]
        entries = [box for box in boxes if box["name"] == "msgs_out.queued (struct mosquitto_client_msg)"]
        self.assertEqual([box["blocks"] for box in entries], [MESSAGES] * SESSIONS)
        for box in entries:
            session = boxes[box["held_by"]]
            self.assertEqual((session["name"], boxes[session["held_by"]]["kind"]), ("struct mosquitto", "client"))


if __name__ == "__main__":
    unittest.main()
