"""Both pictures in a real browser: drawn, hovered, clicked, searched, reset; nothing fetched, nothing logged."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from webdriver import Browser, colours_of

CONTROL, ESCAPE, ENTER, ARROW_DOWN, TAB = "\ue009", "\ue00c", "\ue007", "\ue015", "\ue004"

BOX = """
  var box = document.querySelector('g.f[aria-label^="' + arguments[0] + '"]');
  var rect = box.querySelector('rect').getBoundingClientRect();
  return {shown: getComputedStyle(box).display !== 'none', x: rect.x, y: rect.y, width: rect.width,
          height: rect.height, hit: box.classList.contains('hit')};
"""
NODE = """
  var name = arguments[0];
  var node = Array.from(document.querySelectorAll('g.node')).find(function (g) {
    return g.id !== 'legend' && g.textContent.indexOf(name) >= 0;
  });
  var rect = node.getBoundingClientRect();
  return {x: rect.x, y: rect.y, width: rect.width, height: rect.height, opacity: getComputedStyle(node).opacity,
          hit: node.classList.contains('hit'), chosen: node.classList.contains('chosen')};
"""
ALLOCATIONS = "calloc"


@unittest.skipUnless(shutil.which("chromedriver"), "chromedriver (package chromium-driver) is not installed")
class PicturesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mqtrack-pictures-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        subprocess.run([os.environ["MQTRACK_SAMPLE_PICTURES"], cls.folder], check=True, timeout=300)
        cls.browser = cls.enterClassContext(Browser())

    def open(self, name, fragment=""):
        self.url = (self.folder / name).as_uri()
        self.browser.console()
        self.browser.requested()
        self.browser.open(self.url + fragment)

    def tearDown(self):
        self.assertEqual(self.browser.console(), [])
        foreign = [url for url in self.browser.requested() if not url.startswith(("file:", "about:", "data:"))]
        self.assertEqual(foreign, [])

    def box(self, name):
        return self.browser.run(BOX, name)

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).textContent", selector)

    def click_box(self, name):
        box = self.box(name)
        self.browser.point_at(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, click=True)

    def assert_not_blank(self, name):
        png = self.browser.screenshot()
        (self.folder / name).write_bytes(png)
        colours = colours_of(png)
        self.assertGreater(len(colours), 20, f"{name} is all but blank")
        self.assertLess(max(colours.values()), 0.97 * sum(colours.values()), f"{name} is all but blank")

    # The flame graph.

    def test_flame_graph_fills_the_window(self):
        self.open("broker_flame.svg")
        self.assert_not_blank("flame.png")
        self.assertGreater(self.box("all")["width"], 1200)
        self.assertFalse(self.box(ALLOCATIONS)["shown"], "allocator frames start collapsed")

    def test_a_thousand_frames_are_a_page_and_not_a_wall(self):
        self.open("deep_flame.svg")
        self.assert_not_blank("deep.png")
        for name in ("main", "descend", "(frames left out)", "leaf", "shallow"):
            self.assertTrue(self.box(name)["shown"], name)
        self.assertLess(self.box("leaf")["y"], 300 * 20)
        self.assertIn("1 stack is deeper than 256 frames", self.text(".legend"))

    def test_hover_tells_what_a_box_is(self):
        self.open("broker_flame.svg")
        hint = self.text(".detail")
        box = self.box("plugin__handle_message")
        self.browser.point_at(box["x"] + 20, box["y"] + 8)
        details = self.text(".detail")
        for part in ("plugin__handle_message", "plugin.c:221 in mosquitto", "30.7 MiB (90.9 %)", "402,001 objects"):
            self.assertIn(part, details)
        self.browser.point_at(600, 2)
        self.assertEqual(self.text(".detail"), hint)

    def test_click_zooms_and_reset_restores(self):
        self.open("broker_flame.svg")
        before = self.box("net__socket_accept")
        whole = self.box("all")["width"]
        self.click_box("net__socket_accept")
        self.assertAlmostEqual(self.box("net__socket_accept")["width"], whole, delta=1)
        self.assertFalse(self.box("mux_epoll__handle")["shown"])
        self.assertTrue(self.box("main")["shown"], "callers stay in view")
        self.assertIn("#box=", self.browser.run("return location.href"))
        self.browser.run("Array.from(document.querySelectorAll('button')).pop().click()")
        self.assertEqual(self.box("net__socket_accept"), before)
        self.assertNotIn("#", self.browser.run("return location.href"))

    def test_click_on_the_root_and_escape_restore(self):
        self.open("broker_flame.svg")
        for restore in (lambda: self.click_box("all"), lambda: self.browser.press(ESCAPE)):
            self.click_box("net__socket_accept")
            self.assertFalse(self.box("mux_epoll__handle")["shown"])
            restore()
            self.assertTrue(self.box("mux_epoll__handle")["shown"])

    def test_search_marks_and_counts_overlaps_once(self):
        self.open("broker_flame.svg")
        self.browser.press(CONTROL, "f")
        self.browser.type("remember|onmessage")
        self.assertEqual(self.text("output"), "matched 90.9 % of the total")
        self.assertTrue(self.box("OnMessage")["hit"])
        self.assertFalse(self.box("main")["hit"])
        self.browser.press(ESCAPE)
        self.assertEqual(self.text("output"), "")
        self.assertFalse(self.box("OnMessage")["hit"])

    def test_a_wrong_expression_is_marked(self):
        self.open("broker_flame.svg")
        self.browser.click(self.browser.find("input"))
        self.browser.type("a[")
        self.assertEqual(self.text("output"), "not a regular expression")
        self.assertEqual(self.browser.run("return document.querySelector('input').className"), "wrong")

    def test_allocator_frames_open_by_their_marker(self):
        self.open("broker_flame.svg")
        marker = self.browser.run("var r = document.querySelector('rect.k').getBoundingClientRect();"
                                  "return [r.x + r.width / 2, r.y + 2]")
        self.browser.point_at(*marker)
        self.assertIn("Allocator frames:", self.text(".detail"))
        self.browser.point_at(*marker, click=True)
        self.assertTrue(self.box("operator new")["shown"])
        self.assertTrue(self.box(ALLOCATIONS)["shown"])
        self.browser.press(ESCAPE)
        self.assertFalse(self.box("operator new")["shown"])

    def test_keyboard_reaches_and_zooms_boxes(self):
        self.open("broker_flame.svg")
        for _ in range(2):  # the first stop is the document itself, which can be scrolled
            self.browser.press(TAB)
        self.assertTrue(self.browser.run("return document.activeElement.getAttribute('aria-label')").startswith("all"))
        for _ in range(5):
            self.browser.press(ARROW_DOWN)
        self.browser.press(ENTER)
        self.assertFalse(self.box("net__socket_accept")["shown"])
        self.assertIn("mux_epoll__handle", self.text(".detail"))

    def test_a_link_reopens_a_view(self):
        self.open("broker_flame.svg")
        self.click_box("net__socket_accept")
        self.browser.click(self.browser.find("input"))
        self.browser.type("context")
        address = self.browser.run("return location.hash")
        self.open("broker_flame.svg", address)
        self.assertFalse(self.box("mux_epoll__handle")["shown"])
        self.assertTrue(self.box("context__init")["hit"])
        self.open("broker_flame.svg", "#box=99999999&search=%ZZ&allocators=2")
        self.assertTrue(self.box("mux_epoll__handle")["shown"], "a mangled link opens the whole picture")

    def test_difference_is_red_and_blue(self):
        self.open("diff_flame.svg", "#search=retain__store")
        self.assertEqual(self.text("output"), "matched 2.8 % of all change")
        self.browser.press(ESCAPE)
        colours = colours_of(self.browser.screenshot())
        self.assertGreater(colours.get((0xe6, 0x6f, 0x62), 0), 50_000)
        self.assertGreater(colours.get((0x6a, 0x9f, 0xe4), 0), 500)

    def test_dark_mode_has_a_dark_page(self):
        with Browser() as browser:
            browser.open((self.folder / "broker_flame.svg").as_uri())
            browser.prefer_dark()
            colours = colours_of(browser.screenshot())
            self.assertEqual(max(colours, key=colours.get), (0x14, 0x17, 0x1b))
            self.assertNotIn((0xff, 0xff, 0xff), [colour for colour, count in colours.items() if count > 5_000])

    def test_still_picture_inside_a_page(self):
        page = self.folder / "page.html"
        page.write_text("<!doctype html><link rel=icon href='data:,'><img id=a src=broker_flame.svg><img src=broker_graph.svg>")
        self.open("page.html")
        self.assertEqual(self.browser.run("return [document.images[0].naturalWidth, document.images[1].naturalWidth > 200]"),
                         [1200, True])
        self.assert_not_blank("img.png")

    def test_an_empty_difference_says_so(self):
        self.open("empty_flame.svg")
        self.assertIn("Nothing grew between the two profiles", self.text(".nothing"))

    # Hostile names, in both.

    def test_hostile_names_stay_text(self):
        for name in ("hostile_flame.svg", "hostile_graph.svg"):
            self.open(name)
            self.browser.point_at(640, 300, click=True)
            self.browser.point_at(300, 200, click=True)
            self.assertNotEqual(self.browser.run("return document.title"), "owned")
            self.assertEqual(self.browser.run("return document.querySelectorAll('script').length"), 1)
            handlers = self.browser.run("return Array.from(document.querySelectorAll('*')).filter(function (e) {"
                                        "  return Array.from(e.attributes).some(function (a) {"
                                        "    return a.name.indexOf('on') === 0 || /href|src/.test(a.name); }); }).length")
            self.assertEqual(handlers, 0)

    # The call graph.

    def node(self, name):
        return self.browser.run(NODE, name)

    def test_graph_fits_the_window_and_zooms(self):
        self.open("broker_graph.svg")
        self.assert_not_blank("graph.png")
        before = self.node("Remember")
        self.assertGreaterEqual(before["y"], 0)
        self.assertLess(before["y"] + before["height"], 800)
        self.browser.wheel(640, 400, -600)
        self.browser.wait_until("the wheel zooms in", lambda: self.node("Remember")["width"] > 1.5 * before["width"])
        zoomed = self.node("Remember")
        self.browser.drag((200, 400), (300, 450))
        moved = self.node("Remember")
        self.assertAlmostEqual(moved["x"] - zoomed["x"], 100, delta=3)
        self.assertAlmostEqual(moved["y"] - zoomed["y"], 50, delta=3)
        self.browser.press(ESCAPE)
        self.assertAlmostEqual(self.node("Remember")["width"], before["width"], delta=0.5)

    def test_graph_click_shows_neighbours(self):
        self.open("broker_graph.svg")
        node = self.node("plugin__handle_message")
        self.browser.point_at(node["x"] + node["width"] / 2, node["y"] + node["height"] / 2, click=True)
        self.assertTrue(self.node("plugin__handle_message")["chosen"])
        self.assertEqual(self.node("OnMessage")["opacity"], "1")
        self.assertLess(float(self.node("net__socket_accept")["opacity"]), 0.5)
        self.browser.run("Array.from(document.querySelectorAll('button')).pop().click()")
        self.assertEqual(self.node("net__socket_accept")["opacity"], "1")

    def test_graph_search(self):
        self.open("broker_graph.svg")
        self.browser.press(CONTROL, "f")
        self.browser.type("history::remember")
        self.assertEqual(self.text("output"), "1 match")
        self.assertTrue(self.node("Remember")["hit"])
        self.assertLess(float(self.node("net__socket_accept")["opacity"]), 0.5)

    def test_graph_text_stays_in_its_box_in_a_wider_font(self):
        picture = (self.folder / "broker_graph.svg").read_text()
        self.assertIn("Helvetica,sans-serif", picture)
        (self.folder / "wide.svg").write_text(picture.replace("Helvetica,sans-serif", "DejaVu Sans Mono"))
        self.open("wide.svg")
        outside, squeezed = self.browser.run("""
          var texts = Array.from(document.querySelectorAll('g.node text'));
          function leaves(text) {
            var own = text.getBBox(), box = text.closest('g.node').querySelector('polygon').getBBox();
            return own.x < box.x || own.x + own.width > box.x + box.width;
          }
          return [texts.filter(leaves).map(function (text) { return text.textContent; }),
                  texts.filter(function (text) { return text.hasAttribute('textLength'); }).length];
        """)
        self.assertEqual(outside, [])
        self.assertGreater(squeezed, 3)

    def test_graph_tooltips_name_the_line_and_the_way(self):
        self.open("broker_graph.svg")
        titles = self.browser.run("return Array.from(document.querySelectorAll('a > title')).map("
                                  "function (t) { return t.textContent; })")
        self.assertTrue(any("Remember" in title and "leaky_plugin.cc:31" in title and "via std::string::_M_assign" in title
                            for title in titles), titles)


if __name__ == "__main__":
    unittest.main()
