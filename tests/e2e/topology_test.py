"""mqtrack topology on logs: what it says, in every format, and what it refuses."""
import gzip
import json
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd

START = 1_790_000_000_000_000_000


def line(trace, span, parent, service, start_ms, duration_ms, **more):
    record = {"trace_id": f"{trace:032x}", "span_id": str(span), "service_name": service,
              "start_unix_ns": START + start_ms * 1_000_000, "duration_ms": duration_ms, **more}
    if parent:
        record["parent_span_id"] = str(parent)
    return json.dumps(record) + "\n"


def three_services(traces=100, store_ms=40, back_every=0):
    """Logs of telemetry, which sends messages to the gateway, which calls the store."""
    logs = {"telemetry": "", "gateway": "", "store": ""}
    for trace in range(1, traces + 1):
        at = trace * 10
        logs["telemetry"] += line(trace, 1, 0, "telemetry", at, 2, kind="producer")
        logs["gateway"] += line(trace, 2, 1, "gateway", at + 3, store_ms + 4, kind="consumer")
        logs["store"] += line(trace, 3, 2, "store", at + 5, store_ms, status="error" if trace % 50 == 0 else "ok")
        if back_every and trace % back_every == 0:
            logs["gateway"] += line(trace, 4, 3, "gateway", at + 6, 1)
    return logs


