"""mqtrack stress: an open loop shows what a broker does to whoever does not wait for it."""
import json
import os
import resource
import signal
import threading
import unittest

from harness import paths, processes
from harness.broker import TlsListener
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.waiting import wait_until

PUBLISH = {"groups": [{"name": "clients", "clients": 4, "qos": 1}],
           "stages": [{"do": "connect"}, {"do": "publish", "rate": 500, "seconds": 4}, {"do": "disconnect"}]}
SHORT = {"groups": [{"name": "clients", "clients": 4, "qos": 1}],
         "stages": [{"do": "connect"}, {"do": "publish", "rate": 100, "seconds": 1}, {"do": "reconnect", "rate": 4, "seconds": 1},
                    {"do": "disconnect"}]}


class StressTest(EndToEnd):
    def scenario(self, content):
        file = self.folder / "scenario.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return file

    def stress(self, broker, *words, expect=0):
        done = self.mqtrack("stress", f"127.0.0.1:{broker.port}", *words, "--json", expect=expect)
        return json.loads(done.stdout)

    def test_a_broker_that_stands_still_shows_in_the_percentiles(self):
        broker = self.recorded_broker()
        stopped = threading.Event()

        witness = MqttClient(broker.port, "witness")
        witness.subscribe("stress/#")

        def stop():
            # Most of the publishing is still to come.
            for _ in range(100):
                witness.receive()
            os.kill(broker.pid, signal.SIGSTOP)
            stopped.wait(0.4)  # the length of the stop is what is measured
            os.kill(broker.pid, signal.SIGCONT)
            witness.close()

        thread = threading.Thread(target=stop)
        thread.start()
        stages = self.stress(broker, self.scenario(PUBLISH))["stages"]
        thread.join()
        publish = stages[1]
        self.assertEqual((publish["planned"], publish["done"], publish["failed"]), (2000, 2000, 0))
        # A tenth of four seconds: a tenth of the messages waited, those in the middle of it for 200 ms.
        self.assertGreater(publish["answer"]["max_us"], 200_000)
        self.assertGreater(publish["answer"]["p99_us"], 150_000)
        # Who waits for each answer sends nothing meanwhile, and has one slow answer for each client.
        self.assertLess(publish["closed_loop"]["count"], publish["answer"]["count"] - 100)

    def test_ready_scenarios_leave_nobody_unanswered(self):
        broker = self.recorded_broker(config=["max_inflight_messages 0"])
        for name in ("connect-storm", "fan-in", "fan-out", "churn", "subscription-churn", "offline-backlog", "retained",
                     "will-storm", "takeover", "reconnect-storm", "shared", "qos2-half-open", "inflight-full",
                     "slow-readers"):
            with self.subTest(name):
                result = self.stress(broker, name, "--clients", 6, "--rate", 50, "--for", 1)
                for stage in result["stages"]:
                    if name not in ("takeover", "qos2-half-open", "inflight-full", "slow-readers"):
                        self.assertEqual((stage["failed"], stage["dropped"]), (0, 0), (name, stage))
                    if stage["do"] == "publish" and name == "fan-out":
                        self.assertEqual(stage["done"], stage["planned"])

    def test_every_way_to_a_broker(self):
        tls, web_sockets, unix = TlsListener(self), processes.free_port(), self.folder / "mqtt.sock"
        self.recorded_broker(config=["user root", *tls.config, f"listener {web_sockets} 127.0.0.1",
                                     "protocol websockets", f"listener 0 {unix}"])
        tls.wait()
        for ways in ((f"mqtts://127.0.0.1:{tls.port}",), (f"mqtts://127.0.0.1:{tls.port}", "--resume"),
                     (f"mqtts://localhost:{tls.port}", "--ca-file", self.folder / "cert.pem"),
                     (f"ws://127.0.0.1:{web_sockets}",), (f"unix:{unix}",)):
            with self.subTest(ways[0]):
                done = self.mqtrack("stress", ways[0], self.scenario(SHORT), *ways[1:], "--json")
                for stage in json.loads(done.stdout)["stages"]:
                    self.assertEqual((stage["done"], stage["failed"], stage["dropped"]), (stage["planned"], 0, 0), stage)

    def test_what_a_disturbed_network_loses_is_counted(self):
        broker = self.recorded_broker()
        port = processes.free_port()
        plan = self.folder / "plan.json"
        plan.write_text('[{"do": "close", "at": "PUBLISH"}]', encoding="utf-8")
        self.start("network", paths.MQTRACK, "disturb", "--listen", f"127.0.0.1:{port}", "--upstream",
                   f"127.0.0.1:{broker.port}", plan, "--every", "0s")
        wait_until("the proxy to listen", lambda: processes.accepts(port))
        done = self.mqtrack("stress", f"127.0.0.1:{port}", self.scenario(PUBLISH), "--json")
        connect, publish = json.loads(done.stdout)["stages"][:2]
        self.assertEqual((connect["done"], connect["failed"]), (4, 0))
        self.assertGreater(publish["failed"] + publish["dropped"], 0)
        self.assertEqual(publish["done"] + publish["failed"] + publish["dropped"], publish["planned"])

    def test_the_brokers_memory_stands_beside_each_stage(self):
        broker = self.recorded_broker()
        result = self.stress(broker, "connect-storm", "--clients", 200, "--target", broker.pid)
        connect, _, leave = result["stages"]
        self.assertEqual(connect["done"], 200)
        self.assertEqual(connect["after"]["descriptor_count"] - connect["before"]["descriptor_count"], 200)
        self.assertGreater(connect["after"]["live_bytes"] - connect["before"]["live_bytes"], 200 * 300)
        self.assertEqual(leave["after"]["descriptor_count"], connect["before"]["descriptor_count"])

    def test_before_and_after(self):
        broker = self.recorded_broker()
        file = self.scenario(PUBLISH)
        first = self.mqtrack("stress", f"127.0.0.1:{broker.port}", file, "--json").stdout
        bad = self.folder / "bad.json"
        fast = json.loads(first)
        fast["stages"][1]["done"] *= 10
        bad.write_text(json.dumps(fast), encoding="utf-8")
        words = (f"127.0.0.1:{broker.port}", file, "--tolerance", 75, "--base")
        self.assertIn("worse than before", self.mqtrack("stress", *words, bad, expect=1).stdout)

    def test_what_is_no_base_is_refused_before_the_load(self):
        bad = self.folder / "bad.json"
        file = self.scenario(PUBLISH)
        # Nobody listens there: a load that began would say so with another exit code.
        for content in ("{}", "no JSON", '{"schema": "mqtrack-stress/1", "stages": [{"name": "connect", "do": "connect"}]}'):
            with self.subTest(content):
                bad.write_text(content, encoding="utf-8")
                done = self.mqtrack("stress", "127.0.0.1:1", file, "--base", bad, expect=2)
                self.assert_one_clear_line(done, "bad.json")

    def test_a_load_that_is_ended_early_keeps_its_result_and_is_not_compared(self):
        broker = self.recorded_broker()
        base = self.folder / "base.json"
        stages = [{"name": name, "do": name} for name in ("connect", "publish", "disconnect")]
        base.write_text(json.dumps({"schema": "mqtrack-stress/1", "stages": stages}), encoding="utf-8")
        long = {**PUBLISH, "stages": [{"do": "connect"}, {"do": "publish", "rate": 100, "seconds": 3600},
                                      {"do": "disconnect"}]}
        result = self.folder / "result.json"
        load = self.start("load", paths.MQTRACK, "stress", f"127.0.0.1:{broker.port}", self.scenario(long), "--json",
                          "-o", result, "--base", base)
        wait_until("a stage to end", lambda: "connect (clients)" in load.text())
        os.kill(load.pid, signal.SIGINT)
        self.assertEqual(load.wait(), 3, load.text())
        self.assertIn("not compared", load.text())
        self.assertTrue(json.loads(result.read_text(encoding="utf-8"))["interrupted"])

    def test_what_was_never_begun_has_not_failed(self):
        broker = self.recorded_broker()
        long = {**PUBLISH, "stages": [{"do": "connect"}, {"do": "publish", "rate": 100, "seconds": 3600}]}
        load = self.start("load", paths.MQTRACK, "stress", f"127.0.0.1:{broker.port}", self.scenario(long), "--json", "-o",
                          self.folder / "result.json")
        wait_until("a stage to end", lambda: "connect (clients)" in load.text())
        os.kill(load.pid, signal.SIGINT)
        self.assertEqual(load.wait(), 3, load.text())
        self.assertIn(" not begun", load.text())
        self.assertIn("ended early", load.text())
        publish = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))["stages"][1]
        # At most what was under way has failed.
        self.assertLess(publish["failed"], 1000, publish)
        self.assertGreater(publish["not_begun"], 300_000)
        self.assertEqual(publish["done"] + publish["failed"] + publish["dropped"] + publish["not_begun"], publish["planned"])

    def test_the_name_of_the_output_says_its_format(self):
        done = self.mqtrack("stress", "127.0.0.1:1", "-o", "result.json", expect=2)
        self.assert_one_clear_line(done, "result.json", "--format")
        self.mqtrack("stress", "127.0.0.1:1", "connect-storm", "--clients", 1, "--json", "-o", "result.json", expect=3)

    def test_ten_thousand_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 10_500:
            self.skipTest(f"only {hard} descriptors are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (10_400, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        broker = self.recorded_broker()
        count = 10_000 if os.environ.get("MQTRACK_LONG_TESTS") else 2_000
        stages = self.stress(broker, "connect-storm", "--clients", count)["stages"]
        self.assertEqual([stage["done"] for stage in stages if stage["do"] != "wait"], [count, count])

    def test_words(self):
        self.assertIn("--allow-remote", self.mqtrack("stress", "192.0.2.1:1883", expect=2).stderr)
        self.assertIn("did you mean fan-out?", self.mqtrack("stress", ":1", "fan-outt", expect=2).stderr)
        self.assertIn("seed", self.mqtrack("stress", ":1", self.scenario({"sed": 1}), expect=2).stderr)
        json.loads(self.mqtrack("stress", "--print", "churn").stdout)
        self.mqtrack("stress", expect=2)
        self.mqtrack("stress", "127.0.0.1:1", "connect-storm", "--clients", 1, expect=3)


if __name__ == "__main__":
    unittest.main()
