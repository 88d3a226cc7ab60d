#!/usr/bin/env python3
"""Programs that nobody here wrote, without the recorder and with it: the same output, the same exit code?

    tests/campaign/run.py --mqtrack build/release/cli/mqtrack [--only NAME,...] [--install] [--write docs/campaign.md]

Each program runs twice plain and twice recorded from its start; what it says must be the same, and its log sound. (Twice
plain, since a program that contradicts itself proves nothing.) Each server serves the session of a client three times:
plain, recorded from the start, and plain with the recorder put in by `mqtrack attach` between two sessions. --install
gets what is missing with apt-get; without it, that is left out and said so. --write writes the table.
"""
import argparse
import os
import pathlib
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import brokers
import desktop
import programs

PLAIN = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("MQTRACK_")}
PLAIN.update(LC_ALL="C.UTF-8", PATH=PLAIN.get("PATH", "") + ":/usr/sbin:/sbin")


# What programs with windows need beside themselves.
DISPLAY_TOOLS, DISPLAY_PACKAGES = ("Xvfb", "xdotool"), ("xvfb", "xdotool")
EVERYTHING = [*programs.PROGRAMS, *desktop.DESKTOP, *programs.SERVERS, *brokers.BROKERS]


class Campaign:
    def __init__(self, mqtrack):
        self.mqtrack, self.rows = str(pathlib.Path(mqtrack).resolve()), []
        self.is_refused = False  # the last attach

    def folder_for(self, item, user=None):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-campaign-"))
        folder.chmod(0o755)
        for name, text in item.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        if user:
            shutil.chown(folder, user)
        return folder

    def recorded(self, command, log_dir):
        return [self.mqtrack, "run", "--log-dir", str(log_dir), "--", *command]

    def run_program(self, program, recorded):
        folder, log_dir = self.folder_for(program), pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-", dir="/dev/shm"))
        try:
            command = self.recorded(program.command, log_dir) if recorded else list(program.command)
            done = subprocess.run(command, cwd=folder, env={**PLAIN, "HOME": str(folder)}, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=600, check=False)
            said = done.stdout.replace(str(folder).encode(), b"FOLDER")
            errors = b"".join(line for line in done.stderr.replace(str(folder).encode(), b"FOLDER").splitlines(True)
                              if not line.startswith(b"mqtrack"))
            made = programs.digest((folder / program.makes).read_bytes()) if program.makes else b""
            return (done.returncode, said, errors, made), self.live(log_dir) if recorded else 0
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(log_dir, ignore_errors=True)

    def live(self, log_dir):
        """How many logs there are. Each must be one that mqtrack reads."""
        logs = sorted(log_dir.glob("*.log"))
        for log in logs:
            done = subprocess.run([self.mqtrack, "snapshot", str(log), "-o", str(log_dir / "s.pb.gz")], env=PLAIN,
                                  capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                raise AssertionError(f"log not readable: {done.stderr}")
        return len(logs)

    def try_program(self, program):
        first, _ = self.run_program(program, False)
        second, _ = self.run_program(program, False)
        if first != second:
            return f"contradicts itself without the recorder: {first} {second}"[:400]
        logs = 0
        for _ in range(2):
            got, count = self.run_program(program, True)
            logs = max(logs, count)
            if got != first:
                return f"DIFFERS: plain {first}, recorded {got}"[:600]
        if logs == 0:
            return "NOT RECORDED"
        return f"same output, exit code {first[0]}"

    def serve(self, server, how):
        """What the client saw: of two sessions, with the recorder put in between if `how` is "attach"."""
        user = programs.user_of(server)
        folder, log_dir = self.folder_for(server, user), pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-", dir="/dev/shm"))
        if user:
            shutil.chown(log_dir, user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        words = {"port": port, "folder": folder, **programs.paths_of_postgresql()}
        for name in server.files:
            if name.endswith((".conf", ".cfg")):
                text = (folder / name).read_text(encoding="utf-8")
                (folder / name).write_text(text.replace("{port}", str(port)).replace("{folder}", str(folder)), encoding="utf-8")
        if server.prepare:
            subprocess.run([word.format(**words) for word in server.prepare], env=PLAIN, user=user, cwd=folder, check=True,
                           capture_output=True, timeout=300)
        command = [word.format(**words) for word in server.command]
        if how == "start":
            command = self.recorded(command, log_dir)
        display = desktop.Display() if server.display else None
        environment = {**PLAIN, **display.environment, "HOME": str(folder)} if display else PLAIN
        extra = (display.environment,) if display else ()
        process = subprocess.Popen(command, env=environment, user=user, cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=open(folder / "said", "wb"))
        try:
            if not display:
                programs.wait_for_port(port)
            seen = [server.session(port, folder, *extra)]
            if how == "attach":
                done = subprocess.run([self.mqtrack, "attach", "--timeout", "60", str(process.pid)], env=PLAIN,
                                      capture_output=True, text=True, timeout=200, check=False)
                if done.returncode != 0 and "nothing was changed" not in done.stderr:
                    raise AssertionError(f"attach: {done.stderr.strip()}")
                self.is_refused = done.returncode != 0  # it must go on as if nobody had asked
            seen.append(server.session(port, folder, *extra))
            if how == "attach" and not self.is_refused:
                done = subprocess.run([self.mqtrack, "top", str(process.pid)], env=PLAIN, capture_output=True, text=True,
                                      timeout=200, check=False)
                if done.returncode != 0:
                    raise AssertionError(f"top: {done.stderr.strip()}")
            pid = process.pid
            if how == "start":  # the program itself is the child of mqtrack run, or has taken its place
                children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
                name = os.path.basename(command[command.index("--") + 1])
                if pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() != name[:15] and children:
                    pid = int(children[0])
            os.kill(pid, getattr(signal, "SIG" + server.ends))
            code = process.wait(120)
            if how == "start" and self.live(log_dir) == 0:
                raise AssertionError("not recorded")
            # As a shell says it, and `mqtrack run`.
            return [what.replace(str(folder).encode(), b"FOLDER") for what in seen], code if code >= 0 else 128 - code
        except (AssertionError, OSError) as error:
            raise AssertionError(f"{how}: {error}; it said {(folder / 'said').read_bytes()[-300:]}") from error
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if display:
                display.close()
            subprocess.run([self.mqtrack, "clean"], env=PLAIN, capture_output=True, check=False)
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(log_dir, ignore_errors=True)

    def try_server(self, server):
        plain = self.serve(server, "plain")
        if plain[0][0] != plain[0][1]:
            return f"contradicts itself without the recorder: {plain}"[:400]
        for how in ("start", "attach"):
            got = self.serve(server, how)
            if got != plain:
                return f"DIFFERS ({how}): plain {plain}, recorded {got}"[:600]
        if self.is_refused:
            return f"same answers from the start, exit code {plain[1]}; attach found no safe moment, and nothing was changed"
        return f"same answers from the start and by attach, exit code {plain[1]}"

    def add(self, item, outcome):
        self.rows.append((item, outcome))
        print(f"{item.name}: {outcome}", flush=True)


def is_there(item):
    name = item.command[0].format(port=0, folder="", **programs.paths_of_postgresql()) if "{" not in item.command[0] or \
        programs.paths_of_postgresql() else ""
    needed = item.name if name == "sh" else name
    tools = [needed, *(DISPLAY_TOOLS if getattr(item, "display", False) else ())]
    return all(tool and shutil.which(tool, path=PLAIN["PATH"]) for tool in tools)


def packages_of(item):
    return [item.package, *(DISPLAY_PACKAGES if getattr(item, "display", False) else ())]


def version_of(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else "not from a package"


def write(path, rows):
    """Rows of what was not tried this time stay as they are."""
    page = pathlib.Path(path)
    before = page.read_text(encoding="utf-8").splitlines() if page.exists() else []
    kept = {line.split(" | ")[0].removeprefix("| "): line for line in before if line.startswith("| ")}
    for item, outcome in rows:
        kept[item.name] = f"| {item.name} | {version_of(item.package)} | {item.does} | {outcome.replace('|', '/')} |"
    lines = ["# Programs that were run under the recorder", "",
             "Written by `tests/campaign/run.py`, which repeats it (`--install` gets what is missing). Every program ran twice",
             "without the recorder and twice with it, and had to say the same and end the same; every server served a client",
             "without it, recorded from the start, and with the recorder put in between two sessions. So did every program with",
             "windows, on a display in memory, with somebody who types.", "",
             f"On {platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.machine()}; last rows of {time.strftime('%Y-%m-%d')}.", "",
             "| program | version | what it did | outcome |", "|---|---|---|---|"]
    lines += [kept[item.name] for item in EVERYTHING if item.name in kept]
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mqtrack", default="build/release/cli/mqtrack")
    parser.add_argument("--only", default="")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--write", metavar="FILE")
    options = parser.parse_args()
    campaign, wanted = Campaign(options.mqtrack), [name for name in options.only.split(",") if name]
    for item in EVERYTHING:
        if wanted and item.name not in wanted:
            continue
        if not is_there(item) and options.install:
            subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *packages_of(item)], check=False,
                           env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=subprocess.DEVNULL)
        if not is_there(item):
            campaign.add(item, f"not tried: {item.package} is not installed")
            continue
        attempt = campaign.try_server if isinstance(item, programs.Server) else campaign.try_program
        try:
            campaign.add(item, attempt(item))
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            campaign.add(item, f"FAILED: {error}"[:600])
    if options.write:
        write(options.write, campaign.rows)
    sys.exit(any(not outcome.startswith(("same", "not tried")) for _, outcome in campaign.rows))


if __name__ == "__main__":
    main()