class TopologyTest(EndToEnd):
    def write(self, prefix="", **arguments):
        """Paths of the three logs."""
        files = []
        for service, text in three_services(**arguments).items():
            files.append(self.folder / f"{prefix}{service}.jsonl")
            files[-1].write_text(text, encoding="utf-8")
        return [str(file) for file in files]

    def topology(self, *words, expect=0, stdin=None):
        done = subprocess.run([paths.MQTRACK, "topology", *words], input=stdin, capture_output=True, env=self.environment,
                              cwd=self.folder, timeout=300, check=False)
        self.assertEqual(done.returncode, expect, done.stderr.decode())
        return done

    def document(self, *words, **more):
        return json.loads(self.topology(*words, "--format", "json", **more).stdout)

    def test_three_services(self):
        found = self.document(*self.write())
        self.assertEqual(found["schema"], "mqtrack-topology/1")
        self.assertEqual([(edge["from"], edge["to"], edge["kind"], edge["count"], edge["errors"]) for edge in found["edges"]],
                         [("gateway", "store", "call", 100, 2), ("telemetry", "gateway", "message", 100, 0)])
        self.assertAlmostEqual(found["edges"][0]["latency"]["p99_ns"], 40e6, delta=1e6)
        self.assertAlmostEqual(found["edges"][1]["delivery"]["p50_ns"], 3e6, delta=1e5)
        self.assertEqual([service["name"] for service in found["services"] if service["slow"]], ["store"])
        self.assertEqual(found["cycles"], [])

    def test_the_text_names_circle_slow_service_and_errors(self):
        text = self.topology(*self.write(back_every=20)).stdout.decode()
        self.assertIn("gateway -> store -> gateway: 5 times within one trace, such as 00000000000000000000000000000014", text)
        self.assertRegex(text, r"(?m)^  store +100 +2 .* slow: \d+(\.\d)? times the median service$")
        self.assertIn("delivered in 3 ms", text)
        self.assertNotIn("Not used", text)

    def test_once_is_one_time(self):
        files = self.write(back_every=100)
        text = self.topology(*files).stdout.decode()
        self.assertIn("gateway -> store -> gateway: 1 time within one trace", text)
        self.assertIn("closes a circle 1 time\n", text)
        self.assertIn("closes a circle 5 times\n", self.topology(*self.write("more_", back_every=20)).stdout.decode())

    def test_compressed_and_from_standard_input_is_the_same(self):
        files = self.write()
        plain = self.document(*files)
        joined = b"".join((self.folder / file).read_bytes() for file in files)
        packed = self.folder / "all.jsonl.gz"
        packed.write_bytes(gzip.compress(joined))
        for again in (self.document(str(packed)), self.document("-", stdin=joined)):
            self.assertEqual((again["services"], again["edges"]), (plain["services"], plain["edges"]))

    def test_against_a_base(self):
        base, now = self.write("old_"), self.write(back_every=20, store_ms=100)
        words = [*now, *(word for file in base for word in ("--base", file))]
        found = self.document(*words)
        self.assertEqual([(edge["from"], edge["new"]) for edge in found["edges"]],
                         [("gateway", False), ("store", True), ("telemetry", False)])
        self.assertAlmostEqual(found["edges"][0]["times_base"], 2.5, delta=0.1)
        self.assertTrue(found["cycles"][0]["new"])
        failed = self.topology(*words, "--fail-on", "new-cycle", "--fail-on", "slower=2", expect=1).stdout.decode()
        self.assertIn("FAIL new-cycle: a new circle: gateway -> store -> gateway", failed)
        self.assertRegex(failed, r"FAIL slower=2: gateway -> store takes 2\.[45]\d times as long as in the base: p99 ")
        self.topology(*words, "--fail-on", "slower=3")

    def test_broken_lines_are_counted_and_shown(self):
        files = self.write()
        with open(files[0], "a", encoding="utf-8") as log:
            log.write('oops\n{"no": "span"}\n')
        text = self.topology(*files).stdout.decode()
        self.assertIn("1 line is no JSON and left out; the first:", text)
        self.assertIn(f"{files[0]}:101: byte 1: invalid literal", text)
        self.assertIn("1 line has no trace and span id", text)

    def test_logs_that_are_mostly_broken_pass_nothing(self):
        files = self.write(traces=10)
        with open(files[0], "a", encoding="utf-8") as log:
            log.write("oops\n" * 5)
        self.assertIn(b"CANNOT MEASURE 5 of 35 lines are no JSON", self.topology(*files, "--fail-on", "cycle", expect=3).stdout)

    def test_a_damaged_log_passes_nothing(self):
        joined = "".join(three_services().values()).encode()
        packed = gzip.compress(joined)
        whole, bad = self.folder / "whole.gz", self.folder / "bad.gz"
        whole.write_bytes(packed)
        self.topology(str(whole), "--fail-on", "cycle")
        broken = bytearray(packed)
        broken[len(broken) // 2] ^= 0xff
        for data, why in ((packed[:len(packed) // 2], "ends too early"), (packed[:-3], "ends too early"),
                          (packed + b"garbage", "behind the compressed data stands something else"),
                          (bytes(broken), "the compressed data are damaged")):
            with self.subTest(why):
                bad.write_bytes(data)
                text = self.topology(str(bad), "--fail-on", "cycle", expect=3).stdout.decode()
                self.assertRegex(text, f"CANNOT MEASURE a log is damaged, and the rest of it is missing: {bad}: .*{why}")
                self.assertIn(why, self.document(str(bad))["reading"]["damaged_logs"][0])
                based = self.topology(str(whole), "--base", str(bad), "--fail-on", "new-cycle", expect=3).stdout.decode()
                self.assertIn("a log of the base is damaged", based)

    def test_no_figure_is_made_of_a_median_of_nothing(self):
        text = "".join(line(trace, number, 0, service, trace, duration) for trace in range(1, 21)
                       for number, service, duration in ((1, "a", 0), (2, "b", 0), (3, "c", 5)))
        (self.folder / "x.jsonl").write_text(text, encoding="utf-8")
        found = self.topology("x.jsonl", "--fail-on", "slow-service", expect=1).stdout.decode()
        self.assertIn("slow: 25 times the median service", found)
        self.assertIn("c takes 25 times as long", found)

    def test_a_log_without_spans_is_no_good_news(self):
        (self.folder / "x.jsonl").write_text('{"msg":"hello"}\n', encoding="utf-8")
        done = self.topology("x.jsonl", "--fail-on", "cycle", expect=3)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"no spans in 1 line; a span has at least a trace id", done.stderr)

    def test_pictures(self):
        files = self.write(back_every=20)
        self.topology(*files, "--format", "svg", "-o", "a.svg")
        svg = (self.folder / "a.svg").read_text(encoding="utf-8")
        for word in ("gateway", "telemetry", "store", "slow:", "stroke-dasharray"):
            self.assertIn(word, svg)
        self.topology(*files, "--format", "png", "-o", "a.png")
        self.assertEqual((self.folder / "a.png").read_bytes()[:4], b"\x89PNG")
        self.assertIn(b"digraph", self.topology(*files, "--format", "dot").stdout)

    def test_names_cannot_harm_a_terminal_or_a_picture(self):
        bad = "\x1b[31m\"]; evil [label=<b>&"
        (self.folder / "x.jsonl").write_text(line(1, 1, 0, bad, 0, 1) + line(1, 2, 1, "b", 0, 1), encoding="utf-8")
        text = self.topology("x.jsonl").stdout
        self.assertNotIn(b"\x1b", text)
        self.topology("x.jsonl", "--format", "svg", "-o", "a.svg")
        self.assertNotIn("\x1b", (self.folder / "a.svg").read_text(encoding="utf-8"))
        self.assertEqual(self.document("x.jsonl")["edges"][0]["from"], bad)

    def test_what_is_refused(self):
        file = self.write(traces=1)[0]
        for words, says in ((("none.jsonl",), "none.jsonl: cannot be read: No such file or directory"),
                            ((str(self.folder),), "it is a folder; name the logs in it"),
                            ((file, "--fail-on", "new-cycle"), "'new-cycle' compares with a base; add --base OLD"),
                            ((file, "--fail-on", "p99=fast"), "'p99=fast' has no time such as 250ms"),
                            ((file, "--field", "trace"), "is no NAME=KEY"),
                            (("-", "--base", "-"), "standard input can be read once"),
                            ((file, "--format", "svg", "-o", "a.png"), "the name says .png, but the format is svg")):
            with self.subTest(words):
                done = self.topology(*words, expect=2)
                self.assertEqual(done.stdout, b"")
                self.assertIn(says, done.stderr.decode())
                self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_a_reader_that_goes_away_is_no_error(self):
        shell = f"{paths.MQTRACK} topology {' '.join(self.write())} | head -1"
        done = subprocess.run(["bash", "-o", "pipefail", "-c", shell], capture_output=True, env=self.environment, timeout=300, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))


class SampleTest(EndToEnd):
    def test_three_services_through_a_real_broker(self):
        """samples/topology.sh, in a build that is there: exact counts, the planted circle and the planted slow service, and no other."""
        done = subprocess.run([paths.SOURCE / "samples/topology.sh"], capture_output=True, text=True, timeout=600, check=False,
                              env={**self.environment, "MQTRACK_BUILD": str(paths.BUILD), "MQTRACK_RESULTS": str(self.folder)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        logs = [self.folder / f"{name}.jsonl" for name in ("telemetry", "gateway", "store")]
        found = json.loads(self.mqtrack("topology", *logs, "--format", "json").stdout)
        self.assertEqual([(edge["from"], edge["to"], edge["kind"], edge["count"], edge["returns"]) for edge in found["edges"]],
                         [("gateway", "store", "message", 40, 0), ("store", "gateway", "message", 4, 4),
                          ("telemetry", "gateway", "message", 40, 0)])
        self.assertEqual([(cycle["services"], cycle["returns"]) for cycle in found["cycles"]], [(["gateway", "store"], 4)])
        self.assertEqual([service["name"] for service in found["services"] if service["slow"]], ["store"])
        self.assertEqual((found["reading"]["broken_lines"], found["reading"]["missing_parents"]), (0, 0))
        self.assertIn("circle: gateway -> store -> gateway", done.stdout)


if __name__ == "__main__":
    unittest.main()
