"""The pipelines of samples: each step of the GitHub Action and the GitLab template, on a leaking service and on the repaired one."""
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import unittest

from harness import paths
from harness.case import EndToEnd

PIPELINES = paths.SOURCE / "samples" / "pipelines"
SERVICES = pathlib.Path(os.environ["MQTRACK_E2E_SERVICES"])
TOKEN = "s3cret-token"


class Forge(http.server.BaseHTTPRequestHandler):
    """Comments of a merge request, as GitHub and GitLab keep them by their documented interfaces."""

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        forge = self.server
        if TOKEN not in (self.headers.get("Authorization", "").removeprefix("Bearer "), self.headers.get("PRIVATE-TOKEN")):
            return self.answer(401, {"message": "who are you?"})
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0]
        if self.command == "GET" and path == forge.comments_path:
            return self.answer(200, forge.comments)
        if self.command == "POST" and path == forge.comments_path:
            forge.comments.append({"id": 40 + len(forge.comments), "body": json.loads(body)["body"]})
            return self.answer(201, forge.comments[-1])
        for comment in forge.comments:
            if self.command == forge.change and path == f"{forge.comment_path}/{comment['id']}":
                comment["body"] = json.loads(body)["body"]
                return self.answer(200, comment)
        return self.answer(404, {"message": "no such thing"})

    do_GET = do_POST = do_PATCH = do_PUT = handle_any

    def log_message(self, *_):
        pass


class PipelinesTest(EndToEnd):
    def setUp(self):
        super().setUp()
        # The command of this build, and a curl that tells what lists of processes show.
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "mqtrack").symlink_to(paths.MQTRACK)
        self.seen = self.folder / "curl.seen"
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed")
        (tools / "curl").write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>"{self.seen}"\nexec {shutil.which("curl")} "$@"\n')
        (tools / "curl").chmod(0o755)
        self.environment["PATH"] = f"{tools}:{self.environment['PATH']}"

    def forge(self, comments_path, comment_path, change):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forge)
        server.comments, server.comments_path, server.comment_path, server.change = [], comments_path, comment_path, change
        server.comments.append({"id": 7, "body": "somebody else's"})
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, f"http://127.0.0.1:{server.server_port}"

    def checkout(self, leaks):
        folder = self.folder / ("leaking" if leaks else "repaired")
        folder.mkdir(exist_ok=True)
        shutil.copy(SERVICES / ("short_children_leaking" if leaks else "short_children"), folder / "service_test")
        return folder

    def shell(self, folder, line, **variables):
        return subprocess.run(["sh", "-c", line], cwd=folder, env={**self.environment, **variables}, capture_output=True,
                              text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)

    def steps(self, file, path):
        try:
            import yaml  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        found = yaml.safe_load((PIPELINES / file).read_text())
        for key in path:
            found = found[key]
        return found

    def judged(self, folder, code, leaks):
        self.assertEqual(code, 1 if leaks else 0)
        comment = (folder / "leaks" / "gate.md").read_text()
        self.assertEqual("MakeSession" in comment, leaks, comment)
        self.assertTrue((folder / "leaks" / "gate.xml").read_text().startswith("<?xml"))
        self.assertEqual(bool(list((folder / "leaks").glob("service_test-*.svg"))), leaks)

    def no_token_was_shown(self):
        self.assertNotIn(TOKEN, self.seen.read_text())

    def test_the_action(self):
        steps = self.steps("github/action.yml", ["runs", "steps"])
        forge, address = self.forge("/repos/o/r/issues/5/comments", "/repos/o/r/issues/comments", "PATCH")
        inputs = {"command": "./service_test; ./service_test", "program": "service_test", "limits": "--max-total 0"}
        for leaks in (True, False):
            folder = self.checkout(leaks)
            job = {"GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(PIPELINES / "github"), "GITHUB_API_URL": address,
                   "GITHUB_REPOSITORY": "o/r", "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_TOKEN": TOKEN}
            codes = {}
            for step in steps:
                if "run" not in step or step["name"] == "Base for pull requests":
                    continue
                given = {name: re.sub(r"\$\{\{ inputs\.(\w+) }}", lambda found: inputs[found.group(1)], value)
                         for name, value in step.get("env", {}).items()}
                given = {name: value for name, value in given.items() if "${{" not in value}
                done = self.shell(folder, step["run"], **{**job, "PULL_REQUEST": "5", **given})
                codes[step["name"]] = done.returncode
                if step["name"] == "Judge":
                    self.judged(folder, done.returncode, leaks)
                    self.assertEqual("::error" in done.stdout, leaks, done.stdout + done.stderr)
            self.assertEqual(codes, {"Record": 0, "Judge": 1 if leaks else 0, "Comment": 0})
            self.assertTrue((folder / "summary.md").read_text())
        # One comment of ours, which the second run replaced; that of somebody else is as it was.
        self.assertEqual(len(forge.comments), 2)
        self.assertEqual(forge.comments[0]["body"], "somebody else's")
        self.assertNotIn("MakeSession", forge.comments[1]["body"])
        self.no_token_was_shown()

    def test_the_template(self):
        job = self.steps("gitlab.yml", [".mqtrack-gate"])
        forge, address = self.forge("/projects/3/merge_requests/5/notes", "/projects/3/merge_requests/5/notes", "PUT")
        for leaks in (False, True):
            folder = self.checkout(leaks)
            variables = {**job["variables"], "MQTRACK_PIPELINES": str(PIPELINES), "COMMAND": "./service_test", "PROGRAM": "service_test",
                         "CI_API_V4_URL": address, "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "5", "GITLAB_TOKEN": TOKEN,
                         "CI_COMMIT_BRANCH": "topic", "CI_DEFAULT_BRANCH": "main"}
            code = 0
            for line in job["script"]:
                code = code or self.shell(folder, line, **variables).returncode
            self.judged(folder, code, leaks)
            for line in job["after_script"]:
                self.assertEqual(self.shell(folder, line, **variables).returncode, 0)
        self.assertEqual(len(forge.comments), 2)
        self.assertIn("MakeSession", forge.comments[1]["body"])
        self.no_token_was_shown()

    def test_beside_what_was_there_before(self):
        folder = self.checkout(True)
        for name in ("leaks-main", "leaks"):
            self.assertEqual(self.shell(folder, f'"{PIPELINES}/record.sh" {name} ./service_test').returncode, 0)
        done = self.shell(folder, f'"{PIPELINES}/judge.sh" leaks service_test --max-growth 0', BASELINE="leaks-main")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_cannot_be_measured_does_not_pass(self):
        folder = self.checkout(False)
        self.assertEqual(self.shell(folder, f'"{PIPELINES}/record.sh" leaks ./service_test').returncode, 0)
        done = self.shell(folder, f'"{PIPELINES}/judge.sh" leaks another_program --max-total 0')
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)

    def test_a_comment_that_is_refused(self):
        _, address = self.forge("/repos/o/r/issues/5/comments", "/repos/o/r/issues/comments", "PATCH")
        (self.folder / "gate.md").write_text("text")
        github = {"GITHUB_API_URL": address, "GITHUB_REPOSITORY": "o/r", "PULL_REQUEST": "5", "GITHUB_TOKEN": "wrong"}
        line = f'"{PIPELINES}/comment.sh" gate.md'
        done = self.shell(self.folder, line, **github)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("401", done.stderr)
        done = self.shell(self.folder, line, **{**github, "PULL_REQUEST": ""})
        self.assertEqual((done.returncode, done.stdout), (0, "comment.sh: this is no pull request, so there is nothing to comment on\n"))


if __name__ == "__main__":
    unittest.main()
