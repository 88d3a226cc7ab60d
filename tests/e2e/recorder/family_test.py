"""The malloc family at its edges, and descriptors."""
import unittest

from recording import Recording


class Family(Recording):
    def test_edges_answer_as_without_the_recorder(self):
        self.run_both("edges")
        log = self.log_of("edges")
        self.assertEqual(log.sizes()[7001], 7)

    def test_nothing_is_written_into_descriptors_of_the_service(self):
        self.run_both("rude")
        victims = sorted(self.folder.glob("victim.*"))
        self.assertEqual(len(victims), 40)
        self.assertEqual({victim.read_bytes() for victim in victims}, {b"mine\n"})


if __name__ == "__main__":
    unittest.main()
