"""track/trace.h: context in and out, one whole line for each region, nothing where nothing is asked for."""
import json
import os
import shutil
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd

INCLUDE = paths.SOURCE / "libtrack" / "include"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wshadow", "-Wconversion", "-Wundef"]
PROGRAM = r"""
#include <track/trace.h>

int main(int count, char** words) {
  char out[MQTRACK_TRACEPARENT_BYTES];
  mqtrack_trace outer, inner;
  int i;
  const int times = count > 2 ? atoi(words[2]) : 1;
  for (i = 0; i < times; ++i) {
    errno = 7;
    mqtrack_trace_begin(&outer, "outer \"quoted\"\n", "server", count > 1 && words[1][0] ? words[1] : 0);
    mqtrack_trace_begin(&inner, "inner", "client", 0);
    mqtrack_trace_fail(&inner);
    mqtrack_trace_parent(&inner, out);
    if (count > 3 && i == times / 2) (void)!rename(words[3], words[4]);
    mqtrack_trace_end(&inner);
    mqtrack_trace_end(&outer);
    if (errno != 7) return 1;
  }
  puts(out);
  return 0;
}
"""
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class TraceTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "trace.jsonl"

    def build(self, compiler="cc", standard="gnu99", name="main.c", extra=()):
        (self.folder / name).write_text(PROGRAM, encoding="utf-8")
        done = subprocess.run([compiler, f"-std={standard}", *WARNINGS, *extra, "-I", INCLUDE, name, "-o", "service"], cwd=self.folder,
                              capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.folder / "service"

    def run_service(self, *words, log=None, **environment):
        environment = {**self.environment, **environment}
        if log:
            environment["MQTRACK_TRACE_LOG"] = str(log)
        done = subprocess.run([self.folder / "service", *map(str, words)], env=environment, cwd=self.folder, capture_output=True,
                              text=True, timeout=300, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.strip()

    def lines(self, *files):
        return [json.loads(line) for file in files or [self.log] for line in file.read_text(encoding="utf-8").splitlines()]

    def test_every_standard_that_it_promises(self):
        for compiler in filter(shutil.which, ("gcc", "clang")):
            for standard, extra in (("gnu99", ()), ("c99", ("-D_GNU_SOURCE",)), ("gnu17", ())):
                self.build(compiler, standard, extra=extra)
        for compiler in filter(shutil.which, ("g++", "clang++")):
            for standard in ("c++11", "c++14", "c++20"):
                self.build(compiler, standard, "main.cc", ("-Wold-style-cast", "-Wno-sign-conversion"))

    def test_context_comes_in_and_goes_out(self):
        self.build()
        out = self.run_service(f"00-{TRACE}-{PARENT}-01", log=self.log, MQTRACK_SERVICE_NAME="gateway")
        inner, outer = self.lines()
        self.assertEqual((outer["trace_id"], outer["parent_span_id"]), (TRACE, PARENT))
        self.assertEqual((inner["trace_id"], inner["parent_span_id"]), (TRACE, outer["span_id"]))
        self.assertEqual(out, f"00-{TRACE}-{inner['span_id']}-01")
        self.assertEqual((inner["status"], outer["status"], outer["service_name"], outer["schema"]),
                         ("error", "ok", "gateway", "mqtrack-region/1"))
        self.assertEqual(outer["name"], 'outer "quoted"?')
        self.assertGreaterEqual(outer["duration_ns"], inner["duration_ns"])

    def test_what_is_no_context_begins_a_trace(self):
        self.build()
        for text in ("", "00", f"00-{TRACE}-{PARENT}", f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01",
                     f"00-{TRACE.upper()}-{PARENT}-01", f"00-{TRACE}x-{PARENT}-01", "\x01" * 100):
            self.log.unlink(missing_ok=True)
            self.run_service(text, log=self.log)
            inner, outer = self.lines()
            self.assertEqual(outer["parent_span_id"], "", text)
            self.assertNotIn(outer["trace_id"], (TRACE, "0" * 32))
            self.assertEqual(inner["trace_id"], outer["trace_id"])

    def test_nothing_is_written_unless_asked_for_and_nothing_goes_wrong_where_it_cannot_be(self):
        self.build()
        before = sorted(os.listdir(self.folder))
        self.run_service()
        self.run_service(log="/no/such/folder/trace.jsonl")
        self.run_service(log=self.folder)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_a_log_that_is_rotated_loses_no_line(self):
        self.build()
        rotated = self.folder / "trace.jsonl.1"
        self.run_service("", 100, self.log, rotated, log=self.log)
        self.assertEqual((len(self.lines(rotated)), len(self.lines())), (100, 100))

    def test_processes_that_share_a_log_write_whole_lines(self):
        self.build()
        running = [subprocess.Popen([self.folder / "service", "", "500"], env={**self.environment, "MQTRACK_TRACE_LOG": str(self.log)},
                                    stdout=subprocess.DEVNULL) for _ in range(4)]
        self.assertEqual([process.wait(timeout=300) for process in running], [0] * 4)
        self.assertEqual(len({line["span_id"] for line in self.lines()}), 4000)

    def test_under_mqtrack_run_it_is_a_region_too_and_topology_reads_it(self):
        self.build()
        self.mqtrack("run", "-q", "--trace-log", "trace.jsonl", "--", self.folder / "service", f"00-{TRACE}-{PARENT}-01")
        found = json.loads(self.mqtrack("topology", "trace.jsonl", "--format", "json").stdout)
        self.assertEqual([(service["name"], service["spans"], service["orphans"]) for service in found["services"]], [("service", 2, 1)])


if __name__ == "__main__":
    unittest.main()
