"""mqtrack trace: every event of a scripted run in order, rightly nested and as long as it was; what is lost is counted;
nothing stays on; broken logs are refused."""
import json
import os
import signal
import struct
import unittest

from harness import processes
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import MQTRACK, PROGRAMS
from harness.perfetto_reader import PerfettoTrace
from harness.waiting import wait_until

CONTROL = 32256  # TraceControl of libtrack/log/trace_layout.h
WANTED, STATE, RING_EVENTS, RING_OFFSET, HEAD, TAIL = CONTROL, CONTROL + 64, CONTROL + 68, CONTROL + 72, CONTROL + 80, CONTROL + 128
EVENT_BYTES = 128
MILLISECOND = 1_000_000


class TimelineCase(EndToEnd):
    def start_broker(self, recorded=True):
        prefix = self.recorded() if recorded else []
        started = self.start("broker", *prefix, PROGRAMS / "small_broker")

        def port():
            words = started.text().split()
            return int(words[words.index("listening") + 1]) if "listening" in words[:-1] else None
        self.port = wait_until("the broker to listen", port)
        self.pid = processes.children_of(started.pid)[0] if recorded else started.pid
        return started

    def start_trace(self, *options, target=None, name="trace.pftrace"):
        """Returns once events are wanted."""
        file = self.folder / name
        traced = self.start(f"command-{name}", MQTRACK, "trace", target or self.pid, "--for", "10m", "-o", file, *options)

        def is_on():
            self.assertIsNone(traced.process.poll(), traced.text())
            return "tracing " in traced.text()
        wait_until("the trace to begin", is_on)
        return traced, file

    def end_trace(self, traced, expect=0):
        traced.process.send_signal(signal.SIGINT)
        self.assertEqual(traced.wait(), expect, traced.text())

    def log_file(self):
        return next(self.log_dir.glob(f"{self.pid}-*.log"))

    def word(self, offset, form="<I", value=None):
        """Of the log's control; writes it if there is a value."""
        with open(self.log_file(), "r+b") as log:
            log.seek(offset)
            if value is not None:
                log.write(struct.pack(form, value))
                return value
            return struct.unpack(form, log.read(struct.calcsize(form)))[0]


