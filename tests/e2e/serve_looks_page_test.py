"""Owners, holding chains and source lines on the page of `mqtrack serve`, by clicks and by keys in a real browser."""
import shutil
import unittest

from harness.mqtt_client import MqttClient
from harness.paths import SOURCE
from harness.waiting import wait_until
from served_page import ServedPage

ENTER, TAB = "\ue007", "\ue004"
CULPRIT = "RememberLastValue"


@unittest.skipUnless(shutil.which("chromedriver"), "chromedriver (package chromium-driver) is not installed")
class ServeLooksPageTest(ServedPage):
    server_options = ("--source-path", SOURCE)

    def click(self, selector):
        self.run_script("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self.browser.click(self.browser.find(selector))

    def looks(self):
        """What the page has asked since the last call for which the broker stands still."""
        return [url for url in self.browser.requested() if "/api/look/" in url]

    def row_button(self, kind):
        """A selector of that button in the culprit's row; the source of a function names it too, in rows without."""
        def row():
            return 1 + self.run_script("[...document.querySelectorAll('#view tbody tr')].findIndex((one) => one.innerText.includes("
                                       "arguments[0]) && one.querySelector(arguments[1]))", CULPRIT, f"button.{kind}")
        number = wait_until("the culprit's row", row)
        return f"#view tbody tr:nth-child({number}) button.{kind}"

    def test_owners_are_looked_for_by_a_click_only(self):
        self.enterContext(MqttClient(self.broker.port, "pump7"))
        self.open()
        self.click("#tab-owners")
        wait_until("the view", lambda: self.count("#look-owners"))
        self.assertEqual(self.looks(), [])
        self.click("#look-owners")
        wait_until("the owners", lambda: self.text("#live-owners caption").startswith("Whose the live heap is"))
        self.assertRegex(self.text("#live-owners .still"), r"\Amosquitto stood still for [\d.]+ ms")
        self.assertEqual(len(self.looks()), 1)
        self.assertIn("client pump7", self.text("#live-owners tbody"))
        self.shot("owners")
        # From an owner to what holds it: another question, and another click.
        self.click("#live-owners tbody tr:first-child button.held")
        wait_until("the question", lambda: self.count("#look-chains"))
        self.assertEqual(self.looks(), [])
        self.assertEqual(self.run_script("document.activeElement.id"), "tab-holders")
        self.assertTrue(self.run_script("document.querySelector('#asked').value"))
        self.assert_quiet()

    def test_who_holds_a_row_of_top(self):
        self.open()
        self.click(self.row_button("held"))
        wait_until("the question", lambda: self.count("#look-chains"))
        self.assertIn(CULPRIT, self.run_script("document.querySelector('#asked').value"))
        self.assertEqual(self.looks(), [])

        def chains():
            self.click("#look-chains")
            wait_until("an answer", lambda: self.text("#chains"))
            return self.count("#chains .chain")
        wait_until("the chains", chains)
        self.assertIn("stood still for", self.text("#chains .still"))
        self.assertIn(CULPRIT, self.text("#chains .chain ol"))
        self.shot("chains")
        self.assert_quiet()

    def test_the_source_of_a_row(self):
        self.open()
        self.click(self.row_button("source"))
        wait_until("the source", lambda: self.count("#view tr.hit"))
        self.assertIn("last_value_leaky.cc", self.text("#view caption"))
        self.assertRegex(self.text("#view tr.hit"), r"[\d.]+ [KM]?i?B")
        self.assertEqual(self.looks(), [])
        self.shot("source")
        # The address holds it.
        self.browser.open(self.run_script("location.href"))
        wait_until("the source again", lambda: self.count("#view tr.hit"))
        self.assert_quiet()

    def test_by_keyboard_on_a_phone_in_the_dark(self):
        self.browser.prefer_dark()
        self.browser.resize(400, 800)
        self.open()
        self.run_script("document.querySelector(arguments[0]).focus()", self.row_button("source"))
        self.browser.press(ENTER)
        wait_until("the source", lambda: self.count("#view tr.hit"))
        self.assertEqual(self.run_script("document.activeElement.id"), "tab-source")
        self.assertLessEqual(self.run_script("document.documentElement.scrollWidth"), 400)
        self.shot("phone-source")
        self.run_script("document.querySelector('#tab-top').click()")
        self.run_script("document.querySelector(arguments[0]).focus()", self.row_button("held"))
        self.browser.press(ENTER)
        wait_until("the question", lambda: self.count("#look-chains"))
        self.run_script("document.querySelector('#asked').focus()")
        self.browser.press(TAB)
        self.assertEqual(self.run_script("document.activeElement.id"), "look-chains")
        self.browser.press(ENTER)
        wait_until("the chains", lambda: self.count("#chains .chain"))
        self.assertLessEqual(self.run_script("document.documentElement.scrollWidth"), 400)
        self.shot("phone-chains")
        self.assert_quiet()


if __name__ == "__main__":
    unittest.main()
