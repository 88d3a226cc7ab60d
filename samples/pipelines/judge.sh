#!/bin/sh
# Judges what record.sh left: judge.sh FOLDER PROGRAM [OPTION...]; the options are those of mqtrack gate.
#
#   judge.sh leaks service_test --max-total 0
#   BASELINE=leaks-main judge.sh leaks service_test --max-growth 0
#
# PROGRAM is whose snapshots count (shells and interpreters are recorded too). Leaves in FOLDER what people look at:
# gate.txt, gate.xml (JUnit), gate.md (for a comment) and, if it fails, a flame graph of each of PROGRAM's snapshots. BASELINE
# in the environment names a folder of snapshots of the main branch to compare with; if it is not there, nothing is compared.
# On GitHub, also annotates the source lines.
# Ends with the gate's exit code: 0 passes, 1 is a leak, 3 could not be measured, which is no pass.
set -u
[ $# -ge 3 ] || { echo "usage: judge.sh FOLDER PROGRAM OPTION..." >&2; exit 2; }
folder=$1 program=$2
shift 2
# A pattern that matches nothing stays as it is, and the gate says that there is no such file.
base=
[ -z "${BASELINE:-}" ] || [ ! -d "$BASELINE" ] || base=$BASELINE
[ -z "${GITHUB_ACTIONS:-}" ] || set -- "$@" --format github
text=$folder/gate.txt
rm -f "$text"
mqtrack gate ${base:+--base "$base"} "$folder/$program"-*.pb.gz "$@" \
  --format "text=$text" --format "junit=$folder/gate.xml" --format "markdown=$folder/gate.md"
code=$?
[ ! -f "$text" ] || cat "$text"
if [ $code -eq 1 ]; then
  for snapshot in "$folder/$program"-*.pb.gz; do
    mqtrack report "$snapshot" --format flame -o "${snapshot%.pb.gz}.svg" -q || true
  done
fi
exit $code
