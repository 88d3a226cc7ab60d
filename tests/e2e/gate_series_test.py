"""The gate over a series: what fills up or doubles passes at every moment, a slow leak among it fails at every one."""
import json
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd, function_name

GROWER = paths.PROGRAMS / "grower"
ROUNDS = 20
LOST = 120  # bytes in 3 blocks, each time


class GateSeriesTest(EndToEnd):
    def grower(self, *arguments):
        """A service that does a round of work when it is told to."""
        service = subprocess.Popen([*self.recorded("-q"), GROWER, *map(str, arguments)], env=self.environment,
                                   cwd=self.folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.wait)
        self.addCleanup(service.stdin.close)

        def work():
            service.stdin.write("x")
            service.stdin.flush()
            self.assertEqual(service.stdout.readline(), "done\n")
        return work

    def snapshots(self, *arguments, rounds=ROUNDS):
        """One after each round."""
        work, files = self.grower(*arguments), []
        for number in range(rounds):
            work()
            files.append(self.snapshot("grower", f"{number:02}"))
        return files

    def windows(self, files, *lengths):
        for length in lengths:
            for step in (1, 2, 3):
                for start in range(len(files) - (length - 1) * step):
                    yield files[start:start + (length - 1) * step + 1:step]

    def judged(self, series, expect, *options):
        options = options or ("--max-growth", 0)
        return json.loads(self.mqtrack("gate", *series, *options, "--format", "json", expect=expect).stdout)

    def test_what_is_bounded_passes_at_every_moment(self):
        files = self.snapshots()
        pairs = [self.mqtrack("diff", *files[start:start + 2], "--format", "json").stdout for start in range(3)]
        self.assertTrue(any(row["growth"] > 0 for pair in pairs for row in json.loads(pair)["sites"]),
                        "nothing looks like growth here, so the test shows nothing")
        for series in self.windows(files, 5, 7):
            with self.subTest([file.name for file in series]):
                result = self.judged(series, 0)
                self.assertEqual((result["verdict"], result["snapshots"]), ("pass", len(series)))

    def test_a_slow_leak_among_it_fails_at_every_moment(self):
        files = self.snapshots(1)
        for series in self.windows(files, 3, 5, 7):
            with self.subTest([file.name for file in series]):
                result = self.judged(series, 1, "--max-site-growth", 0)
                rounds = int(series[-1].name[:2]) - int(series[0].name[:2])
                sites = {function_name(site["function"]): site for site in result["checks"][0]["sites"]}
                self.assertEqual(sites["LoseSome"]["steady_growth"], rounds * LOST)
                self.assertEqual(sites["LoseSome"]["object_growth"], rounds * 3)

    def test_one_that_leaks_every_third_round(self):
        files = self.snapshots(3)
        for series in self.windows(files, 10):
            with self.subTest([file.name for file in series]):
                result = self.judged(series, 1)
                self.assertEqual([function_name(site["function"]) for site in result["checks"][0]["sites"]],
                                 ["LoseSome"])

    def test_what_is_not_judged_is_said(self):
        files = self.snapshots(rounds=6)
        said = self.mqtrack("gate", *files, "--max-growth", 0).stdout
        self.assertIn("over  6 snapshots; judged is what grew all the time", said)
        self.assertRegex(said, r"warning: not judged, since it did not grow all the time, is growth of inuse_space in .*\+")

    def test_per_unit(self):
        files = self.snapshots(1, rounds=6)
        one = self.judged(files, 0, "--max-growth", 120, "--per", "generation")
        check = one["checks"][0]
        self.assertEqual((check["per"], check["units"], check["growth_per_unit"]), ("generation", 5, LOST))
        self.judged(files, 1, "--max-growth", 119, "--per", "generation")
        # A message in ten leaks its 12 bytes, so to speak.
        self.judged(files, 0, "--max-growth", 12, "--per", 50)
        said = self.mqtrack("gate", *files, "--max-growth", 11, "--per", 50, expect=1).stdout
        self.assertIn("+600 B (+15 objects), 12 B per operation", said)
        self.assertIn("limit 11 B per operation", said)
        hour = self.judged(files, 1, "--max-growth", 1, "--per", "hour")["checks"][0]
        self.assertAlmostEqual(hour["growth_per_unit"], hour["steady_growth"] / hour["units"], delta=hour["growth_per_unit"] / 100)
        pair = self.judged([files[-1]], 1, "--base", files[0], "--max-site-growth", 119, "--per", "generation")
        self.assertIn("LoseSome", [function_name(site["function"]) for site in pair["checks"][0]["sites"]])

    def test_order_and_idle_intervals_do_not_matter(self):
        work, files = self.grower(1), []
        for number in range(6):
            if number % 2 == 0:
                work()
            files.append(self.snapshot("grower", number))
        result = self.judged(reversed(files), 1, "--max-site-growth", 0)
        self.assertEqual(result["snapshots"], 3)
        self.assert_cannot(files[:3], "a series needs three snapshots between which something was recorded")

    def assert_cannot(self, series, words):
        result = self.judged(series, 3)
        self.assertIn(words, " ".join(result["reasons"]))

    def test_a_folder_is_a_series_too(self):
        self.snapshots(1, rounds=4)
        result = self.judged([f"{self.folder}/"], 1)
        self.assertEqual(result["snapshots"], 4)

    def test_no_series(self):
        files = self.snapshots(rounds=2)
        done = self.mqtrack("gate", *files, "--max-growth", 0, expect=2)
        self.assert_one_clear_line(done, "--base OLD NEW", "three or more")
        other = self.grower()
        other()
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        files.append(self.snapshot(max(entry["pid"] for entry in listed), "other"))
        self.assert_cannot(files, "a series is of one process")

    # --- what cannot be judged is refused

    def test_files_that_count_twice(self):
        file, = self.snapshots(rounds=1)
        done = self.mqtrack("gate", file, f"{self.folder}/../{self.folder.name}/{file.name}", "--max-total", "1GiB", expect=2)
        self.assert_one_clear_line(done, file.name, "is named twice")

    def test_an_empty_folder_without_a_slash(self):
        (self.folder / "empty").mkdir()
        self.assert_one_clear_line(self.mqtrack("gate", "empty", "--max-total", 0, expect=3), "empty", "holds no snapshot")

    def test_a_pattern_does_not_hide_that_a_folder_is_incomplete(self):
        file, = self.snapshots(rounds=1)
        (self.folder / ".incomplete-1").write_text("")
        self.assert_one_clear_line(self.mqtrack("gate", file, "--max-total", "1GiB", expect=3), "is incomplete")
        self.assert_one_clear_line(self.mqtrack("gate", file.name, "--max-total", "1GiB", expect=3), "is incomplete")


if __name__ == "__main__":
    unittest.main()
