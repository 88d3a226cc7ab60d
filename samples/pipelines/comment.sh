#!/bin/sh
# Puts a Markdown file under a merge request, as one comment that is replaced the next time: comment.sh FILE
#
# On GitHub it takes GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL, which a job has, and PULL_REQUEST, its number;
# on GitLab GITLAB_TOKEN (a project access token with the scope api), CI_API_V4_URL, CI_PROJECT_ID and
# CI_MERGE_REQUEST_IID. Outside of a merge request it says so and ends with 0. The token is handed to curl by a file, so
# that no list of processes shows it.
set -eu
[ $# -eq 1 ] && [ -r "$1" ] || { echo "usage: comment.sh FILE, a Markdown file that can be read" >&2; exit 2; }
marker='<!-- mqtrack gate -->'
private=$(mktemp -d)
trap 'rm -rf "$private"' EXIT
umask 077

if [ -n "${GITHUB_REPOSITORY:-}" ]; then
  [ -n "${PULL_REQUEST:-}" ] || { echo "comment.sh: this is no pull request, so there is nothing to comment on"; exit 0; }
  printf 'header = "Authorization: Bearer %s"\nheader = "Accept: application/vnd.github+json"\n' "${GITHUB_TOKEN:?}" >"$private/curl"
  comments=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
  one=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/comments
  change=PATCH
elif [ -n "${CI_PROJECT_ID:-}" ]; then
  [ -n "${CI_MERGE_REQUEST_IID:-}" ] || { echo "comment.sh: this is no merge request, so there is nothing to comment on"; exit 0; }
  printf 'header = "PRIVATE-TOKEN: %s"\n' "${GITLAB_TOKEN:?}" >"$private/curl"
  comments=$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes
  one=$comments
  change=PUT
else
  echo "comment.sh: neither GitHub's nor GitLab's variables are set, so there is nowhere to comment"
  exit 0
fi

call() { curl --silent --show-error --fail --config "$private/curl" --header 'Content-Type: application/json' "$@"; }
# What is at hand on both services' machines; JSON is made and read by nothing else.
python3 - "$1" "$marker" >"$private/body" <<'PYTHON'
import json, sys
with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
    print(json.dumps({"body": sys.argv[2] + "\n" + file.read()[:60000]}))
PYTHON
call "$comments?per_page=100" >"$private/list"
known=$(python3 - "$private/list" "$marker" <<'PYTHON'
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    print(next((comment["id"] for comment in json.load(file) if comment["body"].startswith(sys.argv[2])), ""))
PYTHON
)
if [ -n "$known" ]; then
  call --request "$change" --data "@$private/body" "$one/$known" >/dev/null
  echo "comment.sh: replaced the comment"
else
  call --data "@$private/body" "$comments" >/dev/null
  echo "comment.sh: added a comment"
fi
