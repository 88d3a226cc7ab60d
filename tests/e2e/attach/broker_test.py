"""The real mosquitto, under traffic of fifty clients, attached to and detached from again and again."""
import os
import unittest

from attached import LONG, Attached, Slots
from harness.broker import Broker
from harness.case import function_name
from traffic import Traffic

ROUNDS = 200 if LONG else 3
MESSAGES = 500
LEAK_BYTES = 1000
CULPRIT = "RememberLastValue"


def percentile(sorted_values, percent):
    return sorted_values[min(len(sorted_values) - 1, len(sorted_values) * percent // 100)] * 1000


class BrokerTest(Attached):
    def leaky_broker(self):
        return Broker(self, config=[f"plugin {self.plugin('leaky')}", f"plugin_opt_leak_bytes {LEAK_BYTES}",
                                    "user root"])

    def measure_leak(self, broker, traffic):
        """Two snapshots with traffic between them: exactly its messages leaked."""
        traffic.pause()
        before, count = self.snapshot(broker.pid, "before"), traffic.messages()
        traffic.resume()
        traffic.run_for(MESSAGES)
        traffic.pause()
        after, count = self.snapshot(broker.pid, "after"), traffic.messages() - count
        traffic.resume()
        first = self.diff(before, after)[0]
        self.assertEqual(function_name(first["function"]), CULPRIT)
        self.assertEqual(first["growth"], count * LEAK_BYTES)
        self.assertEqual(first["object_growth"], count)
        self.assertTrue(first["file"].endswith("samples/plugin/last_value_leaky.cc"), first["file"])

    @unittest.skipUnless(os.getuid() == 0, "only root may trace a broker that was root before")
    def test_attach_measure_detach_under_traffic(self):
        broker = self.leaky_broker()
        slots = Slots(broker.pid)
        traffic = Traffic(broker.port)
        self.addCleanup(traffic.close)
        traffic.run_for(MESSAGES)
        latencies = {"plain": traffic.take_latencies(), "attached": [], "attaching": []}
        values = slots.values()
        stopped = []
        for _ in range(ROUNDS):
            traffic.take_latencies()
            stopped.append(self.microseconds(self.attach(broker.pid)))
            latencies["attaching"] += traffic.take_latencies()
            self.assertNotEqual(slots.redirected(), [])
            self.measure_leak(broker, traffic)
            latencies["attached"] += traffic.take_latencies()
            stopped.append(self.microseconds(self.detach(broker.pid)))
            self.assertEqual(slots.redirected(), [])
            traffic.check()
        self.assertEqual(slots.changed(values), [])
        traffic.pause()
        for name, values in latencies.items():
            values.sort()
            print(f"{name}: p50 {percentile(values, 50):.2f} ms, p99 {percentile(values, 99):.2f} ms, "
                  f"worst {values[-1] * 1000:.1f} ms of {len(values)} messages")
        stopped.sort()
        print(f"stood still: {stopped[0]} to {stopped[-1]} µs, median {stopped[len(stopped) // 2]}, "
              f"in {len(stopped)} attaches and detaches; {traffic.messages()} messages, none lost")


if __name__ == "__main__":
    unittest.main()
