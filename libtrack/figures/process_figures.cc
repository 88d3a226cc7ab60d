#include "libtrack/figures/process_figures.h"

#include <unistd.h>

#include <string>

#include "libtrack/procfs/process_usage.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::figures {
namespace {

/// What both kinds of processes tell, by their names.
struct UsageNames {
  const char *cpu, *descriptors, *resident, *start, *threads;
};
constexpr UsageNames kOfService = {"process_cpu_seconds", "process_open_fds", "process_resident_memory_bytes",
                                   "process_start_time_seconds", "process_threads"};
constexpr UsageNames kOfServer = {"mqtrack_serve_cpu_seconds", "mqtrack_serve_open_fds",
                                  "mqtrack_serve_resident_memory_bytes", "mqtrack_serve_start_time_seconds",
                                  "mqtrack_serve_threads"};

void AddUsage(const procfs::ProcessUsage& usage, const UsageNames& names, Figures& figures) {
  figures.Add(names.cpu, usage.cpu_seconds);
  if (usage.descriptors) figures.Add(names.descriptors, static_cast<double>(*usage.descriptors));
  figures.Add(names.resident, static_cast<double>(usage.resident_bytes));
  figures.Add(names.start, usage.started_unix_seconds);
  figures.Add(names.threads, static_cast<double>(usage.threads));
}

constexpr double kNanosPerSecond = 1e9;

}  // namespace

void AddUsageFigures(std::int64_t pid, Figures& figures) {
  const auto usage = procfs::ReadProcessUsage(pid);
  if (!usage) return;
  AddUsage(*usage, kOfService, figures);
  if (usage->max_descriptors) figures.Add("process_max_fds", static_cast<double>(*usage->max_descriptors));
  figures.Add("process_virtual_memory_bytes", static_cast<double>(usage->virtual_bytes));
  if (usage->max_virtual_bytes) {
    figures.Add("process_virtual_memory_max_bytes", static_cast<double>(*usage->max_virtual_bytes));
  }
}

void AddOwnUsage(Figures& figures) {
  if (const auto usage = procfs::ReadProcessUsage(::getpid())) AddUsage(*usage, kOfServer, figures);
}

void AddProcessFigures(const process::RecordedProcess& process, Figures& figures) {
  const log::LogFacts& facts = process.facts;
  const process::ProcessState state = process::StateOf(process);
  figures.Add("mqtrack_up", state == process::ProcessState::kAlive ? 1 : 0);
  figures.Add("mqtrack_target", 1,
              {{"pid", std::to_string(process.Pid())},
               {"mode", facts.mode == log::Mode::kSampled ? "sampled" : "exact"},
               {"program", std::string(support::BaseName(facts.exe))},
               {"state", std::string(process::StateName(state))}});
  figures.Add("mqtrack_recording_start_time_seconds", static_cast<double>(facts.started_unix_ns) / kNanosPerSecond);
  if (process.where.pid != 0 && process.IsAlive()) AddUsageFigures(process.where.pid, figures);
}

}  // namespace mqtrack::figures
