"""A headless Chromium, driven over plain WebDriver HTTP: Debian's chromium-driver and the standard library."""
import base64
import json
import re
import shutil
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zlib

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
CHROMIUM_FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync",
                  "--window-size=1280,800", "--force-device-scale-factor=1"]


class Browser:
    """One browser with a profile of its own. Use as a context manager; everything it started ends with it."""

    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="mqtrack-browser-")
        self._driver = subprocess.Popen(["chromedriver", "--port=0", "--allowed-ips=127.0.0.1"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self._driver.stdout:
            started = re.search(r"started successfully on port (\d+)", line)
            if started:
                break
        else:
            raise RuntimeError("chromedriver ended before it said its port")
        self._root = f"http://127.0.0.1:{started.group(1)}"
        options = {"args": CHROMIUM_FLAGS + [f"--user-data-dir={self._profile}"]}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        reply = self._request("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._root += f"/session/{reply['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._request("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait(timeout=300)
            self._driver.stdout.close()
            shutil.rmtree(self._profile, ignore_errors=True)

    def _request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._root + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=300) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {json.load(error)['value']['message']}") from None

    def open(self, url):
        # By way of an empty page: a change of the fragment alone would not load anything.
        self._request("POST", "/url", {"url": "about:blank"})
        self._request("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self._request("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self._request("POST", "/element", {"using": "css selector", "value": selector})

    def click(self, element):
        self._request("POST", f"/element/{element[ELEMENT]}/click", {})

    def point_at(self, x, y, click=False):
        """Moves the mouse to a place in the window, as a hand would: no element is named."""
        actions = [{"type": "pointerMove", "duration": 0, "x": int(x), "y": int(y)}]
        if click:
            actions += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._act({"type": "pointer", "id": "mouse", "actions": actions})

    def drag(self, start, end):
        self._act({"type": "pointer", "id": "mouse", "actions": [
            {"type": "pointerMove", "duration": 0, "x": start[0], "y": start[1]}, {"type": "pointerDown", "button": 0},
            {"type": "pointerMove", "duration": 50, "x": end[0], "y": end[1]}, {"type": "pointerUp", "button": 0}]})

    def wheel(self, x, y, delta):
        self._act({"type": "wheel", "id": "wheel", "actions": [
            {"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": delta, "duration": 0}]})

    def press(self, *keys):
        actions = [{"type": "keyDown", "value": key} for key in keys]
        actions += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def type(self, text):
        for character in text:
            self.press(character)

    def _act(self, source):
        self._request("POST", "/actions", {"actions": [source]})

    def _command(self, name, **parameters):
        """One of Chromium's own, where WebDriver has none."""
        return self._request("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def prefer_dark(self):
        self._command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    def resize(self, width, height):
        self._command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def without_scripts(self):
        """Of pages that are opened from now on."""
        self._command("Emulation.setScriptExecutionDisabled", value=True)

    def print_pdf(self):
        return base64.b64decode(self._command("Page.printToPDF", printBackground=False)["data"])

    def enter_frame(self, element):
        self._request("POST", "/frame", {"id": element})

    def console(self):
        """What the page wrote to the console since the last call, errors included."""
        return [entry["message"] for entry in self._request("POST", "/se/log", {"type": "browser"})]

    def requested(self):
        """URLs asked for since the last call."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self._request("POST", "/se/log", {"type": "performance"})]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def screenshot(self):
        return base64.b64decode(self._request("GET", "/screenshot"))

    def wait_until(self, what, condition, seconds=120):
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not so after {seconds} s")


def colours_of(png):
    """How often each colour occurs in an 8-bit RGB or RGBA image: {(r, g, b): pixels}."""
    at, data, header = 8, b"", None
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        chunk = png[at + 8:at + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", chunk)
        elif kind == b"IDAT":
            data += chunk
        at += 12 + length
    width, height, depth, colour_type = header[:4]
    size = {2: 3, 6: 4}[colour_type]
    assert depth == 8
    raw, stride, counts = zlib.decompress(data), width * size, {}
    above = bytearray(stride)
    for row in range(height):
        start = row * (stride + 1)
        line = bytearray(raw[start + 1:start + 1 + stride])
        _unfilter(raw[start], line, above, size)
        for x in range(0, stride, size):
            colour = (line[x], line[x + 1], line[x + 2])
            counts[colour] = counts.get(colour, 0) + 1
        above = line
    return counts


def _unfilter(kind, line, above, size):
    if kind == 0:
        return
    for i in range(len(line)):
        left = line[i - size] if i >= size else 0
        corner = above[i - size] if i >= size else 0
        if kind == 1:
            predicted = left
        elif kind == 2:
            predicted = above[i]
        elif kind == 3:
            predicted = (left + above[i]) // 2
        else:
            base = left + above[i] - corner
            predicted = min((left, above[i], corner), key=lambda value: abs(base - value))
        line[i] = (line[i] + predicted) & 0xff
