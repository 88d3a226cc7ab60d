"""A recorded program that is looked at while it waits."""
import collections
import resource
import subprocess

from recording import Recording


def limit_stack():
    """8 MiB: the default size of a thread's stack."""
    resource.setrlimit(resource.RLIMIT_STACK, (8 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))


class LiveProcess(Recording):
    def start(self, *command, environment=None):
        process = subprocess.Popen([self.program(command[0]), *map(str, command[1:])], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder,
                                   env=environment or self.recorded, preexec_fn=limit_stack)
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()

    def wait_for(self, process, line):
        """What the process says before this line. The test's own limit of time ends the wait."""
        said = []
        for text in process.stdout:
            if text.strip() == line:
                return said
            said.append(text.strip())
        self.fail(f"{process.args} ended with {process.wait()} and said {said}")

    def ready(self, *command, **options):
        process = self.start(*command, **options)
        self.said = self.wait_for(process, "ready")
        return process

    def log_of_pid(self, pid):
        [log] = [log for log in self.logs() if log.pid == pid]
        self.assertEqual((log.problems(ended=False), log.losses), ([], {}))
        return log

    def count(self, pid, kind, *keys):
        """How many live things of a kind have each combination of labels."""
        counts = collections.Counter()
        for labels, count in self.log_of_pid(pid).things(kind).items():
            counts[tuple(dict(labels).get(key) for key in keys)] += count
        return counts