class ScriptedRunTest(TimelineCase):
    def run_script(self):
        with MqttClient(self.port, "listener") as listener:
            listener.subscribe("#")
            with MqttClient(self.port, "sender") as sender:
                for step in ("quick", "slow", "hold", "thread", "timer"):
                    sender.publish(f"step/{step}", b"x")

    def traced_script(self, *options, name="trace.pftrace"):
        self.start_broker()
        traced, file = self.start_trace(*options, name=name)
        self.run_script()
        self.end_trace(traced)
        return traced, file

    def test_every_event_is_there_in_order(self):
        _, file = self.traced_script()
        trace = PerfettoTrace(file.read_bytes())
        self.assertEqual(trace.sequences, {1})
        main = next(track for track in trace.tracks.values() if track.tid == self.pid)
        self.assertEqual((main.name, main.pid), ("small_broker", self.pid))
        packets = trace.slices_on(main, "packet")
        self.assertEqual([one.begin.name for one in packets],
                         ["CONNECT", "SUBSCRIBE #", "CONNECT", "PUBLISH step/quick", "PUBLISH step/slow",
                          "PUBLISH step/hold", "PUBLISH step/thread", "PUBLISH step/timer", "DISCONNECT", "DISCONNECT"])
        self.assertEqual({one.begin.notes["client"] for one in packets[3:9]}, {"sender"})
        self.check_durations(trace, packets)
        self.check_regions(trace, packets)
        self.check_copies(trace, packets)
        self.check_connections(trace)
        self.check_threads(trace)
        self.check_heap(trace, packets)

    def check_durations(self, trace, packets):
        named = {one.begin.name: one for one in packets}
        slow = named["PUBLISH step/slow"]
        self.assertGreaterEqual(slow.nanos, 30 * MILLISECOND)
        for earlier, later in zip(packets, packets[1:]):
            self.assertLessEqual(earlier.end_ns, later.begin.ns)
        main = trace.tracks[slow.begin.track]
        waits = trace.slices_on(main, "wait")
        self.assertGreaterEqual(len(waits), len(packets))
        for wait in waits:
            for packet in packets:
                self.assertTrue(wait.end_ns <= packet.begin.ns or wait.begin.ns >= packet.end_ns, "it waits in a packet")

    def check_regions(self, trace, packets):
        slow = next(one for one in packets if one.begin.name == "PUBLISH step/slow")
        regions = [one for one in trace.slices if one.begin.category == "region"]
        self.assertEqual(sorted(one.begin.name for one in regions), ["helping", "inner", "outer"])
        outer, inner = (next(one for one in regions if one.begin.name == name) for name in ("outer", "inner"))
        self.assertIs(inner.outer, outer.begin)
        self.assertGreaterEqual(inner.nanos, 30 * MILLISECOND)
        self.assertTrue(slow.begin.ns < outer.begin.ns < inner.begin.ns < inner.end_ns < outer.end_ns < slow.end_ns)
        self.assertEqual(trace.tracks[trace.tracks[outer.begin.track].parent].tid, self.pid)

    def check_copies(self, trace, packets):
        listener = trace.track_named("client listener")
        published = [one for one in packets if one.begin.name.startswith("PUBLISH")]
        copies = trace.instants("PUBLISH sent", listener)
        self.assertEqual(len(copies), 5)
        for packet, copy in zip(published, copies):
            self.assertEqual(packet.begin.notes["copies"], 1)
            self.assertEqual(packet.begin.flows, copy.flows)
            self.assertTrue(packet.begin.ns < copy.ns < packet.end_ns)
        answers = trace.instants("PUBACK sent", trace.track_named("client sender"))
        self.assertEqual(len(answers), 5)
        self.assertEqual({answer.flows for answer in answers}, {()})

    def check_connections(self, trace):
        for client, sent in (("listener", ["CONNACK", "SUBACK"] + 5 * ["PUBLISH"]), ("sender", ["CONNACK"] + 5 * ["PUBACK"])):
            track = trace.track_named(f"client {client}")
            told = [event.name for event in trace.instants(track=track)]
            self.assertEqual(told, ["opened", *(f"{name} sent" for name in sent), "closed"])
        handled = [one.begin.name for one in trace.slices_on(trace.track_named("client sender"))]
        self.assertEqual((handled[0], handled[-1], len(handled)), ("CONNECT", "DISCONNECT", 7))

    def check_threads(self, trace):
        begun, ended = trace.instants("thread begins"), trace.instants("thread ends")
        self.assertEqual((len(begun), len(ended)), (1, 1))
        self.assertEqual(begun[0].track, ended[0].track)
        helping = next(one for one in trace.slices if one.begin.name == "helping")
        self.assertEqual(trace.tracks[helping.begin.track].parent, begun[0].track)
        self.assertTrue(begun[0].ns < helping.begin.ns < helping.end_ns < ended[0].ns)
        self.assertEqual([event.notes["value"] for event in trace.instants("timer fired")], [1])

    def check_heap(self, trace, packets):
        hold = next(one for one in packets if one.begin.name == "PUBLISH step/hold")
        self.assertEqual(hold.begin.notes["live_growth"], 1 << 20)
        blocks = [event for event in trace.instants("large block") if event.notes["value"] == 1 << 20]
        self.assertEqual(len(blocks), 1)
        self.assertTrue(hold.begin.ns < blocks[0].ns < hold.end_ns)
        values = trace.values("live heap")
        before = max(value for value in values if value[0] <= hold.begin.ns)[1]
        after = max(value for value in values if value[0] <= hold.end_ns)[1]
        self.assertEqual(after - before, 1 << 20)
        self.assertEqual(trace.tracks[trace.track_named("live heap").uuid].unit, 3)
        # The curve ends where a snapshot says that the heap is.
        sites = self.rows("top", self.pid)
        self.assertEqual(values[-1][1], sum(site["value"] for site in sites))

    def test_the_same_for_chromes_viewer(self):
        _, file = self.traced_script(name="trace.json")
        events = json.loads(file.read_text(encoding="utf-8"))
        names = [event["name"] for event in sorted((one for one in events if one.get("cat") == "packet" and one["tid"] == self.pid),
                                                   key=lambda one: one["ts"])]
        self.assertEqual(names[3:8], [f"PUBLISH step/{step}" for step in ("quick", "slow", "hold", "thread", "timer")])
        slow = next(event for event in events if event["name"] == "PUBLISH step/slow")
        self.assertEqual((slow["ph"], slow["args"]["client"]), ("X", "sender"))
        self.assertGreaterEqual(slow["dur"], 30_000)
        starts, ends = ({event["id"] for event in events if event["ph"] == phase} for phase in "sf")
        self.assertEqual((len(starts), starts), (5, ends))
        self.assertIn({"name": "small_broker"}, [event.get("args") for event in events if event["ph"] == "M"])

    def test_the_summary_answers_in_the_terminal(self):
        self.start_broker()
        traced = self.start("summary", MQTRACK, "trace", self.pid, "--for", "10m", "--summary")
        wait_until("the trace to begin", lambda: "tracing " in traced.text())
        self.run_script()
        self.end_trace(traced)
        said = traced.out.read_text()
        slowest = said.split("Slowest packets")[1].splitlines()
        self.assertIn("PUBLISH step/slow", slowest[2])
        self.assertRegex(said, r"outer +1 ")
        jumps = said.split("Where the live heap jumped")[1].splitlines()
        self.assertRegex(jumps[2], r"\+1 MiB +PUBLISH step/hold of sender")
        self.assertIn("Longest waits", said)
        self.assertEqual(list(self.folder.glob("*.pftrace")), [])

    def test_a_child_is_not_traced_and_not_harmed(self):
        started = self.start_broker()
        traced, file = self.start_trace()
        with MqttClient(self.port, "sender") as sender:
            sender.publish("step/fork", b"x")
            sender.publish("step/quick", b"x")
        self.assertIn("child 0", started.text())
        self.end_trace(traced)
        trace = PerfettoTrace(file.read_bytes())
        self.assertNotIn("child", [one.begin.name for one in trace.slices])
        self.assertEqual({track.tid for track in trace.tracks.values() if track.tid}, {self.pid})


