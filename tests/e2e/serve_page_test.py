"""The page of `mqtrack serve` in a real browser: two moments by click and by key, the growth between them, its pictures."""
import os
import pathlib
import shutil
import sys
import unittest

from harness.case import EndToEnd
from harness.waiting import wait_until
from serve_test import Server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "browser"))
from webdriver import Browser  # pylint: disable=wrong-import-position

LEFT, RIGHT, ENTER, ESCAPE, HOME, END = "\ue012", "\ue014", "\ue007", "\ue00c", "\ue011", "\ue010"


@unittest.skipUnless(shutil.which("chromedriver"), "chromedriver (package chromium-driver) is not installed")
class ServePageTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.broker = self.recorded_broker(plugin="leaky", leak_bytes=5000)
        self.broker.publish("house/temperature", range(20))  # what it makes for its first client is no growth
        self.server = Server(self, "--history", self.folder / "history", "--every", "1s")
        self.browser = self.enterContext(Browser())
        self.browser.resize(1280, 900)

    def run_script(self, script, *arguments):
        return self.browser.run("return " + script, *arguments)

    def count(self, selector):
        return self.run_script("document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector):
        return self.run_script("(document.querySelector(arguments[0]) || {innerText: ''}).innerText", selector)

    def shot(self, name):
        """Where somebody wants to look at them."""
        if folder := os.environ.get("MQTRACK_SCREENSHOTS"):
            self.run_script("(document.querySelector('#view') || document.body).scrollIntoView()")
            pathlib.Path(folder, name + ".png").write_bytes(self.browser.screenshot())

    def let_it_leak(self, files):
        def enough():
            self.broker.publish("house/temperature", range(20))
            return len(list((self.folder / "history").rglob("*.pb.gz"))) >= files
        wait_until("a history", enough)

    def assert_quiet(self):
        self.assertEqual(self.browser.console(), [])
        foreign = [url for url in self.browser.requested() if not url.startswith((self.server.url, "about:", "data:", "chrome"))]
        self.assertEqual(foreign, [])

    def open(self):
        self.browser.open(self.server.url)
        wait_until("the list", lambda: self.count("tbody tr") == 1)
        self.shot("list")
        self.browser.click(self.browser.find("tbody a"))
        wait_until("the charts", lambda: self.count("#charts figure") >= 3)
        wait_until("the first view", lambda: self.text("#view caption").startswith("What is there"))

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
        wait_until("the next tab", lambda: self.run_script("document.activeElement.id") == "tab-flame")
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
