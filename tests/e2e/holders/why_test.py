"""mqtrack why: holding chains with debug information and without, of C's structs and of C++ objects, and on the stock
broker."""
import json
import shutil
import subprocess
import unittest

from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import PROGRAMS

MESSAGES = 100


class WhyTest(EndToEnd):
    def why(self, target, *options):
        report = json.loads(self.mqtrack("why", target, "--json", "-n", "0", *options).stdout)
        self.assertEqual(report["schema"], "mqtrack-why/1")
        for value in ("blocks", "bytes"):
            self.assertEqual(sum(chain[value] for chain in report["chains"]) + report["lost"][value], report[value])
        for chain in report["chains"]:
            self.assertEqual((chain["blocks"], chain["bytes"]), (chain["steps"][-1]["blocks"], chain["steps"][-1]["bytes"]))
        return report

    def chain(self, target, *options):
        report = self.why(target, *options)
        self.assertEqual(len(report["chains"]), 1, report)
        return report["chains"][0]

    def shapes(self, program=PROGRAMS / "holder_shapes"):
        service = self.start("shapes", *self.recorded(), program)
        service.wait_for_line("ready")
        return service

    def shape(self, chain):
        return [(step["member"], step["type"], step["blocks"]) for step in chain["steps"]]

    def test_names_of_variables_and_members(self):
        self.shapes()
        queue = self.chain("holder_shapes", "--site", "QueueMessage")
        self.assertEqual((queue["root"]["kind"], queue["root"]["variable"], queue["root"]["file"]), ("global variable", "db", "shapes.cc"))
        self.assertGreater(queue["root"]["line"], 0)
        self.assertEqual(self.shape(queue), [("sessions", "Session", 3), ("out.queued", "Message", 3 * MESSAGES)])
        self.assertEqual([step["repeats"] for step in queue["steps"]], [["next"], ["next"]])
        self.assertEqual(queue["steps"][1]["most_in_a_row"], MESSAGES)
        self.assertTrue(queue["sure"] and queue["steps"][0]["holds_alone"] and queue["root"]["holds_alone"])
        payloads = self.chain("holder_shapes", "--site", "WritePayloads")
        self.assertEqual(self.shape(payloads), self.shape(queue) + [("payload", "", 3 * MESSAGES)])
        self.assertEqual(payloads["steps"][-1]["function"], "WritePayloads")
        line = f"shapes.cc:{payloads['steps'][-1]['line']}"
        self.assertEqual(self.shape(self.chain("holder_shapes", "--site", line)), self.shape(payloads))
        self.mqtrack("why", "holder_shapes", "--site", line[1:], expect=2)  # no whole name of a file
        kept = self.why("holder_shapes", "--site", "KeepMessages")["chains"]
        self.assertEqual([self.shape(chain)[-1] for chain in kept], [("[]", "Message", 40), ("kept", "", 1)])
        text = self.mqtrack("why", "holder_shapes", "--site", "QueueMessage()").stdout
        self.assertIn("      global db (holder_shapes, shapes.cc:", text)
        self.assertIn("      -> sessions -> 3 x Session, linked by next\n", text)
        self.assertIn("      -> out.queued -> 300 x Message, linked by next\n", text)
        self.assertIn("Every way to each leads through its Session: freed with it.", text)

    def test_without_symbols_by_maker_and_offset(self):
        if shutil.which("strip") is None:
            self.skipTest("strip is not installed")
        stripped = self.folder / "bare_shapes"
        subprocess.run(["strip", "-o", stripped, PROGRAMS / "holder_shapes"], check=True, timeout=300)
        self.shapes(stripped)
        queue = self.chain("bare_shapes", "--site", "QueueMessage")
        self.assertEqual((queue["root"]["variable"], queue["root"]["file"]), ("db", ""), "as the program exports it")
        self.assertEqual(self.shape(queue), [("+0x8", "", 3), ("+0x10", "", 3 * MESSAGES)])
        self.assertEqual([step["function"] for step in queue["steps"]], ["OpenSession", "QueueMessage"])
        self.assertEqual(queue["steps"][1]["repeats"], ["+0x0"])
        kept = self.why("bare_shapes", "--site", "KeepMessages")["chains"]
        self.assertEqual(self.shape(kept[0])[-1], ("[]", "", 40), "slots of an array are one step")
        self.assertEqual(self.chain("bare_shapes", "--type", "Bridge"), self.chain("bare_shapes", "--site", "OpenBridge"))
        bridge = self.why("bare_shapes", "--site", "OpenBridge")["chains"][0]
        self.assertEqual(bridge["steps"][0]["type"], "Bridge", "as the object itself says")

    def test_objects_by_their_class(self):
        self.shapes()
        bridge = self.chain("holder_shapes", "--site", "OpenBridge")
        self.assertEqual(self.shape(bridge), [("", "Bridge", 2)])
        self.assertEqual((bridge["root"]["variable"], bridge["steps"][0]["repeats"]), ("bridge", ["peer"]))
        buffers = self.chain("holder_shapes", "--site", "Bridge::Bridge")
        self.assertEqual(self.shape(buffers), [("", "Bridge", 2), ("buffer", "", 2)])

    def test_objects_of_a_type(self):
        self.shapes()
        by_site = self.chain("holder_shapes", "--site", "OpenBridge")
        self.assertEqual(self.chain("holder_shapes", "--type", "Bridge"), by_site)
        self.assertEqual(self.chain("holder_shapes", "--type", "Bridge", "--site", "OpenBridge"), by_site)
        self.assertEqual(self.why("holder_shapes", "--type", "Bridge")["asked"], "of type Bridge")
        queued = self.why("holder_shapes", "--type", "Message")
        self.assertEqual(sum(chain["blocks"] for chain in queued["chains"]), 3 * MESSAGES + 40, "as debug information says")
        only = self.why("holder_shapes", "--type", "Message", "--site", "KeepMessages")
        self.assertEqual(only["blocks"], 40)
        self.assertEqual(only["asked"], "of type Message, made by KeepMessages")
        for words, said in ((("Brigde",), "the nearest type is Bridge"), (("NoSuchThing",), "the most frequent types are Message (340)"),
                            (("Bridge", "--site", "QueueMessage"), "2 live blocks are of this type, and none of them made by QueueMessage")):
            self.assert_one_clear_line(self.mqtrack("why", "holder_shapes", "--type", *words, expect=2), said)

    def test_types_of_a_service_that_tells_none(self):
        broker = self.recorded_broker()
        done = self.mqtrack("why", broker.pid, "--type", "Session", "--no-symbols", expect=2)
        self.assert_one_clear_line(done, "no live block tells its type", "--site FUNCTION")

    def test_what_a_stack_holds_and_what_nothing_does(self):
        self.shapes()
        held = self.chain("holder_shapes", "--site", "HoldBelow")
        self.assertEqual((held["sure"], held["root"]["kind"], held["bytes"]), (False, "stack", 555))
        self.assertIn("may be left over", self.mqtrack("why", "holder_shapes", "--site", "HoldBelow").stdout)
        # As it is not to blame for what CopyText makes, it is looked for anywhere in the stacks.
        lost = self.why("holder_shapes", "--site", "LoseText")
        self.assertEqual((lost["lost"]["blocks"], lost["blocks"], lost["chains"]), (1, 1, []))
        self.assertIn("mqtrack leaks holder_shapes", self.mqtrack("why", "holder_shapes", "--site", "LoseText").stdout)

    def test_what_is_not_there(self):
        self.shapes()
        for option, word, said in (("--site", "NoSuchFunction", "made nothing that is alive"),
                                   ("--client", "nobody", "holds nothing alone"), ("--owner", "nobody", "holds nothing alone")):
            self.assertIn(said, self.mqtrack("why", "holder_shapes", option, word, expect=2).stderr)
        self.assertIn("--site FUNCTION, --client ID, --owner NAME or --type NAME", self.mqtrack("why", "holder_shapes", expect=2).stderr)

    def test_a_client_of_the_stock_broker(self):
        broker = self.recorded_broker()
        for name in ("pump7", "pump8", "pump9"):
            with MqttClient(broker.port, name, keep_session=True) as client:
                client.subscribe("room/#")
        with MqttClient(broker.port, "publisher") as client:
            for number in range(MESSAGES):
                client.publish("room/1", b"a payload, number %04d" % number)
        report = self.why(broker.pid, "--client", "pump8")
        queue = next(chain for chain in report["chains"] if chain["blocks"] == MESSAGES)
        self.assertIn(["pump8"], [step["clients"] for step in queue["steps"]])
        self.assertTrue(queue["sure"])
        owned = json.loads(self.mqtrack("owners", broker.pid, "--json", "-n", "0").stdout)["owners"]
        bytes_owned = next(owner["bytes"] for owner in owned if owner["name"] == "pump8")
        self.assertEqual(report["bytes"], bytes_owned)
        site = queue["steps"][-1]["function"]
        everybodys = next(chain for chain in self.why(broker.pid, "--site", site)["chains"] if chain["blocks"] >= 3 * MESSAGES)
        self.assertEqual([step["client_count"] for step in everybodys["steps"]][:1], [3])
        only = self.why(broker.pid, "--site", site, "--client", "pump9")
        self.assertEqual(only["blocks"], MESSAGES)
        text = self.mqtrack("why", broker.pid, "--site", site, "--client", "pump9").stdout
        self.assertIn('client "pump9"', text)
        self.assertIn(f"Every way to them leads through client \"pump9\": freed with it.", text)


if __name__ == "__main__":
    unittest.main()
