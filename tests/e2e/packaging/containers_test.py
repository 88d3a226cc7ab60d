"""The container samples agree with one another and with the packages, and their commands record and look, in namespaces of
their own in place of containers."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import paths
from harness.broker import Broker
from harness.case import EndToEnd

SAMPLES = paths.SOURCE / "samples" / "containers"
INSTALLED = "/usr/lib/mqtrack/libmqtrack_preload.so"
# A process namespace with a /proc of its own, which ends with what is started.
CONTAINER = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def dockerfile(name):
    """{instruction: last value} of one."""
    text = (SAMPLES / name).read_text().replace("\\\n", " ")
    return dict(re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE))


class ContainersTest(EndToEnd):
    def yaml(self, name):
        try:
            import yaml  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        return yaml.safe_load((SAMPLES / name).read_text())

    def test_they_agree(self):
        entry = json.loads(dockerfile("Dockerfile")["ENTRYPOINT"])
        self.assertEqual(entry[:2], ["/usr/bin/env", f"LD_PRELOAD={INSTALLED}"])
        self.assertEqual(dockerfile("Dockerfile")["ENV"], "MQTRACK_LOG_DIR=/mqtrack/logs")
        self.assertEqual(dockerfile("Dockerfile.mqtrack")["ENV"], "MQTRACK_LOG_DIR=/mqtrack/logs")

        compose = self.yaml("compose.yaml")
        services = compose["services"]
        self.assertEqual({name: service["volumes"] for name, service in services.items()},
                         {"broker": ["recording:/mqtrack"], "mqtrack": ["recording:/mqtrack"]})
        self.assertIn("size=", compose["volumes"]["recording"]["driver_opts"]["o"])
        for ports in (service["ports"] for service in services.values()):
            self.assertTrue(all(port.startswith("127.0.0.1:") for port in ports), ports)

        pod = self.yaml("kubernetes.yaml")["spec"]["template"]["spec"]
        broker, sidecar = pod["containers"]
        [recorder] = pod["initContainers"]
        self.assertEqual(recorder["command"], ["cp", INSTALLED, "/recorder/"])
        self.assertEqual(broker["command"], [entry[0], "LD_PRELOAD=/recorder/libmqtrack_preload.so", *entry[2:]])
        self.assertEqual(broker["env"], sidecar["env"])
        mounted = {mount["name"] for container in (recorder, broker, sidecar) for mount in container["volumeMounts"]}
        self.assertEqual(mounted, {volume["name"] for volume in pod["volumes"]})

    def test_what_the_sidecar_runs_is_understood(self):
        for arguments in (self.yaml("compose.yaml")["services"]["mqtrack"]["command"],
                          self.yaml("kubernetes.yaml")["spec"]["template"]["spec"]["containers"][1]["args"]):
            verb, *options = arguments
            help_text = self.mqtrack(verb, "--help").stdout
            for option in (word for word in options if word.startswith("--")):
                self.assertIn(f" {option} ", help_text)

    def test_the_broker_and_its_sidecar(self):
        if os.geteuid() != 0:
            self.skipTest("namespaces of processes take root")
        if subprocess.run([*CONTAINER, "true"], capture_output=True, timeout=300, check=False).returncode != 0:
            self.skipTest("this machine does not let root make namespaces")
        # The volume, which everybody may write to.
        volume = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, volume, ignore_errors=True)
        volume.chmod(0o1777)
        self.environment["MQTRACK_LOG_DIR"] = str(volume / "logs")
        entry = json.loads(dockerfile("Dockerfile")["ENTRYPOINT"])
        self.assertEqual(entry[2], "/usr/sbin/mosquitto")
        broker = Broker(self, prefix=[*CONTAINER, entry[0], f"LD_PRELOAD={paths.RECORDER}"])
        broker.publish("a/b", range(50))
        for words in (["list"], ["top", "mosquitto"], ["metrics", "mosquitto"]):
            self.assertIn("mosquitto", self.mqtrack(*words, prefix=CONTAINER).stdout)
        broker.stop()


if __name__ == "__main__":
    unittest.main()
