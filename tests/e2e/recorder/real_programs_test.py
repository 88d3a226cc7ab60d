"""Real programs give the same results under the recorder, and their logs are sound.

Those that Debian packages only for this purpose (redis, nginx, node) are tried where they are installed.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import unittest

from recording import Recording, find_program

REAL = pathlib.Path(__file__).resolve().parent / "real"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    return unittest.skipIf(missing, f"not installed: {' '.join(missing)}")


class RealPrograms(Recording):
    def assert_sound(self, expect_losses=()):
        logs = self.logs()
        self.assertGreater(len(logs), 0)
        for log in logs:
            if log.state == 2:
                self.assertEqual(log.problems(), [], log.path)
            self.assertLessEqual(set(log.losses), set(expect_losses), (log.path, log.exe, log.losses))
            self.snapshot(log.path)

    def start(self, *command, ready, environment=None):
        process = subprocess.Popen([*map(str, command)], env=environment or self.recorded, cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait()))
        self.wait_until("it to be ready", lambda: ready() or process.poll() is not None)
        self.assertIsNone(process.poll(), "ended early")
        return process

    @staticmethod
    def accepts(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def test_brokers_with_tls_persistence_and_a_bridge(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=broker",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"], cwd=self.folder, check=True, capture_output=True, timeout=300)
        secure, plain, remote = free_port(), free_port(), free_port()
        common = f"user root\nallow_anonymous true\npersistence true\npersistence_location {self.folder}/"
        (self.folder / "a.conf").write_text(
            f"listener {secure} 127.0.0.1\ncertfile {self.folder}/cert.pem\nkeyfile {self.folder}/key.pem\n"
            f"listener {plain} 127.0.0.1\n{common}\npersistence_file a.db\n"
            f"connection bridge\naddress 127.0.0.1:{remote}\ntopic # both 1\nrestart_timeout 1\n")
        (self.folder / "b.conf").write_text(f"listener {remote} 127.0.0.1\n{common}\npersistence_file b.db\n")
        broker = find_program("mosquitto")
        brokers = [self.start(broker, "-c", self.folder / "b.conf", ready=lambda: self.accepts(remote)),
                   self.start(broker, "-c", self.folder / "a.conf", ready=lambda: self.accepts(plain) and self.accepts(secure))]
        for i in range(20):
            subprocess.run([find_program("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(secure), "--cafile", "cert.pem", "-q", "1", "-r",
                            "-t", f"topic/{i}", "-m", "x" * 7001], cwd=self.folder, env=self.plain, check=True, timeout=300)
        heard = subprocess.run([find_program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(remote), "-t", "topic/#", "-C", "20", "-W", "200"],
                               env=self.plain, capture_output=True, timeout=300, check=True).stdout
        self.assertEqual(heard, (b"x" * 7001 + b"\n") * 20)
        for process in brokers:
            process.send_signal(signal.SIGUSR1)  # save now
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(300), 0)
        self.assertTrue((self.folder / "a.db").stat().st_size > 20 * 7001)
        self.assert_sound()

    def test_python(self):
        self.run_both(find_program("python3"), REAL / "work.py", timeout=300)
        # Its subprocesses are forked while threads allocate, or spawned: either way the children say what they miss.
        self.assert_sound(expect_losses=["fork_window"])

    @needs("/usr/bin/python3")
    def test_part_of_pythons_own_tests(self):
        modules = ("test_list", "test_struct", "test_re", "test_mmap", "test_thread", "test_ctypes", "test_zlib", "test_posix")
        done = self.run_recorded("/usr/bin/python3", "-m", "test", *modules, timeout=600)
        self.assertIn(f"All {len(modules)} tests OK.", done.stdout.decode())
        self.assert_sound(expect_losses=["fork_window"])

    @needs("sqlite3")
    def test_a_database(self):
        script = (REAL / "work.sql").read_text()
        outcomes = []
        for name, environment in (("plain", self.plain), ("recorded", self.recorded)):
            folder = self.folder / name
            folder.mkdir()
            done = self.run_program(find_program("sqlite3"), "day.db", environment=environment, stdin=None, cwd=folder,
                                    input=script.encode(), timeout=300)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertIn(b"\nok\n", done.stdout)
            outcomes.append((done.stdout, (folder / "day.db").read_bytes(), (folder / "copy.db").read_bytes()))
        self.assertEqual(outcomes[0], outcomes[1])
        self.assert_sound()

    def test_the_clients_of_mosquitto(self):
        port = free_port()
        config = self.folder / "broker.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        self.start(find_program("mosquitto"), "-c", config, ready=lambda: self.accepts(port), environment=self.plain)
        outcomes = []
        for environment in (self.plain, self.recorded):
            def client(name, *words, environment=environment, **options):
                return self.run_program(find_program(name), "-h", "127.0.0.1", "-p", port, "-q", "2", *words, environment=environment, **options)
            session = ("-i", "listener", "-c", "-t", "room/#")
            subscribed = client("mosquitto_sub", *session, "-E")
            said = client("mosquitto_pub", "-t", "room/1", "-l", stdin=None,
                          input="".join(f"{i} {'x' * (i * 37)}\n" for i in range(200)).encode())
            heard = client("mosquitto_sub", *session, "-v", "-C", "200", "-W", "200")
            answered = client("mosquitto_rr", "-t", "echo", "-e", "echo", "-m", "hello", "-W", "200")
            outcomes.append([(done.returncode, done.stdout, done.stderr) for done in (subscribed, said, heard, answered)])
        self.assertEqual([outcome[0] for outcome in outcomes[0]], [0, 0, 0, 0])
        self.assertEqual(outcomes[0][2][1].count(b"room/1 "), 200)
        self.assertEqual(outcomes[0], outcomes[1])
        self.assertEqual(sorted({pathlib.Path(log.exe).name for log in self.logs()}), ["mosquitto_pub", "mosquitto_rr", "mosquitto_sub"])
        self.assert_sound()

    def test_a_compiler(self):
        source = self.folder / "hello.cc"
        source.write_text("#include <map>\n#include <string>\nint main() { std::map<std::string, int> m; return m[\"x\"]; }\n")
        self.run_both(find_program("g++"), "-O2", "-o", self.folder / "hello", source, timeout=300)
        self.run_both(str(self.folder / "hello"))
        self.assert_sound()

    def test_shell_pipelines(self):
        script = "for i in $(seq 30); do echo $i | sed s/1/x/ | tr x y; done | sort | uniq -c | wc -l; (exit 3); echo $?"
        self.run_both(find_program("bash"), "-c", script)
        self.assert_sound()

    @needs("go")
    def test_a_go_program_with_c_in_it(self):
        source = self.folder / "main.go"
        source.write_text('package main\n// #include <stdlib.h>\nimport "C"\nimport ("fmt"; "sync"; "unsafe")\n'
                          'func main() {\n\tvar group sync.WaitGroup\n\tfor i := 0; i < 8; i++ {\n\t\tgroup.Add(1)\n'
                          '\t\tgo func() {\n\t\t\tdefer group.Done()\n\t\t\tfor j := 0; j < 3000; j++ {\n'
                          '\t\t\t\tp := C.malloc(C.size_t(100 + j)); C.free(unsafe.Pointer(p))\n\t\t\t}\n'
                          '\t\t\tC.malloc(7001)\n\t\t}()\n\t}\n\tgroup.Wait()\n\tfmt.Println("done")\n}\n')
        cache = pathlib.Path(os.environ["MQTRACK_TEST_PROGRAMS"]) / "go-cache"
        subprocess.run(["go", "build", "-o", "cgo", "main.go"], cwd=self.folder, check=True, timeout=300,
                       env={**self.plain, "GOCACHE": str(cache), "GOFLAGS": "-mod=mod"}, stdin=subprocess.DEVNULL)
        self.run_both(str(self.folder / "cgo"))
        self.assertEqual(self.log_of("cgo").sizes()[7001], 8)

    @needs("node")
    def test_node_with_workers(self):
        self.run_both(find_program("node"), REAL / "work.js", timeout=300)
        self.assert_sound()

    @needs("redis-server", "redis-benchmark", "redis-cli")
    def test_redis_that_saves_in_the_background(self):
        port = free_port()
        server = self.start(find_program("redis-server"), "--port", port, "--bind", "127.0.0.1", "--dir", self.folder,
                            "--save", "", ready=lambda: self.accepts(port))
        def client(*words):
            return subprocess.run(["redis-cli", "-p", str(port), *words], env=self.plain, capture_output=True, text=True,
                                  timeout=300, check=True).stdout
        for _ in range(3):
            subprocess.run(["redis-benchmark", "-p", str(port), "-q", "-n", "3000", "-r", "5000", "-t", "set,lpush,sadd"],
                           env=self.plain, capture_output=True, timeout=300, check=True)
            while "in progress" in client("bgsave"):
                time.sleep(0.05)
        while "rdb_bgsave_in_progress:1" in client("info", "persistence"):
            time.sleep(0.05)
        self.assertIn("rdb_last_bgsave_status:ok", client("info", "persistence"))
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(300), 0)
        self.assert_sound(expect_losses=["fork_window"])

    @needs("nginx")
    def test_nginx_with_workers(self):
        port = free_port()
        (self.folder / "page.txt").write_text("page\n" * 1000)
        config = self.folder / "nginx.conf"
        config.write_text(f"worker_processes 3; pid {self.folder}/pid; error_log {self.folder}/error.log; daemon off;\n"
                          f"events {{ worker_connections 64; }}\nhttp {{ access_log off; server {{ listen 127.0.0.1:{port}; "
                          f"root {self.folder}; gzip on; gzip_types text/plain; }} }}\n")
        server = self.start(find_program("nginx"), "-c", config, "-e", self.folder / "error.log", ready=lambda: self.accepts(port))
        for i in range(300):
            with socket.create_connection(("127.0.0.1", port), 300) as connection:
                encoding = "Accept-Encoding: gzip\r\n" if i % 2 else ""
                connection.sendall(f"GET /page.txt HTTP/1.0\r\n{encoding}\r\n".encode())
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
            self.assertIn(b"200 OK", answer)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(300), 0)
        self.assertGreaterEqual(len(self.logs()), 2)
        self.assert_sound()


if __name__ == "__main__":
    unittest.main()
