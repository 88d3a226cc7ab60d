#include "cli/verbs.h"

namespace mqtrack::cli {

// Each stands in the file of its verb, cli/commands/<verb>.cc.
std::unique_ptr<Command> MakeRunCommand();
std::unique_ptr<Command> MakeAttachCommand();
std::unique_ptr<Command> MakeDetachCommand();
std::unique_ptr<Command> MakeListCommand();
std::unique_ptr<Command> MakeSnapshotCommand();
std::unique_ptr<Command> MakeSymbolizeCommand();
std::unique_ptr<Command> MakePackCommand();
std::unique_ptr<Command> MakePullCommand();
std::unique_ptr<Command> MakeTopCommand();
std::unique_ptr<Command> MakeWatchCommand();
std::unique_ptr<Command> MakePublishCommand();
std::unique_ptr<Command> MakePushCommand();
std::unique_ptr<Command> MakePeekCommand();
std::unique_ptr<Command> MakeSourceCommand();
std::unique_ptr<Command> MakeDiffCommand();
std::unique_ptr<Command> MakeReportCommand();
std::unique_ptr<Command> MakeGateCommand();
std::unique_ptr<Command> MakeThreadsCommand();
std::unique_ptr<Command> MakeCpuCommand();
std::unique_ptr<Command> MakeTraceCommand();
std::unique_ptr<Command> MakeLeaksCommand();
std::unique_ptr<Command> MakeOwnersCommand();
std::unique_ptr<Command> MakeDiagnoseCommand();
std::unique_ptr<Command> MakeWhyCommand();
std::unique_ptr<Command> MakeMetricsCommand();
std::unique_ptr<Command> MakeTopologyCommand();
std::unique_ptr<Command> MakeStressCommand();
std::unique_ptr<Command> MakeHuntCommand();
std::unique_ptr<Command> MakeDisturbCommand();
std::unique_ptr<Command> MakeServeCommand();
std::unique_ptr<Command> MakeCleanCommand();

const std::vector<Verb>& Verbs() {
  static const std::vector<Verb> verbs = {
      {"run", "start a service under the recorder", &MakeRunCommand},
      {"attach", "put the recorder into a running service", &MakeAttachCommand},
      {"detach", "make the recorder in a service inert again", &MakeDetachCommand},
      {"list", "show the recorded processes, alive and dead", &MakeListCommand},
      {"snapshot", "write what is alive in a process to a file", &MakeSnapshotCommand},
      {"symbolize", "name a snapshot from elsewhere, by build id", &MakeSymbolizeCommand},
      {"pack", "pack a snapshot with its files, for a colleague", &MakePackCommand},
      {"pull", "take a snapshot on another machine, by ssh", &MakePullCommand},
      {"top", "show what holds the most right now", &MakeTopCommand},
      {"watch", "show it as it goes on, on the whole terminal", &MakeWatchCommand},
      {"peek", "show who calls a function and whom it calls", &MakePeekCommand},
      {"source", "show the source lines of a function with what each holds", &MakeSourceCommand},
      {"diff", "show what grew between two snapshots", &MakeDiffCommand},
      {"report", "draw a flame graph or call graph, or write a table", &MakeReportCommand},
      {"diagnose", "say what growth means: a leak, a backlog, a cache", &MakeDiagnoseCommand},
      {"gate", "pass or fail, by limits on what may grow", &MakeGateCommand},
      {"leaks", "find what nothing points to any more", &MakeLeaksCommand},
      {"owners", "show whose the live heap is: clients, variables, threads", &MakeOwnersCommand},
      {"why", "show what holds blocks: the chains of pointers to them", &MakeWhyCommand},
      {"threads", "show what every thread is doing", &MakeThreadsCommand},
      {"cpu", "write where a running service spends processor time", &MakeCpuCommand},
      {"trace", "write what a service does as a timeline, packet by packet", &MakeTraceCommand},
      {"metrics", "print a service's figures once, as Prometheus reads them", &MakeMetricsCommand},
      {"publish", "send a service's figures by MQTT, again and again", &MakePublishCommand},
      {"push", "send snapshots to Pyroscope or Parca, again and again", &MakePushCommand},
      {"topology", "who calls whom, from the services' logs: circles, slow ones", &MakeTopologyCommand},
      {"stress", "put a broker under load, stage by stage", &MakeStressCommand},
      {"hunt", "find what every path of MQTT leaks in a broker", &MakeHuntCommand},
      {"disturb", "do to clients what networks and brokers do", &MakeDisturbCommand},
      {"serve", "serve pprof endpoints and figures of all recorded processes", &MakeServeCommand},
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
