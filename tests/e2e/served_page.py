"""A broker that leaks, a server with a history, and a browser: the base of what tries the pages of `mqtrack serve`."""
import os
import pathlib
import sys

from harness.case import EndToEnd
from harness.waiting import wait_until
from serve_test import Server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "browser"))
from webdriver import Browser  # pylint: disable=wrong-import-position


class ServedPage(EndToEnd):
    server_options = ()

    def setUp(self):
        super().setUp()
        self.broker = self.recorded_broker(plugin="leaky", leak_bytes=5000)
        self.broker.publish("house/temperature", range(20))  # what it makes for its first client is no growth
        self.server = Server(self, "--history", self.folder / "history", "--every", "1s", *self.server_options)
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
        def kept():
            return len(list((self.folder / "history").rglob("*.pb.gz")))
        before = kept()  # while the browser started

        def enough():
            self.broker.publish("house/temperature", range(20))
            return kept() >= before + files
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
