"""Real leaks: of users of libmosquitto and of Paho, and of a plugin of the stock broker. What mqtrack leaks says of the
running process is what LeakSanitizer and memcheck say at its end, block for block: for each function that loses
something the same number of blocks and bytes."""
import collections
import json
import pathlib
import re
import shutil
import subprocess
import unittest
from xml.etree import ElementTree

from harness import processes
from harness.broker import Broker
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import PROGRAMS, find_program
from harness.waiting import wait_until

MESSAGES, LEAK_BYTES = 25, 1237  # no other block has that many
VALGRIND = ("valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible", "--num-callers=60",
            "--keep-debuginfo=yes", "--xml=yes")
LSAN_OPTIONS = "max_leaks=0:fast_unwind_on_malloc=0:malloc_context_size=60:exitcode=0"


def who(functions):
    """The function of the program or the plugin that has lost it: the innermost, of those that do."""
    return next((name for name in functions if name.startswith("lose_") or name == "RememberLastValue"), "another")


def bare(function):
    return function.replace("(anonymous namespace)::", "").split("(")[0].split("::")[-1]


def leak_sanitizer():
    """Its library, to be preloaded into a broker as it is."""
    asked = subprocess.run(["gcc", "-print-file-name=liblsan.so"], capture_output=True, text=True, check=False)
    library = pathlib.Path(asked.stdout.strip())
    return library if asked.returncode == 0 and library.is_absolute() and library.exists() else None


class RealLeaksTest(EndToEnd):
    def ours(self, target):
        """{function: [blocks, bytes]} of what is lost in the running process."""
        self.mqtrack("leaks", target, "--format", "pprof", "-o", self.folder / "lost.pb.gz", expect=1)
        lost = collections.defaultdict(lambda: [0, 0])
        for row in self.rows("top", self.folder / "lost.pb.gz", "--granularity", "stack", "--stacks", "--all-frames"):
            found = lost[who(bare(frame["function"]) for frame in row["stack"])]
            found[0] += row["objects"]
            found[1] += row["value"]
        return dict(lost)

    def lsan(self, said):
        if "LeakSanitizer has encountered a fatal error" in said or "does not work under" in said:
            self.skipTest("LeakSanitizer may not trace here")
        lost = collections.defaultdict(lambda: [0, 0])
        for size, blocks, stack in re.findall(
                r"(?:Direct|Indirect) leak of (\d+) byte\(s\) in (\d+) object\(s\) allocated from:\n((?: +#.*\n)+)", said):
            found = lost[who(bare(name) for name in re.findall(r"#\d+ 0x[0-9a-f]+ in (\S+)", stack))]
            found[0] += int(blocks)
            found[1] += int(size)
        self.assertTrue(lost, said[-3000:])
        return dict(lost)

    def memcheck(self, file, *more_kinds):
        lost = collections.defaultdict(lambda: [0, 0])
        for error in ElementTree.parse(file).iter("error"):
            if error.findtext("kind") not in ("Leak_DefinitelyLost", "Leak_IndirectlyLost", *more_kinds):
                continue
            # "48 (16 direct, 32 indirect) bytes in 1 blocks": what is indirect has a record of its own.
            text = error.findtext("xwhat/text").replace(",", "")
            size = re.search(r"\((\d+) direct", text) or re.match(r"(\d+) ", text)
            found = lost[who(bare(frame.findtext("fn") or "") for frame in error.find("stack").iter("frame"))]
            found[0] += int(re.search(r"in (\d+) blocks", text)[1])
            found[1] += int(size[1])
        return dict(lost)

    def run_referee(self, *command, env=None):
        done = subprocess.run([str(word) for word in command], env={**self.environment, **(env or {})}, cwd=self.folder,
                              capture_output=True, text=True, errors="replace", timeout=1200)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def clients(self):
        """The port of a broker, and what the recorded program has lost."""
        broker = Broker(self)
        service = self.start("client_leaks", *self.recorded(), PROGRAMS / "client_leaks", broker.port, "wait")
        service.wait_for_line("ready")
        lost = self.ours("client_leaks")
        self.assertGreaterEqual(set(lost), {"lose_client", "lose_messages", "lose_tokens", "lose_properties"})
        # Of each message a struct, its topic and its payload; the last one is kept.
        self.assertEqual(lost["lose_messages"][0], 3 * 9)
        print(f"\n{lost}")
        return broker.port, lost

    def test_client_libraries_and_leak_sanitizer(self):
        port, lost = self.clients()
        said = self.run_referee(PROGRAMS / "client_leaks_lsan", port, "end", env={"LSAN_OPTIONS": LSAN_OPTIONS})
        self.assertEqual(lost, self.lsan(said))

    def test_client_libraries_and_memcheck(self):
        if shutil.which("valgrind") is None:
            self.skipTest("valgrind is not installed")
        port, lost = self.clients()
        self.run_referee(*VALGRIND, "--xml-file=memcheck.xml", PROGRAMS / "client_leaks", port, "end")
        self.assertEqual(lost, self.memcheck(self.folder / "memcheck.xml"))

    def feed(self, port):
        with MqttClient(port, "publisher") as client:
            for number in range(MESSAGES):
                client.publish("a/topic", b"a message, number %04d" % number)

    def plugin_config(self):
        return ["user root", f"plugin {self.plugin('leaky')}", f"plugin_opt_leak_bytes {LEAK_BYTES}"]

    def recorded_plugin(self):
        broker = Broker(self, prefix=self.recorded(), config=self.plugin_config())
        self.feed(broker.port)
        lost = self.ours(broker.pid)
        # All but the last one, which the plugin still has, and frees at the broker's end.
        self.assertEqual(lost, {"RememberLastValue": [MESSAGES - 1, (MESSAGES - 1) * LEAK_BYTES]})
        return lost

    def end_of_broker(self, prefix, env=None):
        """What a broker with the plugin has said when it has ended."""
        port = processes.free_port()
        config = self.folder / "referee.conf"
        config.write_text("\n".join([f"listener {port} 127.0.0.1", "allow_anonymous true", *self.plugin_config()]) + "\n")
        started = self.start("referee", *prefix, find_program("mosquitto"), "-c", config, env={**self.environment, **(env or {})})
        wait_until("the broker to listen", lambda: processes.accepts(port))
        self.feed(port)
        processes.end(started.process.pid)
        return started.text()

    def test_a_plugin_and_leak_sanitizer(self):
        library = leak_sanitizer()
        if library is None:
            self.skipTest("there is no liblsan.so")
        lost = self.recorded_plugin()
        said = self.end_of_broker((), {"LD_PRELOAD": str(library), "LSAN_OPTIONS": LSAN_OPTIONS})
        # The plugin is unloaded when it looks, and its functions have no names any more.
        self.assertEqual(list(lost.values()), [sum_of(self.lsan(said))])

    def test_a_plugin_and_memcheck(self):
        if shutil.which("valgrind") is None:
            self.skipTest("valgrind is not installed")
        lost = self.recorded_plugin()
        self.end_of_broker((*VALGRIND, f"--xml-file={self.folder}/memcheck.xml"))
        # At the broker's end memcheck looks at more of the stack: words left there may point into a block that is lost.
        self.assertEqual(lost, self.memcheck(self.folder / "memcheck.xml", "Leak_PossiblyLost"))


def sum_of(lost):
    return [sum(values) for values in zip(*lost.values())]


if __name__ == "__main__":
    unittest.main()
