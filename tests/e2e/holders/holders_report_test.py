"""mqtrack report --format holders: the same owners as mqtrack owners, as a graph, a flame graph, JSON and a profile."""
import collections
import json
import subprocess
import unittest
from xml.etree import ElementTree

from harness import go_pprof
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import PROGRAMS

SESSIONS, MESSAGES = 12, 100
HOSTILE = "<b>&amp;\"'</script>\u202e\\N]]>-->"


class HoldersReportTest(EndToEnd):
    def report(self, target, name, *options, expect=0, kind="holders"):
        file = self.folder / name
        self.mqtrack("report", target, "--format", kind, "-o", file, *options, expect=expect)
        return file

    def holders(self, target, *options):
        """The document, with what each owner holds: {its name: (blocks, bytes)}."""
        found = json.loads(self.report(target, "holders.json", *options).read_text())
        self.assertEqual(found["schema"], "mqtrack-holders/1")
        held, sums = found["holders"], collections.Counter()
        for number, box in enumerate(held):
            self.assertEqual(box["kind"] == "object", box["held_by"] is not None)
            for value in ("bytes", "blocks"):
                self.assertEqual(box[value], sum(maker[value] for maker in box["made_by"]))
                sums[number, value] += box[value]
        for number in reversed(range(len(held))):
            for value in ("bytes", "blocks"):
                self.assertEqual(sums[number, value], held[number]["held_" + value])
                sums[held[number]["held_by"], value] += sums[number, value]
        self.assertEqual((sums[None, "bytes"], sums[None, "blocks"]), (found["live"]["bytes"], found["live"]["blocks"]))
        return found, {box["name"]: (box["held_blocks"], box["held_bytes"]) for box in held if box["held_by"] is None}

    def make_sessions(self, port):
        for name in [f"pump{number}" for number in range(SESSIONS)] + [HOSTILE]:
            with MqttClient(port, name, keep_session=True) as client:
                client.subscribe("room/#")
        self.publish(port, MESSAGES)

    def publish(self, port, count):
        with MqttClient(port, "publisher") as client:
            for number in range(count):
                client.publish("room/1", b"a payload, number %04d" % number)

    def test_they_are_the_owners_of_the_stock_broker(self):
        broker = self.recorded_broker()
        self.make_sessions(broker.port)
        found, by_owner = self.holders(broker.pid)
        owners = json.loads(self.mqtrack("owners", broker.pid, "--json", "-n", "0").stdout)
        self.assertEqual(found["live"], owners["live"])
        for owner in owners["owners"]:
            if owner["kind"] == "client" and owner["name"] != HOSTILE:
                self.assertEqual(by_owner["client " + owner["name"]], (owner["blocks"], owner["bytes"]))
            elif owner["kind"] == "global":
                self.assertEqual(by_owner["global " + owner["name"]], (owner["blocks"], owner["bytes"]))
        queues = [box for box in found["holders"] if box["blocks"] == MESSAGES]
        self.assertGreaterEqual(len(queues), SESSIONS)

    def test_pictures(self):
        broker = self.recorded_broker()
        self.make_sessions(broker.port)
        for name, begins in (("h.png", b"\x89PNG"), ("h.pdf", b"%PDF"), ("h.dot", b"digraph"), ("h.svg", b"<?xml")):
            self.assertTrue(self.report(broker.pid, name).read_bytes().startswith(begins), name)
        subprocess.run(["dot", "-Tsvg", "-o", "/dev/null", self.folder / "h.dot"], check=True, timeout=300)
        text = (self.folder / "h.svg").read_text()
        self.assertIn(f"{SESSIONS + 1} MQTT clients", text)
        flame = self.report(broker.pid, "f.svg", kind="holders-flame")
        self.assertIn("client pump3", flame.read_text())
        for file in (self.folder / "h.svg", flame):
            names = {element.tag.rpartition("}")[2] for element in ElementTree.parse(file).iter()}
            self.assertLessEqual(names, {"svg", "style", "g", "title", "polygon", "path", "text", "a", "script", "rect",
                                         "ellipse", "defs", "tspan", "polyline", "desc", "clipPath", "line"})
            self.assertNotIn("\u202e", file.read_text())

    def test_pprof_opens_it_and_subtracts_it(self):
        broker = self.recorded_broker()
        self.make_sessions(broker.port)
        before = self.report(broker.pid, "before.pb.gz")
        found, by_owner = self.holders(before)
        flat = go_pprof.top(before, folder=self.folder)
        self.assertEqual(sum(flat.values()), found["live"]["bytes"])
        cumulative = go_pprof.top(before, folder=self.folder, cumulative=True)
        for owner, (_, held) in by_owner.items():
            if "\\" not in owner:
                self.assertEqual(cumulative[owner], held, owner)
        blocks = go_pprof.top(before, folder=self.folder, sample_type="inuse_objects")
        self.assertEqual(sum(blocks.values()), found["live"]["blocks"])
        # Looked at again, nothing has changed; with 50 more messages each queue has 50 more, and nothing else cancels badly.
        again = self.report(broker.pid, "again.pb.gz")
        changed = go_pprof.top(again, before, folder=self.folder, sample_type="inuse_objects", cumulative=True)
        self.assertEqual({name: value for name, value in changed.items() if name.startswith("client ") and value}, {})
        self.publish(broker.port, 50)
        after = self.report(broker.pid, "after.pb.gz")
        grown = go_pprof.top(after, before, folder=self.folder, sample_type="inuse_objects", cumulative=True)
        self.assertEqual([grown.get(f"client pump{number}") for number in range(SESSIONS)], [50] * SESSIONS)
        difference, by_owner = self.holders(after, "--base", before)
        self.assertEqual(by_owner["client pump3"][0], 50)
        self.assertEqual(difference["live"]["blocks"], sum(blocks for blocks, _ in by_owner.values()))
        self.report(after, "grown.svg", "--base", before)
        self.report(after, "grown-flame.svg", "--base", before, kind="holders-flame")

    def test_variables_members_and_types(self):
        service = self.start("holder_shapes", *self.recorded(), PROGRAMS / "holder_shapes")
        service.wait_for_line("ready")
        found, _ = self.holders("holder_shapes")
        names = {(found["holders"][box["held_by"]]["name"], box["name"]): box["blocks"]
                 for box in found["holders"] if box["held_by"] is not None}
        self.assertEqual(names["global bridge (holder_shapes)", "Bridge"], 2)
        self.assertEqual([count for (_, name), count in names.items() if name.startswith("buffer (")], [2])

    def test_what_is_none(self):
        broker = self.recorded_broker()
        snapshot = self.snapshot(broker.pid, "snapshot")
        for target, name, options in ((snapshot, "a.svg", ()), (broker.pid, "b.svg", ("--base", snapshot))):
            done = self.mqtrack("report", target, "--format", "holders", "-o", self.folder / name, *options, expect=2)
            self.assert_one_clear_line(done, "who made the blocks, not who holds them", "snapshot.pb.gz")
        done = self.mqtrack("report", broker.pid, "--format", "holders", "-o", self.folder / "a.txt", expect=2)
        self.assert_one_clear_line(done, "a.txt")
        _, by_owner = self.holders(broker.pid)  # nobody has connected
        self.assertEqual([owner for owner in by_owner if owner.startswith("client")], [])


if __name__ == "__main__":
    unittest.main()
