"""`mqtrack watch`: on a terminal (tmux), and as lines for scripts."""
import http.server
import json
import os
import signal
import subprocess
import threading
import unittest

import cli_profiles
from harness import paths
from harness.case import EndToEnd
from harness.processes import end, free_port
from harness.screen import Screen, pid_of
from harness.waiting import wait_until

GROWER = paths.PROGRAMS / "grower"
# Names as an enemy would choose them: escape sequences, line breaks, text that runs backwards, what is no UTF-8.
EVIL = "evil\x1b[2J\x1b]0;title\x07\n\r\x9b31m\u202e\udcff\U0001f600end"


class Service:
    """A process under the recorder that does a round of work for each letter."""

    def __init__(self, case, *options):
        self.process = subprocess.Popen([*case.recorded("-q", *options), GROWER, "1"], env=case.environment,
                                        cwd=case.folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        case.addCleanup(self.stop)
        self.work(1)  # from now on it is recorded

    def work(self, rounds):
        for _ in range(rounds):
            self.process.stdin.write("x")
            self.process.stdin.flush()
            assert self.process.stdout.readline() == "done\n"

    def stop(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(300)


class GoService:
    """Answers with a profile; the next one is bigger."""

    def __init__(self, case, labels=None, function="leak"):
        service = self
        self.answers, self.fails, self.goes_on = 0, False, threading.Event()
        self.goes_on.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                service.goes_on.wait()
                if service.fails:
                    self.send_error(503)
                    return
                service.answers += 1
                size = 1000 * service.answers
                body = cli_profiles.pprof([([(function, "src/leak.go", 7), cli_profiles.MAIN], [size // 100, size])],
                                          labels=[labels] if labels else None)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/debug/pprof/heap"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        case.addCleanup(self.server.server_close)
        case.addCleanup(self.server.shutdown)


class WatchTest(EndToEnd):
    def setUp(self):
        super().setUp()
        del self.environment["NO_COLOR"]

    def watch(self, *words, before="", columns=80, rows=24):
        screen = Screen(self, columns, rows)
        screen.run(paths.MQTRACK, "watch", *words, before=before)
        return screen

    def generation(self):
        return json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"][0]["generation"]

    # --- the screen

    def test_a_leak_as_it_grows(self):
        service = Service(self)
        screen = self.watch("grower", "--every", "1s")
        screen.wait_for("grower (pid", "alive", "not judged", "live bytes")
        service.work(20)
        screen.wait_for("LoseSome", "+2.3 KiB")
        self.assertEqual(self.generation(), 0)  # looking begins none
        for _ in range(4):
            self.snapshot("grower", "generation")
            service.work(20)
        screen.wait_for("of 4 generations", "leak")
        row = next(line for line in screen.lines() if "LoseSome" in line)
        self.assertRegex(row, r"leak +\(anonymous namespace\)::LoseSome")

    def test_keys(self):
        service = Service(self)
        screen = self.watch("grower", "--every", "1s", columns=100, rows=30)
        screen.wait_for("grower (pid", "sorted by growth")
        service.work(10)
        screen.wait_for("LoseSome", "+1.2 KiB")
        screen.press("s")
        screen.wait_for("sorted by now")
        screen.press("g")
        screen.wait_for("by client", "(none)")
        for name in ("topic", "region", "thread"):
            screen.press("g")
            screen.wait_for(f"by {name}")
        screen.wait_for("grower")
        screen.press("g", "g", "s", "s", "s")
        screen.wait_for("by function, sorted by growth")
        screen.press("m")
        screen.wait_for("(the mark)")
        service.work(5)
        screen.wait_for("+600 B")  # 5 rounds since then
        screen.press("c")
        screen.wait_for("+1.8 KiB")
        screen.press("p")
        lines = screen.wait_for("PAUSED")  # the rows stand still
        header = next(number for number, line in enumerate(lines) if "FUNCTION" in line)
        function = lines[header + 2].split("  ")[-2].strip()
        screen.press("Down", "Enter")
        screen.wait_for(f"stack of {function}", f"> {function}", "> main")
        screen.press("w")
        screen.wait_for(f"why {function}", " in ", "blocks")
        screen.press("q")
        screen.press("o")
        screen.wait_for("owners of grower", "OWNER")
        screen.press("q", "p")
        screen.wait_without("PAUSED")
        screen.press("W")
        screen.wait_for("snapshot: grower-")
        self.assertEqual(len(list(self.folder.glob("grower-*.pb.gz"))), 1)
        screen.press("?")
        screen.wait_for("page up", "begins no generation")
        screen.press("q", "t")
        screen.wait_for("resources of its own by function")
        screen.press("q")
        screen.wait_for("LEFT 0")
        screen.assert_restored()

    def test_all_processes_come_and_go(self):
        screen = self.watch("--every", "1s")
        screen.wait_for("no recorded process yet")
        first, second = Service(self), Service(self)
        screen.wait_for("2 processes")
        first.work(1)
        first.stop()
        lines = screen.wait_for("ended", "alive")
        self.assertIn("alive", next(line for line in lines if "grower" in line))  # those that run come first
        third = Service(self)
        screen.wait_for("3 processes")
        screen.press("Enter")
        screen.wait_for("grower (pid", "sorted by")
        screen.press("q")
        self.mqtrack("clean")  # takes the log of the one that ended
        screen.wait_for("its log was removed")
        screen.wait_for("2 processes")
        second.work(1)
        third.work(1)
        screen.press("q")
        screen.wait_for("LEFT 0")

    def test_every_way_to_leave_restores_the_terminal(self):
        Service(self)
        for key, signal_number, code in (("C-c", None, 0), (None, signal.SIGTERM, 143), (None, signal.SIGHUP, 129),
                                         ("q", None, 0)):
            with self.subTest(key=key, signal=signal_number):
                screen = self.watch("grower")
                screen.wait_for("grower (pid", "q leave")
                if key:
                    screen.press(key)
                else:
                    os.kill(pid_of(screen, "mqtrack"), signal_number)
                screen.wait_for(f"LEFT {code}")
                screen.assert_restored()
                screen.tmux("kill-server")

    def test_stopped_and_continued(self):
        Service(self)
        screen = self.watch("grower")
        screen.wait_for("grower (pid", "q leave")
        screen.press("C-z")
        screen.wait_for("Stopped")
        self.assertEqual(screen.tmux("display-message", "-p", "-t", "w", "#{alternate_on}").strip(), "0")
        screen.type("fg\r")
        screen.wait_for("grower (pid", "q leave")
        screen.press("q")
        screen.assert_restored()

    def test_every_size(self):
        service = Service(self)
        screen = self.watch("grower", "--every", "1s")
        screen.wait_for("grower (pid")
        for columns, rows in ((1, 2), (1, 24), (2, 2), (10, 3), (40, 6), (80, 24), (200, 60), (300, 5)):
            screen.resize(columns, rows)
            service.work(1)
            screen.wait_for("grower"[:min(6, columns)])
            screen.press("?", "Down", "PageDown", "End", "Home", "q", "g", "s", "t")
        screen.resize(80, 24)
        screen.wait_for("grower (pid", "q leave")
        screen.press("q")
        screen.wait_for("LEFT 0")

    def test_hostile_names(self):
        service = GoService(self, {"mqtt_client": EVIL, "thread": EVIL}, EVIL)
        screen = self.watch(service.url, "--every", "1s")
        screen.wait_for("evil?[2J", "+1000 B")
        screen.press("g")
        lines = screen.wait_for("by client", "evil?[2J")
        self.assertEqual(len(lines), 24)
        self.assertNotEqual(screen.tmux("display-message", "-p", "-t", "w", "#{pane_title}").strip(), "title")
        screen.press("g", "g", "g", "Enter")
        screen.wait_for("stack of evil?[2J")
        text = self.mqtrack("watch", service.url, "--once").stdout
        self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u202e]")

    def test_a_go_service_that_goes_away_and_comes_back(self):
        service = GoService(self)
        screen = self.watch(service.url, "--every", "1s")
        screen.wait_for("service", "alive", "leak")
        service.fails = True
        screen.wait_for("no answer", "503", "leak")
        service.fails = False
        screen.wait_without("no answer")
        screen.wait_for("alive")

    def test_leaving_while_a_service_does_not_answer(self):
        service = GoService(self)
        self.addCleanup(service.goes_on.set)
        screen = self.watch(service.url, "--every", "1s")
        screen.wait_for("alive", "leak")
        service.goes_on.clear()
        answers = service.answers
        screen.press("s")
        screen.wait_for("sorted by now")  # keys are answered all the same
        self.assertLessEqual(service.answers, answers + 1)
        screen.press("q")
        screen.wait_for("LEFT 0")
        screen.assert_restored()

    def test_colour(self):
        service = Service(self)
        for before, wanted in (("", True), ("NO_COLOR=1 ", False), ("TERM=vt100 ", False)):
            with self.subTest(before):
                screen = self.watch("grower", "--every", "1s", before=before)
                screen.wait_for("grower (pid", "q leave")
                service.work(3)
                screen.wait_for("LoseSome", "+360 B")
                self.assertEqual("\x1b[31m" in screen.text("-e"), wanted)
                screen.tmux("kill-server")

    def test_a_terminal_that_cannot_place_a_cursor(self):
        Service(self)
        for terminal in ("dumb", "no-such-terminal", ""):
            screen = self.watch("grower", "--every", "1s", before=f"TERM={terminal} ", columns=200)
            screen.wait_for("grower", "alive: live bytes")
            os.kill(pid_of(screen, "mqtrack"), signal.SIGTERM)
            screen.wait_for("LEFT 143")
            screen.tmux("kill-server")

    def test_a_locale_without_utf8(self):
        service = Service(self)
        screen = self.watch("grower", "--every", "1s", before="LC_ALL=C ")
        service.work(3)
        lines = screen.wait_for("grower (pid", "_")
        self.assertTrue(all(line.isascii() for line in lines), lines)

    # --- lines

    def test_once(self):
        self.assertIn("no recorded process", self.mqtrack("watch", "--once", expect=3).stdout)
        service = Service(self)
        service.work(4)
        text = self.mqtrack("watch", "--once").stdout
        self.assertRegex(text, r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d grower \d+ alive: live bytes .*; not judged\n\Z")
        document = json.loads(self.mqtrack("watch", "grower", "--once", "--json").stdout)
        self.assertEqual(document["schema"], "mqtrack-watch/1")
        process = document["processes"][0]
        top = json.loads(self.mqtrack("top", "grower", "--format", "json").stdout)
        self.assertEqual(process["sample_types"][0]["value"], top["total"]["value"])
        self.assertEqual((process["generation"], process["verdicts"]), (0, None))
        lost = next(site for site in process["sites"] if site["function"].endswith("LoseSome"))
        self.assertEqual((lost["value"], lost["growth"]), (600, 0))

    def watcher(self):
        """One for scripts, and the file that its looks are written to."""
        log = self.folder / "watched"
        with open(log, "wb") as out:
            watcher = subprocess.Popen([paths.MQTRACK, "watch", "--json", "--every", "1s"], env=self.environment,
                                       stdout=out, stdin=subprocess.DEVNULL)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)
        return watcher, log

    def test_a_line_for_each_look(self):
        service = Service(self)
        watcher, log = self.watcher()

        def growth():
            complete = log.read_text().rpartition("\n")[0]
            return json.loads(complete.split("\n")[-1])["processes"][0]["sample_types"][0]["growth"] if complete else None
        wait_until("the first look", lambda: growth() is not None)
        service.work(20)
        wait_until("growth", lambda: (growth() or 0) > 2000)
        end(watcher.pid, signal.SIGTERM)
        self.assertEqual(watcher.wait(300), -signal.SIGTERM)
        pid = service.process.pid
        self.assertIn("grower", self.mqtrack("watch", pid, "--once").stdout)  # that of mqtrack run: the one below it

    def test_a_process_that_is_gone_is_told_of_once(self):
        first = Service(self)
        Service(self)
        _, log = self.watcher()

        def states():
            """Of each look, as far as it is written."""
            looks = log.read_text().rpartition("\n")[0].split("\n")
            return [[process["state"] for process in json.loads(look)["processes"]] for look in looks if look]
        wait_until("both", lambda: states()[-1:] == [["alive", "alive"]])
        first.stop()
        wait_until("its end", lambda: "ended" in states()[-1])
        self.mqtrack("clean")
        wait_until("its log to be gone", lambda: ["alive", "log removed"] in states())
        gone = states().index(["alive", "log removed"])
        wait_until("three more looks", lambda: len(states()) > gone + 3)
        self.assertEqual(states()[gone + 1:gone + 4], [["alive"]] * 3)

    def test_lines_are_left_by_an_interruption(self):
        Service(self)
        # The log of the started process gets what is printed. ^C leaves as on a screen; SIGTERM ends it as a signal does.
        for number, code in ((signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)):
            with self.subTest(number):
                watch = self.start(f"lines-{number}", paths.MQTRACK, "watch", "--every", "1h")
                wait_until("a look to be printed", lambda: "grower" in watch.text())  # pylint: disable=cell-var-from-loop
                os.kill(watch.pid, number)
                self.assertEqual(watch.wait(), code, watch.text())

    def test_a_reader_that_goes_away(self):
        Service(self)
        watcher = subprocess.Popen([paths.MQTRACK, "watch", "--every", "1s"], env=self.environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.assertIn("grower", watcher.stdout.readline())
        watcher.stdout.close()
        self.assertEqual(watcher.wait(300), 0)

    def test_what_is_refused(self):
        Service(self)
        self.assert_one_clear_line(self.mqtrack("watch", "nobody", "--once", expect=2), "nobody")
        self.assert_one_clear_line(self.mqtrack("watch", "--every", "0s", expect=2), "--every 0s", "say 1s")
        self.assert_one_clear_line(self.mqtrack("watch", "--every", "soon", expect=2), "--every soon")

    def test_many_processes(self):
        count = 50 if os.environ.get("MQTRACK_LONG_TESTS") else 8
        services = [Service(self) for _ in range(count)]
        for service in services:
            service.work(1)
        document = json.loads(self.mqtrack("watch", "--once", "--json").stdout)
        self.assertEqual([process["is_current"] for process in document["processes"]], [True] * count)
        screen = self.watch("--every", "1s", rows=10)
        screen.wait_for(f"{count} processes")
        screen.press("End")
        screen.press("Enter")
        screen.wait_for("grower (pid", "sorted by growth")


if __name__ == "__main__":
    unittest.main()
