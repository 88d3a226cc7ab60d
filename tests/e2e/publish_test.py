"""`mqtrack publish` and a real mosquitto: what it holds, its last will, a broker that goes away, refuses, or wants TLS."""
import json
import pathlib
import signal
import socketserver
import subprocess
import threading
import unittest

from harness import paths
from harness.broker import certificate
from harness.case import EndToEnd
from harness.processes import accepts, end, free_port
from harness.waiting import wait_until

MACHINE = "gate/way+7#"  # what a topic cannot hold becomes "_"
BASE = "plant/gate_way_7_"


class PublishTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def broker(self, *config, name="collector", port=None):
        """A broker to publish to, which is not recorded itself."""
        port = port or self.port
        file = self.folder / f"{name}.conf"
        file.write_text("\n".join([*(() if any("listener" in line for line in config) else
                                     (f"listener {port} 127.0.0.1",)), *config,
                                   *(() if any("password_file" in line for line in config) else
                                     ("allow_anonymous true",)), ""]))
        broker = self.start(name, paths.find_program("mosquitto"), "-c", file)
        wait_until("the broker to listen", lambda: accepts(port))
        return broker

    def service(self):
        service = subprocess.Popen([*self.recorded("-q"), paths.PROGRAMS / "grower", "1"], env=self.environment,
                                   cwd=self.folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(service.wait)
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.stdin.close)
        service.stdin.write("x")
        service.stdin.flush()
        self.assertEqual(service.stdout.readline(), "done\n")
        return service

    def publisher(self, *words, env=None, to=None):
        return self.start("publisher", paths.MQTRACK, "publish", *words, "--to",
                          to or f"mqtt://127.0.0.1:{self.port}/plant", "--machine", MACHINE, "--every", "1s",
                          env={**self.environment, **(env or {})})

    def held(self, *options, port=None):
        """Every retained message: {topic: text}; none where there is no broker. What is published behind the subscription is
        behind them, too."""
        words, found = ["-h", "127.0.0.1", "-p", str(port or self.port), *map(str, options)], {}
        subscriber = subprocess.Popen(["stdbuf", "-oL", paths.find_program("mosquitto_sub"), *words, "-d", "-t", "plant/#", "-F",
                                       "%r %t %p"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        with subscriber:
            for line in subscriber.stdout:
                if line.startswith("Subscribed "):
                    subprocess.run([paths.find_program("mosquitto_pub"), *words, "-t", "plant/the end", "-m", "x"], check=True)
                if line.startswith("1 plant/"):
                    _, topic, text = line.rstrip("\n").split(" ", 2)
                    found[topic] = text
                if line == "0 plant/the end x\n":
                    break
            subscriber.kill()
        return found

    def wait_until_held(self, topic, text=None):
        """A message of that topic, or with that text."""
        def is_held():
            found = self.held().get(topic)
            return found is not None and text in (None, found)
        wait_until(f"{topic} to hold {text or 'something'}", is_held)

    def wait_for_status(self, status):
        self.wait_until_held(f"{BASE}/status", status)

    def test_figures_and_how_it_leaves(self):
        self.broker()
        service = self.service()
        publisher = self.publisher()
        wait_until("the figures", lambda: f"{BASE}/grower" in self.held())
        message = json.loads(self.held()[f"{BASE}/grower"])
        self.assertEqual((message["schema"], message["process"]), ("mqtrack-metrics/1", "grower"))
        figures = message["figures"]
        self.assertEqual(figures["mqtrack_up"], 1)
        top = json.loads(self.mqtrack("top", "grower", "--format", "json").stdout)
        self.assertEqual(figures["mqtrack_inuse_space_bytes"], top["total"]["value"])
        self.wait_for_status("online")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"][0]
        self.assertEqual(listed["generation"], 0)  # looking begins none
        service.stdin.close()
        service.wait()
        # One that has ended is not recorded any more, and its message is taken away.
        wait_until("its message to go", lambda: f"{BASE}/grower" not in self.held())
        end(publisher.pid)
        self.assertEqual(publisher.wait(), 0)
        self.assertEqual(self.held()[f"{BASE}/status"], "offline")

    def test_the_last_will(self):
        self.broker()
        self.service()
        publisher = self.publisher()
        self.wait_for_status("online")
        self.wait_until_held(f"{BASE}/grower")
        end(publisher.pid, signal.SIGKILL)
        self.wait_for_status("offline")
        self.assertIn(f"{BASE}/grower", self.held())  # the last figures stay

    def test_a_broker_that_goes_away(self):
        self.service()
        publisher = self.publisher()
        wait_until("it to say so", lambda: "trying again" in publisher.text())
        broker = self.broker()
        self.wait_for_status("online")
        broker.stop()
        wait_until("it to say so", lambda: "connection was lost" in publisher.text())
        self.broker(name="later")  # holds nothing
        self.wait_for_status("online")
        self.wait_until_held(f"{BASE}/grower")
        self.assertLess(publisher.text().count("\n"), 20, "each problem is told once, not each second")

    def test_a_broker_that_refuses(self):
        passwords, secret = self.folder / "passwords", self.folder / "secret"
        subprocess.run([paths.find_program("mosquitto_passwd"), "-c", "-b", passwords, "gw7", "s3cret word"], check=True)
        passwords.chmod(0o644)
        self.broker(f"password_file {passwords}")
        self.service()
        to = f"mqtt://gw7@127.0.0.1:{self.port}/plant"
        secret.write_text("wrong\n")
        secret.chmod(0o600)
        done = self.mqtrack("publish", "--to", to, "--once", "--password-file", secret, expect=2)
        self.assert_one_clear_line(done, "refuses", f"127.0.0.1:{self.port}")
        self.assertNotIn("wrong", done.stderr)
        publisher = self.publisher("--password-file", secret, to=to)
        wait_until("it to say so", lambda: "refuses" in publisher.text())
        self.assertIsNone(publisher.process.poll())
        secret.write_text("s3cret word\n")
        self.mqtrack("publish", "--to", to, "--once", "--password-file", secret, "--machine", MACHINE)
        login = ("-u", "gw7", "-P", "s3cret word")
        self.assertIn(f"{BASE}/grower", self.held(*login))
        self.assertEqual(self.held(*login)[f"{BASE}/status"], "offline")
        other = self.publisher(to=to, env={"MQTRACK_MQTT_PASSWORD": "s3cret word"})
        wait_until("it to be online", lambda: self.held(*login).get(f"{BASE}/status") == "online")
        self.assertNotIn("s3cret", pathlib.Path(f"/proc/{other.pid}/cmdline").read_text() + other.text())

    def test_tls(self):
        key, file = certificate(self.folder, "broker")
        _, other = certificate(self.folder, "other")
        self.broker(f"listener {self.port} 127.0.0.1", f"certfile {file}", f"keyfile {key}")
        self.service()
        to = f"mqtts://127.0.0.1:{self.port}/plant"
        self.mqtrack("publish", "--to", to, "--once", "--cafile", file, "--machine", MACHINE)
        self.assertIn(f"{BASE}/grower", self.held("--cafile", file))
        publisher = self.publisher("--cafile", other, to=to)
        wait_until("it to refuse", lambda: "trying again" in publisher.text())
        self.assertIsNone(publisher.process.poll())

    def test_errors_say_something(self):
        """The library's own words are "Success" and "Invalid function arguments"."""
        self.service()
        key, file = certificate(self.folder, "client")
        to = f"mqtts://127.0.0.1:{self.port}/plant"
        for options, says in ((("--cafile", "missing.pem"), "missing.pem: cannot open"),
                              (("--cert", "missing.pem", "--key", key), "missing.pem: cannot open")):
            with self.subTest(options):
                done = self.mqtrack("publish", "--to", to, "--once", *options, expect=2)
                self.assert_one_clear_line(done, says)
                self.assertNotRegex(done.stderr, "Success|Invalid function")
        with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:  # closes at once
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            ports = (server.server_address[1], self.port)  # and one where nobody listens
            for number, url in enumerate(f"{kind}://127.0.0.1:{port}/plant" for port in ports for kind in ("mqtt", "mqtts")):
                publisher = self.start(f"lost-{number}", paths.MQTRACK, "publish", "--to", url, "--every", "1s", "--cert", file,
                                       "--key", key) if url.startswith("mqtts") else self.publisher(to=url)
                wait_until("it to say what is wrong", lambda looked=publisher: "trying again" in looked.text())
                self.assertRegex(publisher.text(), r"no connection: \w|connection was lost: \w")
                self.assertNotRegex(publisher.text(), "Success|Invalid function")
                end(publisher.pid)
                publisher.wait()
            server.shutdown()
            thread.join()

    def test_what_is_refused(self):
        for to, words in (("mqtt://user:pw@host", ("seen by everybody", "--password-file")), ("http://host", ("mqtt://",)),
                          ("mqtt://", ("host",)), ("mqtt://host:99999", ("port",)), ("mqtt://host/a/#", ("prefix",)),
                          ("mqtt://host/$SYS", ("prefix",))):
            with self.subTest(to):
                done = self.mqtrack("publish", "--to", to, "--once", expect=2)
                self.assert_one_clear_line(done, *words)
                self.assertNotIn("user:pw", done.stderr)
        self.assert_one_clear_line(self.mqtrack("publish", "--to", "mqtt://127.0.0.1:1", "--once", expect=3), "recorded")
        empty = self.folder / "empty"
        empty.touch(0o600)
        self.assert_one_clear_line(self.mqtrack("publish", "--to", "mqtt://u@h", "--password-file", empty, expect=2), "empty")
        self.assert_one_clear_line(self.mqtrack("publish", "nobody", "--to", "mqtt://h", expect=3), "nobody")


if __name__ == "__main__":
    unittest.main()
