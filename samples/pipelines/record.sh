#!/bin/sh
# Runs tests, or a service with its traffic, under the recorder: record.sh FOLDER COMMAND [ARGUMENT...]
#
# Each process leaves a snapshot of what it holds at its end in FOLDER, which is emptied first. Ends as COMMAND does.
set -eu
[ $# -ge 2 ] || { echo "usage: record.sh FOLDER COMMAND [ARGUMENT...]" >&2; exit 2; }
folder=$1
shift
rm -rf "$folder"
exec mqtrack run --snapshot-at-exit "$folder/" -- "$@"
