"""The page of a diagnosis in a real browser: complete without a network, on a narrow screen, in the dark, by keyboard."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from webdriver import Browser, colours_of

TAB = "\ue004"

HEADINGS = """
  return Array.from(document.querySelectorAll('h1,h2,h3,h4')).map(function (h) { return parseInt(h.tagName[1], 10); });
"""
# Text of less contrast than WCAG's AA asks for, or too small to be read.
HARD_TO_READ = """
  function parts(colour) { return colour.match(/[0-9.]+/g).map(Number); }
  function light(colour) {
    var c = parts(colour).slice(0, 3).map(function (v) {
      v /= 255;
      return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  }
  function behind(element) {
    for (; element; element = element.parentElement) {
      var colour = getComputedStyle(element).backgroundColor;
      var c = parts(colour);
      if (c.length === 3 || c[3] > 0) return colour;
    }
    return 'rgb(255,255,255)';
  }
  var bad = [];
  document.querySelectorAll('body *').forEach(function (element) {
    var own = Array.from(element.childNodes).some(function (n) { return n.nodeType === 3 && n.textContent.trim(); });
    var box = element.getBoundingClientRect();
    if (!own || box.width === 0 || element.tagName === 'SCRIPT' || element.tagName === 'title') return;
    var style = getComputedStyle(element);
    var svg = element.ownerSVGElement;
    var scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    var a = light(svg ? style.fill : style.color), b = light(behind(element));
    var contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5 || parseFloat(style.fontSize) * scale < 10) {
      bad.push(element.tagName + '.' + element.getAttribute('class') + ' "' + element.textContent.slice(0, 30) + '" ' +
               contrast.toFixed(1) + ' ' + parseFloat(style.fontSize) * scale);
    }
  });
  return bad;
"""


@unittest.skipUnless(shutil.which("chromedriver"), "chromedriver (package chromium-driver) is not installed")
class DiagnosisPageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mqtrack-diagnosis-page-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        subprocess.run([os.environ["MQTRACK_SAMPLE_PICTURES"], cls.folder], check=True, timeout=300)

    def setUp(self):
        self.browser = self.enterContext(Browser())

    def open(self, name="diagnosis.html", width=1280):
        self.browser.resize(width, 900)
        self.browser.console()
        self.browser.requested()
        self.browser.open((self.folder / name).as_uri())

    def assert_quiet(self):
        self.assertEqual(self.browser.console(), [])
        foreign = [url for url in self.browser.requested() if not url.startswith(("file:", "about:", "data:"))]
        self.assertEqual(foreign, [])

    def count(self, selector):
        return self.browser.run("return document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).innerText", selector)

    def assert_fits(self):
        self.assertLessEqual(*self.browser.run("var e = document.documentElement; return [e.scrollWidth, e.clientWidth]"))

    def test_it_says_what_the_diagnosis_says(self):
        self.open()
        self.assertIn("1 lost site, 1 leak, 1 backlog, 1 inconclusive site", self.text("h1"))
        self.assertEqual(self.count(".card"), 4)
        self.assertEqual(self.browser.run("return Array.from(document.querySelectorAll('.card .badge')).map("
                                          "function (b) { return b.textContent; })"),
                         ["lost", "leak", "inconclusive", "backlog"])
        self.assertEqual(self.count(".spark"), 4)
        self.assertEqual(self.count(".bars rect"), 4 * 3)
        self.assertGreaterEqual(self.count(".plot"), 4)
        self.assert_quiet()

    def test_headings_go_down_step_by_step(self):
        self.open()
        levels = self.browser.run(HEADINGS)
        self.assertEqual(levels.count(1), 1)
        self.assertEqual(levels[0], 1)
        for above, below in zip(levels, levels[1:]):
            self.assertLessEqual(below, above + 1, levels)

    def test_it_can_be_read_in_every_light_and_width(self):
        for dark in (False, True):
            if dark:
                self.browser.prefer_dark()
            for width in (1280, 400):
                with self.subTest(dark=dark, width=width):
                    self.open(width=width)
                    self.assertEqual(self.browser.run(HARD_TO_READ), [])
                    self.assert_fits()
        colours = colours_of(self.browser.screenshot())
        self.assertEqual(max(colours, key=lambda c: colours[c] if c != (0x1d, 0x22, 0x28) else 0), (0x14, 0x17, 0x1b))

    def test_the_keyboard_reaches_what_can_be_used(self):
        self.open()
        reached = set()
        for _ in range(60):
            self.browser.press(TAB)
            reached.add(self.browser.run("return document.activeElement.tagName"))
        self.assertLessEqual({"SUMMARY", "BUTTON"}, reached)

    def test_the_flame_graph_is_drawn_in_its_frame(self):
        self.open()
        self.browser.run("document.querySelector('.flame').scrollIntoView()")
        self.browser.enter_frame(self.browser.find("iframe.flame"))
        self.assertGreater(self.count("g.f"), 3)
        self.assertEqual(self.count(".bar"), 1)
        self.assert_quiet()

    def test_it_is_whole_without_scripts(self):
        self.browser.without_scripts()
        self.open()
        self.assertEqual(self.count(".card"), 4)
        self.assertEqual(self.count("button"), 0)

    def test_printed_it_is_pages(self):
        self.open()
        self.assertTrue(self.browser.print_pdf().startswith(b"%PDF"))

    def test_hostile_names_stay_text(self):
        self.open("hostile_diagnosis.html", width=400)
        self.assertNotEqual(self.browser.run("return document.title"), "owned")
        self.assertEqual(self.count("script"), 1)
        self.assertEqual(self.count("img"), 0)
        self.assertIn("</script>", self.text(".card h3"))
        self.assertEqual(self.browser.run("""
          return Array.from(document.querySelectorAll('*')).filter(function (e) {
            return Array.from(e.attributes).some(function (a) { return a.name.indexOf('on') === 0; }); }).length"""), 0)
        self.assert_fits()
        self.assert_quiet()


if __name__ == "__main__":
    unittest.main()
