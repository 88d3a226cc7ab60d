"""Builds of mosquitto and Paho C from their histories: any commit, by this machine's compiler, with names and -O2."""
import os
import pathlib
import shutil
import subprocess

FLAGS = "-g -O2 -w -fcommon"  # what the projects' own makefiles take, and what lets old C pass a new compiler
MOSQUITTO = ["WITH_TLS_PSK=no", "WITH_SRV=no", "WITH_UUID=no", "WITH_WEBSOCKETS=no", "WITH_SYSTEMD=no", "WITH_DOCS=no",
             "WITH_WRAP=no", "WITH_SHARED_LIBRARIES=yes", "WITH_STATIC_LIBRARIES=no", "WITH_CJSON=no", "WITH_STRIP=no",
             "WITH_ADNS=no"]
PROJECT_OF = {"mosquitto": "mosquitto", "libmosquitto": "mosquitto", "paho": "paho"}  # product to project


class Histories:
    """`clones`: project to its clone, bare or not. Builds are kept below `work`, one folder per commit and variant."""

    def __init__(self, clones, work):
        self._clones, self._work = clones, pathlib.Path(work)

    def commit(self, project, name):
        done = subprocess.run(["git", "-C", self._clones[project], "rev-parse", "--verify", "--quiet", name + "^{commit}"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{self._clones[project]} has no commit {name}")
        return done.stdout.strip()

    def day(self, product, name):
        return subprocess.run(["git", "-C", self._clones[PROJECT_OF[product]], "show", "-s", "--format=%cs", name],
                              capture_output=True, text=True, check=True).stdout.strip()

    def build(self, product, name, tls=False, stripped=False):
        """The folder of that commit's build: with src/mosquitto, lib/libmosquitto.so.1, or both libraries of Paho in lib/."""
        project = PROJECT_OF[product]
        commit = self.commit(project, name)
        folder = self._work / f"{product}-{commit[:12]}{'-tls' if tls else ''}"
        if not (folder / "built").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            archive = subprocess.run(["git", "-C", self._clones[project], "archive", commit], capture_output=True, check=True)
            subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
            with open(folder / "build.log", "wb") as log:
                for command in _paho(folder) if project == "paho" else _mosquitto(product, tls):
                    done = subprocess.run(command, cwd=folder, env={**os.environ, "CFLAGS": FLAGS}, stdout=log, stderr=log,
                                          check=False)
                    if done.returncode != 0:
                        raise AssertionError(f"{product} {name} does not build; see {folder / 'build.log'}")
            (folder / "built").touch()
        return _stripped(folder) if stripped else folder


def _mosquitto(product, tls):
    folder, target = ("src", "mosquitto") if product == "mosquitto" else ("lib", "libmosquitto.so.1")
    return [["make", "-j4", "-C", folder, *MOSQUITTO, f"WITH_TLS={'yes' if tls else 'no'}", target]]


def _paho(folder):
    """What the project's makefile does, without the libraries that need all of OpenSSL linked in."""
    (folder / "lib").mkdir()
    source = folder / "src"
    if (source / "VersionInfo.h.in").exists():
        text = (source / "VersionInfo.h.in").read_text(encoding="utf-8")
        for word in ("@BUILD_TIMESTAMP@", "@CLIENT_VERSION@"):
            text = text.replace(word, "campaign")
        (source / "VersionInfo.h").write_text(text, encoding="utf-8")
    for letter, start, other in (("c", "MQTTClient_init", "MQTTAsync.c"), ("a", "MQTTAsync_init", "MQTTClient.c")):
        left_out = {other, "MQTTVersion.c", "SSLSocket.c"} | ({"MQTTAsyncUtils.c"} if letter == "c" else set())
        sources = sorted(str(file) for file in source.glob("*.c") if file.name not in left_out)
        yield ["gcc", *FLAGS.split(), "-fPIC", "-shared", "-fvisibility=hidden", "-DPAHO_MQTT_EXPORTS=1", "-o",
               f"lib/libpaho-mqtt3{letter}.so.1", *sources, f"-Wl,-soname,libpaho-mqtt3{letter}.so.1", f"-Wl,-init,{start}",
               "-pthread", "-ldl"]


def _stripped(folder):
    """A copy of the folder's libraries without names, as distributions ship them, and of their headers."""
    copy = folder / "stripped"
    shutil.rmtree(copy, ignore_errors=True)
    (copy / "lib").mkdir(parents=True)
    for library in (folder / "lib").glob("*.so.1"):
        subprocess.run(["strip", "-o", copy / "lib" / library.name, library], check=True)
    for name in ("lib", "src", "include"):
        (copy / name).mkdir(exist_ok=True)
        for header in (folder / name).glob("*.h"):
            shutil.copy(header, copy / name)
    return copy
