"""The history of `mqtrack serve`: kept over restarts and damage, judged, and flat while processes come and go."""
import contextlib
import json
import os
import pathlib
import re
import signal
import unittest

from harness.broker import Broker
from harness.case import EndToEnd, function_name
from harness.waiting import wait_until
from serve_test import Server

LONG = os.environ.get("MQTRACK_LONG_TESTS") == "1"
ROUNDS = int(os.environ.get("MQTRACK_SERVE_ROUNDS", "2880" if LONG else "40"))


class ServeHistoryTest(EndToEnd):
    def served(self, *arguments):
        return Server(self, "--history", self.folder / "history", "--every", "1s", *arguments)

    def recordings(self, server, name="mosquitto"):
        return json.loads(server.text(f"/{name}/api/history"))["recordings"]

    def figure(self, server, pattern):
        found = re.search(rf"^{pattern} (\S+)$", server.text("/metrics"), re.M)
        return float(found[1]) if found else None

    def test_over_a_restart_and_damage(self):
        self.recorded_broker()
        server = self.served()
        wait_until("three snapshots", lambda: self.figure(server, "mqtrack_serve_history_files") >= 3)
        server.process.process.send_signal(signal.SIGKILL)
        server.process.wait()
        files = sorted((self.folder / "history").rglob("*.pb.gz"))
        files[0].write_bytes(files[0].read_bytes()[:30])
        (files[0].parent / "totals.log").open("a").write("1796 half a li")
        before = len(files)
        server = self.served()
        wait_until("another snapshot", lambda: self.figure(server, "mqtrack_serve_history_files") > before)
        one, = self.recordings(server)
        self.assertGreater(len(one["totals"]), before)
        wait_until("the word on the damaged file", lambda: "a file of the history cannot be read" in server.process.text())
        self.assertEqual(server.process.text().count("a file of the history cannot be read"), 1)
        self.assertEqual(server.ask(f"/mosquitto/api/top?at={one['snapshots'][0]}")[0], 400)  # damaged: it says so
        base, at = one["snapshots"][1], one["snapshots"][-1]
        table = json.loads(server.text(f"/mosquitto/api/top?base={base}&at={at}"))
        self.assertEqual(table["kind"], "diff")
        self.assertEqual(server.ask(f"/mosquitto/snapshot.pb.gz?at={at}")[2],
                         next((self.folder / "history").rglob(f"{at}.pb.gz")).read_bytes())
        self.assert_one_clear_line(self.mqtrack("serve", "--listen", "127.0.0.1:0", "--history",
                                                self.folder / "history", expect=2), "another mqtrack serve")

    def test_a_history_that_cannot_be_written_is_said_once_and_when_it_can_again(self):
        self.recorded_broker()
        server = self.served()
        wait_until("a snapshot", lambda: self.figure(server, "mqtrack_serve_history_files") >= 1)
        folder = next((self.folder / "history").rglob("*.pb.gz")).parent
        aside = folder.with_name("aside")
        folder.rename(aside)
        folder.write_text("no folder")
        errors = self.figure(server, "mqtrack_serve_history_errors_total")
        wait_until("three more failures", lambda: self.figure(server, "mqtrack_serve_history_errors_total") >= errors + 3)
        self.assertEqual(server.process.text().count("the history has gaps from now on"), 1, server.process.text())
        folder.unlink()
        aside.rename(folder)
        wait_until("it to be well again", lambda: "is kept again" in server.process.text())

    def test_a_leak_is_a_figure(self):
        broker = self.recorded_broker(plugin="leaky", leak_bytes=200)
        broker.publish("house/temperature", range(20))  # what a broker makes for its first client is no leak
        server = self.served()

        def leaks():
            broker.publish("house/temperature", range(20))
            return self.figure(server, r'mqtrack_verdict_sites\{process="mosquitto",verdict="leak"\}')

        wait_until("the verdict", lambda: (leaks() or 0) >= 1)
        text = server.text("/metrics")
        self.assertGreater(self.figure(server, r'mqtrack_growth_per_hour\{process="mosquitto",type="inuse_space"\}'), 0)
        sites = re.findall(r'^mqtrack_site_bytes\{process="mosquitto",site="([^"]*)"', text, re.M)
        self.assertLessEqual(len(sites), 11)
        self.assertIn("(other)", sites)
        page = server.text("/mosquitto/diagnosis.html")
        self.assertIn("mqtrack diagnosis", page)
        times = self.recordings(server)[0]["snapshots"]
        grown = json.loads(server.text(f"/mosquitto/api/top?base={times[0]}&at={times[-1]}"))["sites"][0]
        self.assertGreater(grown["growth"], 0)
        self.assertEqual(function_name(grown["function"]), "RememberLastValue")

    def test_a_restarted_service_is_one_course(self):
        for number in range(2):
            broker = self.recorded_broker()
            server = self.served()
            wait_until("two snapshots", lambda: sum(len(one["snapshots"]) for one in self.recordings(server)[number:]) >= 2)
            broker.stop()
            server.process.stop()
        server = self.served()
        self.assertEqual(len(self.recordings(server)), 2)

    def test_two_of_one_name_are_two(self):
        """Neither page shows what the other one counted, and what one was is not asked of the other."""
        brokers = [self.recorded_broker() for _ in range(2)]
        server = self.served()

        def times(name):
            return [time for one in self.recordings(server, name) for time in one["snapshots"]]

        pids = [broker.pid for broker in brokers]
        wait_until("two snapshots of each", lambda: all(len(times(pid)) >= 2 for pid in pids))
        for pid in pids:
            self.assertEqual([one["pid"] for one in self.recordings(server, pid)], [pid])
        self.assertEqual(server.ask(f"/{pids[0]}/api/top?base={times(pids[1])[0]}")[0], 404)
        self.assertEqual(server.ask(f"/{pids[0]}/api/top?base={times(pids[0])[0]}")[0], 200)
        brokers[1].stop()
        self.mqtrack("clean")
        name = f"mosquitto-{pids[1]}"
        wait_until("one of them to be gone", lambda: self.listed(server) == {("mosquitto", "alive"), (name, "gone")})
        self.assertEqual([one["pid"] for one in self.recordings(server, name)], [pids[1]])
        self.assertEqual([one["pid"] for one in self.recordings(server)], [pids[0]])
        self.assertIn("mosquitto", server.text(f"/{name}/api/top?at={times(name)[-1]}"))

    def test_what_is_gone_is_not_shown_as_the_one_that_came_after_it(self):
        brokers = [self.recorded_broker() for _ in range(2)]
        server = self.served()
        old, new = [broker.pid for broker in brokers]

        def overlap():
            """Milliseconds for which both were seen; one that hands over to the next is seen beside it for five seconds at most."""
            times = [[time for one in self.recordings(server, pid) for time in one["snapshots"]] for pid in (old, new)]
            return min(map(max, times)) - max(map(min, times)) if all(times) else 0

        wait_until("them to be seen at once", lambda: overlap() > 6000)
        brokers[0].stop()
        self.mqtrack("clean")
        wait_until("the older one to be gone", lambda: "gone" in [state for _, state in self.listed(server)])
        self.assertEqual(self.listed(server), {(f"mosquitto-{old}", "gone"), (f"mosquitto-{new}", "alive")})
        self.assertEqual([one["pid"] for one in self.recordings(server, f"mosquitto-{old}")], [old])

    def listed(self, server):
        return {(row["name"], row["state"]) for row in json.loads(server.text("/api/processes"))["processes"]}

    def test_what_cannot_be_compared_is_refused(self):
        server = self.served()
        for options in ((), ("--sample", "4KiB")):
            broker = Broker(self, prefix=self.recorded(*options))

            def has_snapshot():
                status, _, body = server.ask(f"/{broker.pid}/api/history")  # pylint: disable=cell-var-from-loop
                return status == 200 and f'"pid":{broker.pid},' in body.decode()  # pylint: disable=cell-var-from-loop

            wait_until("a snapshot", has_snapshot)
            if not options:
                broker.stop()
        exact, sampled = [one["snapshots"][0] for one in self.recordings(server)]
        status, _, body = server.ask(f"/mosquitto/api/top?base={exact}&at={sampled}")
        self.assertEqual(status, 400)
        self.assertIn("record both in one way", body.decode())
        for time, status in ((2**63 - 1, 400), (2**63 // 10**6 + 1, 400), (2**63 // 10**6, 404), (exact + 1, 404), (0, 400)):
            for parameter in ("at", "base"):
                self.assertEqual(server.ask(f"/mosquitto/api/top?{parameter}={time}")[0], status, (parameter, time))

    def kept_bytes(self):
        """Of the snapshots on disk, some of which are being thinned out."""
        total = 0
        for folder, _, files in os.walk(self.folder / "history"):
            for name in files:
                with contextlib.suppress(FileNotFoundError):
                    total += os.stat(os.path.join(folder, name)).st_size if name.endswith(".pb.gz") else 0
        return total

    def test_flat_while_processes_come_and_go(self):
        """Twenty processes at a time. The long form is as many snapshots of each as 48 hours have at one a minute, and says what it
        measured; MQTRACK_SERVE_ROUNDS sets how many."""
        rounds, every = ROUNDS, 20
        server = self.served("--history-size", "2MiB")
        pid = server.process.pid
        running, used = [], []
        for number in range(rounds):
            while len(running) < 20:
                running.append(self.start(f"sleeper{len(running)}-{number % 50}", *self.recorded(), "sleep", "36000"))
            if number % 4 == 3:
                for process in running[:2]:
                    process.stop()
                del running[:2]
            before = self.figure(server, "mqtrack_serve_snapshots_total")
            wait_until("a round", lambda: self.figure(server, "mqtrack_serve_snapshots_total") >= before + 20)
            if number % every == every - 1 or number == rounds // 2:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                used.append((int(re.search(r"VmRSS:\s+(\d+)", status)[1]), len(os.listdir(f"/proc/{pid}/fd"))))
            self.assertLessEqual(self.kept_bytes(), 2 << 20)
        middle, end = used[len(used) // 2], used[-1]
        if rounds > 40:
            tenths = [used[min(len(used) - 1, tenth * len(used) // 10)] for tenth in range(11)]
            print(f"{rounds} rounds, {rounds // 4 * 2 + 20} processes; (KiB resident, descriptors) at each tenth: {tenths}; "
                  f"history {self.figure(server, 'mqtrack_serve_history_bytes'):,.0f} bytes in "
                  f"{self.figure(server, 'mqtrack_serve_history_files'):.0f} snapshots")
        self.assertLess(end[0], middle[0] * 1.3 + 8192, used)
        self.assertLessEqual(abs(end[1] - middle[1]), 4, used)


if __name__ == "__main__":
    unittest.main()
