"""MQTT packets by every call that reads and writes: whose block it is, on the server's side and on the client's."""
import unittest

from live_process import LiveProcess

CALLS = range(10, 27)  # of programs/packets.c: 11 that read, 6 that write
SERVERS, CLIENTS = 50000, 60000


class Packets(LiveProcess):
    def labels(self, **variables):
        """The labels of packets of each block that the program made, by its size."""
        process = self.ready("packets", environment={**self.recorded, **variables})
        log = self.log_of_pid(process.pid)
        return {block.bytes: {key: value for key, value in log.labels(block).items() if key.startswith("mqtt")}
                for block in log.blocks if 50000 <= block.bytes < 70000}

    def assert_labelled(self, labels):
        expected = {}
        for number in CALLS:
            packet = {"mqtt_packet": "PUBLISH", "mqtt_client": f"device-{number}", "mqtt_topic": "room/+/light"}
            # The byte after the topic came with it, so the block is made when the packet is complete.
            expected[SERVERS + number] = expected[CLIENTS + number] = packet
        self.assertEqual(labels, expected)

    def test_by_every_call_on_both_sides(self):
        self.assert_labelled(self.labels())

    def test_with_everything_else_switched_off(self):
        """Descriptors are used again by the next connection, which must be noticed although they are not recorded."""
        self.assert_labelled(self.labels(MQTRACK_WITHOUT="threads,timers,fds,mappings,mqtt"))

    def test_switched_off(self):
        labels = self.labels(MQTRACK_WITHOUT="packets")
        self.assertEqual(set(labels), {side + number for side in (SERVERS, CLIENTS) for number in CALLS})
        self.assertEqual(list(filter(None, labels.values())), [])

    def test_the_program_cannot_tell(self):
        self.run_both("packets")

    def test_hostile_bytes_come_as_they_were_sent(self):
        self.assertEqual(self.run_both("packets", 300).stdout, b"all came as sent\n")
        self.assertEqual(self.log_of("packets").sizes()[100], 0)


if __name__ == "__main__":
    unittest.main()
