#include "cli/verbs.h"

#include "cli/commands/attach.h"
#include "cli/commands/clean.h"
#include "cli/commands/diff.h"
#include "cli/commands/gate.h"
#include "cli/commands/list.h"
#include "cli/commands/report.h"
#include "cli/commands/run.h"
#include "cli/commands/snapshot.h"
#include "cli/commands/threads.h"
#include "cli/commands/top.h"

namespace mqtrack::cli {

const std::vector<Verb>& Verbs() {
  static const std::vector<Verb> verbs = {
      {"run", "start a service under the recorder", &MakeRunCommand},
      {"attach", "put the recorder into a running service", &MakeAttachCommand},
      {"detach", "make the recorder in a service inert again", &MakeDetachCommand},
      {"list", "show the recorded processes, alive and dead", &MakeListCommand},
      {"snapshot", "write what is alive in a process to a file", &MakeSnapshotCommand},
      {"top", "show what holds the most right now", &MakeTopCommand},
      {"diff", "show what grew between two snapshots", &MakeDiffCommand},
      {"report", "draw a flame graph or call graph, or write a table", &MakeReportCommand},
      {"gate", "pass or fail, by limits on what may grow", &MakeGateCommand},
      {"threads", "show what every thread is doing", &MakeThreadsCommand},
      {"clean", "remove the logs of processes that are gone", &MakeCleanCommand},
  };
  return verbs;
}

const Verb* FindVerb(std::string_view name) {
  for (const Verb& verb : Verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

}  // namespace mqtrack::cli
