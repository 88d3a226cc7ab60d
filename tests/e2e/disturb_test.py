"""mqtrack disturb and mqtrack hunt --client: what a client loses on its way back from a lost connection."""
import json
import os
import pathlib
import unittest

from harness import processes
from harness.case import EndToEnd, function_name
from harness.waiting import wait_until

PROGRAMS = pathlib.Path(os.environ["MQTRACK_E2E_PROGRAMS"])

# Way of the client -> bytes, a disturbance that leads there.
PLANTED = {"OnRefused": (101, "client.refuse-5"), "OnLetIn": (103, "client.close-after-connack"),
           "OnLost": (107, "client.close-at-publish"), "OnSubscribed": (109, "client.close-after-suback"),
           "OnFailedLoop": (113, "client.half-connack"), "OnProtocolError": (127, "client.sent-type-0")}


class DisturbTest(EndToEnd):
    def hunt(self, twin, expect, names):
        only = [word for name in names for word in ("--only", name)]
        done = self.mqtrack("hunt", "--client", "--json", *only, "--", PROGRAMS / f"returning_{twin}", "{host}", "{port}",
                            expect=expect)
        return {one["name"]: one for one in json.loads(done.stdout)["operations"]}

    def test_each_way_back_is_measured(self):
        found = self.hunt("leaky", 1, {name for _, name in PLANTED.values()} | {"client.close-at-pubrel"})
        for function, (size, name) in PLANTED.items():
            with self.subTest(function):
                sites = {function_name(site["function"]): site for site in found[name].get("sites", ())}
                self.assertIn(function, sites, found[name])
                self.assertEqual(sites[function]["bytes"] % size, 0)
                self.assertGreaterEqual(sites[function]["objects_per_round"], 1)
        self.assertEqual(found["client.close-at-pubrel"]["outcome"], "not tried")
        self.assertIn("no PUBREL", found["client.close-at-pubrel"]["why"])

    def test_the_fixed_twin_is_silent(self):
        found = self.hunt("fixed", 0, [name for _, name in PLANTED.values()])
        self.assertEqual({name: one["outcome"] for name, one in found.items() if one["outcome"] != "clean"}, {})

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

    def test_words(self):
        self.assertIn("--allow-remote",
                      self.mqtrack("disturb", "--listen", ":1884", "--upstream", "192.0.2.1:1883", expect=2).stderr)
        self.mqtrack("disturb", expect=2)
        self.mqtrack("disturb", "--listen", ":1884", "--upstream", ":1883", "no-such-plan", expect=2)
        self.assertIn("client.close-at-publish", self.mqtrack("hunt", "--list", "client.*").stdout)


if __name__ == "__main__":
    unittest.main()