class LossTest(TimelineCase):
    def test_a_full_ring_drops_and_counts(self):
        self.start_broker()
        traced, file = self.start_trace("--buffer", "64KiB")
        with MqttClient(self.port, "sender") as sender:
            os.kill(traced.pid, signal.SIGSTOP)  # nobody takes events out
            sender.publish("step/burst", b"x")
            os.kill(traced.pid, signal.SIGCONT)
            self.assertEqual(self.word(RING_EVENTS), 65536 // EVENT_BYTES)
            wait_until("the ring to be taken out", lambda: self.word(HEAD, "<Q") == self.word(TAIL, "<Q"))
            sender.publish("step/quick", b"x")
        self.end_trace(traced, expect=3)
        self.assertRegex(traced.text(), r"[\d,]+ events were missed")
        trace = PerfettoTrace(file.read_bytes())
        lost = sum(event.notes["value"] for event in trace.instants("events missed"))
        bursts = sum(one.begin.name == "burst" for one in trace.slices)
        self.assertLess(bursts, 1000)
        self.assertGreater(lost, 38_000)
        self.assertIn("PUBLISH step/quick", [one.begin.name for one in trace.slices])  # and it goes on

    def test_a_killed_service_leaves_what_it_did(self):
        self.start_broker()
        traced, file = self.start_trace()
        sender = MqttClient(self.port, "sender")
        self.addCleanup(sender.close)
        sender.publish("step/slow", b"x")
        os.kill(self.pid, signal.SIGKILL)
        self.assertEqual(traced.wait(), 0, traced.text())
        trace = PerfettoTrace(file.read_bytes())
        self.assertIn("PUBLISH step/slow", [one.begin.name for one in trace.slices])
        done = self.mqtrack("trace", self.log_file(), "--for", "1s", "-o", "later.pftrace", expect=3)
        self.assert_one_clear_line(done, "is not recorded now")
        self.assertFalse((self.folder / "later.pftrace").exists())

    def test_a_killed_command_leaves_nothing_on(self):
        self.start_broker()
        traced, file = self.start_trace()
        with MqttClient(self.port, "sender") as sender:
            sender.publish("step/quick", b"x")
            wait_until("the packet to be in the file", lambda: b"step/quick" in file.read_bytes())
            traced.process.kill()
            traced.wait()
            PerfettoTrace(file.read_bytes(), whole=False)

            def is_off():
                sender.publish("step/quick", b"x")
                return self.word(WANTED) == 0
            wait_until("the recorder to notice", is_off)
            head = self.word(HEAD, "<Q")
            sender.publish("step/slow", b"x")
            self.assertEqual(self.word(HEAD, "<Q"), head)
            # What is in the ring is nobody's any more, and another trace has room.
            traced, file = self.start_trace(name="again.pftrace")
            sender.publish("step/hold", b"x")
            self.end_trace(traced)
        names = [one.begin.name for one in PerfettoTrace(file.read_bytes()).slices if one.begin.category == "packet"]
        self.assertEqual(names, 2 * ["PUBLISH step/hold"])  # of the thread, and of the connection

    def test_there_is_one_trace_at_a_time(self):
        self.start_broker()
        traced, _ = self.start_trace()
        done = self.mqtrack("trace", self.pid, "--for", "1s", "-o", "second.pftrace", expect=3)
        self.assert_one_clear_line(done, "is being traced by another mqtrack trace")
        self.end_trace(traced)
        self.assertEqual(self.word(WANTED), 0)
        self.mqtrack("trace", self.pid, "--for", "1s", "-o", "second.pftrace")

    def test_nothing_is_written_while_nobody_asks(self):
        self.start_broker()
        with MqttClient(self.port, "sender") as sender:
            sender.publish("step/burst", b"x")
        self.assertEqual((self.word(STATE), self.word(HEAD, "<Q")), (0, 0))


class HostileTest(TimelineCase):
    def refused(self, *words):
        done = self.mqtrack("trace", self.pid, "--for", "1s", "-o", "out.pftrace", "-q", expect=2)
        self.assert_one_clear_line(done, *words)
        self.assertEqual(self.word(WANTED), 0)

    def test_a_ring_that_is_none(self):
        self.start_broker()
        self.word(STATE, value=2)
        for events, offset in ((512, 1 << 60), (512, 8), (512, 32769), (3, 65536), (0, 65536), (1 << 31, 65536)):
            with self.subTest(events=events, offset=offset):
                self.word(RING_EVENTS, value=events)
                self.word(RING_OFFSET, "<Q", offset)
                self.refused("damaged log", "ring")

    def test_events_that_make_no_sense(self):
        self.start_broker()
        traced, _ = self.start_trace("--buffer", "64KiB")
        with MqttClient(self.port, "sender") as sender:
            sender.publish("step/quick", b"x")
            wait_until("the events to be taken out", lambda: self.word(HEAD, "<Q") == self.word(TAIL, "<Q"))
            head, ring = self.word(HEAD, "<Q"), self.word(RING_OFFSET, "<Q")
            for i, event in enumerate((b"\xff" * (EVENT_BYTES - 8), bytes(EVENT_BYTES - 8), os.urandom(EVENT_BYTES - 8))):
                with open(self.log_file(), "r+b") as log:
                    log.seek(ring + (head + i) % 512 * EVENT_BYTES)
                    log.write(struct.pack("<Q", head + i + 1) + event)
            self.word(HEAD, "<Q", head + 3)
            wait_until("them to be taken out", lambda: self.word(TAIL, "<Q") >= head + 3)
        self.end_trace(traced, expect=3)
        self.assertIn("missed", traced.text())

    def test_another_versions_recorder(self):
        self.start_broker()
        self.word(CONTROL + 4, value=0)
        done = self.mqtrack("trace", self.pid, "--for", "1s", "-o", "out.pftrace", expect=3)
        self.assert_one_clear_line(done, "another version of mqtrack", "attach again")

    def test_wrong_usage(self):
        self.assert_one_clear_line(self.mqtrack("trace", "nobody-has-this-name", expect=3), "nobody-has-this-name")
        for words, said in ((["1", "--for", "0s"], "--for"),
                            (["1", "2"], "one TARGET too many"), (["1", "--buffer", "1KiB"], "--buffer"),
                            (["1", "-o", "/nowhere/x.pftrace"], "/nowhere"), (["1", "--format", "json", "-o", "x.pftrace"], "x.pftrace"),
                            (["--snapshots", "a.pb.gz", "-o", "x.pftrace"], "two snapshots"), (["1", "--by", "fds"], "--by")):
            with self.subTest(words=words):
                self.assert_one_clear_line(self.mqtrack("trace", *words, expect=2), said)


class SnapshotsTest(TimelineCase):
    def test_sites_have_curves(self):
        self.start_broker()
        files = []
        with MqttClient(self.port, "sender") as sender:
            for number in range(3):
                files.append(self.snapshot(self.pid, f"moment-{number}"))
                sender.publish("step/hold", b"x")
        self.mqtrack("trace", "--snapshots", *files[::-1], "-o", "sites.pftrace")
        trace = PerfettoTrace((self.folder / "sites.pftrace").read_bytes())
        site = next(track for track in trace.tracks.values() if track.name.startswith("do_step"))
        self.assertEqual([value for _, value in trace.values(site.name)], [0, 1 << 20, 2 << 20])
        totals = [value for _, value in trace.values("all inuse_space")]
        self.assertGreaterEqual(totals[2] - totals[0], 2 << 20)
        done = self.mqtrack("trace", "--snapshots", files[0], files[0], "-o", "sites.pftrace", expect=2)
        self.assert_one_clear_line(done, "same time")


class AttachedTest(TimelineCase):
    def test_a_service_that_ran_before(self):
        self.start_broker(recorded=False)
        with MqttClient(self.port, "sender") as sender, MqttClient(self.port, "listener"):
            sender.publish("step/quick", b"x")
            self.mqtrack("attach", self.pid)
            traced, file = self.start_trace()
            for step in ("slow", "hold", "thread", "quick"):
                sender.publish(f"step/{step}", b"x")
            self.end_trace(traced)
            self.mqtrack("detach", self.pid)
        trace = PerfettoTrace(file.read_bytes())
        packets = [one.begin.name for one in trace.slices_on(next(t for t in trace.tracks.values() if t.tid == self.pid), "packet")]
        self.assertEqual(packets, [f"PUBLISH step/{step}" for step in ("slow", "hold", "thread", "quick")])
        self.assertLessEqual({"outer", "inner", "helping"}, {one.begin.name for one in trace.slices})
        self.assertEqual(len(trace.instants("was open before")), 1)


class RealBrokerTest(TimelineCase):
    def test_mosquitto_with_real_clients(self):
        broker = self.recorded_broker()
        self.port, self.pid = broker.port, broker.pid
        traced, file = self.start_trace()
        with MqttClient(self.port, "listener") as listener:
            listener.subscribe("plant/#")
            broker.publish("plant/north/temperature", ["a message"] * 20)  # mosquitto_pub
            for _ in range(20):
                listener.receive()
            with MqttClient(self.port, "sender") as sender:
                for _ in range(30):
                    sender.publish("plant/south/pressure", b"x" * 100)
                    listener.receive()
        self.end_trace(traced)
        trace = PerfettoTrace(file.read_bytes())
        main = next(track for track in trace.tracks.values() if track.tid == self.pid)
        published = [one for one in trace.slices_on(main, "packet") if one.begin.name.startswith("PUBLISH")]
        self.assertEqual([sum(one.begin.name.endswith(end) for one in published) for end in ("temperature", "pressure")], [20, 30])
        copies = trace.instants("PUBLISH sent", trace.track_named("client listener"))
        self.assertEqual(len(copies), 50)
        by_flow = {flow: one for one in published for flow in one.begin.flows}
        for copy in copies:
            packet = by_flow[copy.flows[0]]
            self.assertTrue(packet.begin.ns < copy.ns < packet.end_ns)
        self.assertEqual(sum(one.begin.notes["copies"] for one in published), 50)


if __name__ == "__main__":
    unittest.main()
