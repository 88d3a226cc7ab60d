"""The page of `mqtrack serve` in a real browser: two moments by click and by key, the growth between them, its pictures."""
import json
import shutil
import unittest

from harness.waiting import wait_until
from serve_test import Server
from served_page import ServedPage

LEFT, RIGHT, ENTER, ESCAPE, HOME, END = "\ue012", "\ue014", "\ue007", "\ue00c", "\ue011", "\ue010"


@unittest.skipUnless(shutil.which("chromedriver"), "chromedriver (package chromium-driver) is not installed")
class ServePageTest(ServedPage):
    def test_two_moments_by_click(self):
        self.let_it_leak(6)
        self.open()
        self.assertEqual(self.text("h1"), "mosquitto")
        chart = "document.querySelector('svg[data-type=inuse_space]').getBoundingClientRect()"
        for share in (0.02, 0.98):
            x, y = self.run_script(f"[{chart}.left + {chart}.width * arguments[0], {chart}.top + {chart}.height / 2]", share)
            self.browser.point_at(int(x), int(y), click=True)
        wait_until("the growth", lambda: self.text("#view caption").startswith("What changed"))
        self.assertGreater(self.count("svg .base"), 2)
        self.assertRegex(self.text("#view tbody td"), r"\A\+[\d.]+ [KM]iB\Z")
        culprit = "RememberLastValue"
        self.assertIn(culprit, self.text("#view tbody th"))
        self.assertNotIn("0 B", [self.run_script("document.querySelectorAll('#view tbody tr')[arguments[0]].cells[0].innerText", row)
                                 for row in range(self.count("#view tbody tr"))])
        self.shot("top")
        self.browser.click(self.browser.find("#tab-flame"))
        wait_until("the flame graph", lambda: self.count("#view iframe") == 1)
        self.browser.enter_frame(self.browser.find("#view iframe"))
        wait_until("its boxes", lambda: self.run_script("document.documentElement.textContent.includes(arguments[0])", culprit))
        self.browser.enter_frame(None)
        self.shot("flame")
        for tab, shown in (("graph", "#view iframe"), ("threads", "#view details"), ("files", "#view a[download]")):
            self.browser.click(self.browser.find(f"#tab-{tab}"))
            wait_until(tab, lambda: self.count(shown) >= 1)
            self.shot(tab)
        self.assert_quiet()

    def test_the_list_asks_after_each_answer_and_only_if_it_is_seen(self):
        self.browser.open(self.server.url)
        wait_until("the list", lambda: self.count("tbody tr") == 1)
        # From here on the test is the clock, and sees what is asked.
        self.run_script("""(() => {
            window.due = []; window.asked = []; window.hiddenNow = false; window.answers = true;
            window.setTimeout = (work) => { window.due.push(work); return 0; };
            const real = window.fetch;
            window.fetch = (...words) => { window.asked.push(words[0]);
                return window.answers ? real(...words) : new Promise((go) => { window.go = () => go(real(...words)); }); };
            Object.defineProperty(document, "hidden", {get: () => window.hiddenNow, configurable: true});
            document.querySelector("tbody tr").id = "the-same";
        })()""")
        asked = lambda: self.run_script("window.asked.length")
        due = lambda: self.run_script("window.due.length")

        def tick():
            self.run_script("window.due.shift()()")
        wait_until("the real clock's last look", lambda: due() == 1)
        before = asked()
        tick()
        wait_until("the next one to be due", lambda: due() == 1)
        self.assertEqual(asked(), before + 1)
        self.assertEqual(self.count("#the-same"), 1, "nothing changed, and it was drawn anew")
        self.run_script("window.answers = false")
        tick()
        self.assertEqual((asked(), due()), (before + 2, 0), "the next look waits for the answer")
        self.run_script("(window.answers = true, window.go())")
        wait_until("it to come", lambda: due() == 1)
        # Nobody looks.
        self.run_script("(window.hiddenNow = true)")
        tick()
        self.assertEqual((asked(), due()), (before + 2, 0))
        other = self.recorded_broker()
        self.run_script("(window.hiddenNow = false, document.dispatchEvent(new Event('visibilitychange')))")
        self.assertEqual(asked(), before + 3)

        def both():
            if due():
                tick()
            return self.count("tbody tr") == 2
        wait_until("what is new", both)
        self.assertIn(str(other.pid), self.text("tbody"))
        self.run_script("document.dispatchEvent(new Event('visibilitychange'))")
        wait_until("one look to be due", due)
        self.assertEqual(due(), 1)

    def test_the_nearest_moment_and_the_address(self):
        self.let_it_leak(7)
        self.server.process.stop()
        before = len(list((self.folder / "history").rglob("*.pb.gz")))
        self.server = Server(self, "--history", self.folder / "history", "--every", "1h")
        course = lambda: json.loads(self.server.text("/mosquitto/api/history"))["recordings"][0]
        wait_until("the only look of an hour", lambda: len(course()["snapshots"]) > before)
        self.open()
        times, kept = [one["t"] for one in course()["totals"] if "inuse_space" in one["v"]], course()["snapshots"]
        pages = self.run_script("window.history.length")
        chart = "document.querySelector('svg[data-type=inuse_space]').getBoundingClientRect()"
        for share in (0.01, 0.2, 0.37, 0.5, 0.63, 0.81, 0.99):
            self.browser.press(ESCAPE)
            self.browser.click(self.browser.find("#clear"))
            x, y, left, width = self.run_script(f"(({{left, top, width, height}}) => [Math.round(left + width * arguments[0]), "
                                                f"Math.round(top + height / 2), left, width])({chart})".replace("arguments[0]", str(share)))
            self.browser.point_at(x, y, click=True)
            wait_until("it to be picked", lambda: self.text("#from") != "the start")
            time = times[0] + ((x - left) / width * 600 - 6) / 588 * (times[-1] - times[0])
            nearest = min(kept, key=lambda one: (abs(one - time), one))  # pylint: disable=cell-var-from-loop
            self.assertEqual(self.run_script("location.hash").split("&")[0], f"#base={nearest}")
        self.assertEqual(self.run_script("window.history.length"), pages, "each pick is no page of its own")
        self.assert_quiet()

    def test_by_keyboard(self):
        self.let_it_leak(4)
        self.open()
        self.run_script("document.querySelector('svg[data-type=inuse_space]').focus()")
        self.browser.press(HOME, ENTER)
        wait_until("the first moment", lambda: self.text("#from") != "the start")
        self.browser.press(END, LEFT, RIGHT, ENTER)
        wait_until("the second moment", lambda: self.text("#to") != "now")
        wait_until("the growth", lambda: self.text("#view caption").startswith("What changed"))
        self.browser.press(ESCAPE)
        wait_until("none", lambda: self.text("#from") == "the start" and self.text("#to") == "now")
        self.browser.click(self.browser.find("#tab-top"))
        self.browser.press(RIGHT)
        wait_until("the next tab", lambda: self.run_script("document.activeElement.id") == "tab-source")
        self.assert_quiet()

    def test_on_a_phone_and_in_the_dark(self):
        self.let_it_leak(3)
        self.browser.prefer_dark()
        self.browser.resize(400, 800)
        self.open()
        self.assertLessEqual(self.run_script("document.documentElement.scrollWidth"), 400)
        self.assertEqual(self.run_script("getComputedStyle(document.body).backgroundColor"), "rgb(13, 17, 23)")
        self.shot("phone")
        self.assert_quiet()


if __name__ == "__main__":
    unittest.main()
