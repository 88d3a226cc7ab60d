#include "libtrack/heapgraph/capture/core_target.h"

#include <sys/stat.h>

#include <cstring>
#include <utility>

namespace mqtrack::heapgraph {
namespace {

using process::RecordedProcess;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

std::string NameIn(const corefile::CoreNotes& notes) {
  return (notes.name.empty() ? "a process" : notes.name) + " (pid " + std::to_string(notes.pid) + ")";
}
std::string NameOf(const RecordedProcess& process) {
  return process.facts.comm + " (pid " + std::to_string(process.Pid()) + ")";
}

bool IsOf(const log::LogFacts& facts, const process::LogName& name) {
  return facts.pid == name.pid && facts.start_ticks == name.start_ticks &&
         (name.pid_namespace == 0 || facts.pid_namespace == 0 || facts.pid_namespace == name.pid_namespace);
}

Result<RecordedProcess> FindLogFile(const corefile::CoreFile& core, const CoreLog& log, const std::string& log_dir) {
  struct stat info {};
  if (log_dir.empty() && ::stat(log.path.c_str(), &info) == 0) {
    Result<RecordedProcess> there = process::OpenLog(log.path);
    if (there && IsOf(there->facts, log.name)) return there;
  }
  const Result<std::vector<RecordedProcess>> all = process::ListRecorded(log_dir);
  if (!all) return all.error();
  for (const RecordedProcess& one : *all) {
    if (one.error.empty() && IsOf(one.facts, log.name)) return one;
  }
  return Error{ErrorCode::kNotFound,
               "its log " + log.path + " is not there any more, nor in " + process::PlacesLookedAt(log_dir) +
                   ": name the log, or a copy of it, as TARGET",
               core.path()};
}

Status CheckSameProcess(const corefile::CoreFile& core, const std::optional<CoreLog>& mapped,
                        const RecordedProcess& process) {
  const bool is_same = mapped ? IsOf(process.facts, mapped->name)
                              : core.notes().pid == static_cast<pid_t>(process.facts.pid) ||
                                    core.notes().pid == static_cast<pid_t>(process.where.pid);
  if (is_same) return {};
  const bool is_same_pid = mapped && process.facts.pid == mapped->name.pid;
  return Error{ErrorCode::kBadInput,
               "is the core file of " + NameIn(core.notes()) + ", and the log is that of " + NameOf(process) +
                   (is_same_pid ? ", another process that had the same pid at another time" : "") +
                   ": name the log that belongs to it, or none, and it is looked for",
               core.path()};
}

/// The log's own bytes, if the core has them.
Result<std::unique_ptr<LogImage>> ImageIn(const corefile::CoreFile& core, const std::optional<CoreLog>& mapped) {
  if (!mapped) return std::unique_ptr<LogImage>();
  return LogImage::Read(core, *mapped);
}

Result<RecordedProcess> ProcessOfImage(const LogImage& image, const std::string& path) {
  const Result<log::LogReader> reader = image.Reader();
  if (!reader) return reader.error();
  RecordedProcess process;
  process.log_path = path;
  process.facts = reader->Facts();
  return process;
}

Result<RecordedProcess> ProcessOf(const CoreTarget& target, const std::optional<RecordedProcess>& given,
                                  const std::string& log_dir) {
  if (given) {
    if (const Status same = CheckSameProcess(target.core, target.mapped_log, *given); !same) return same.error();
  }
  if (target.image != nullptr) return ProcessOfImage(*target.image, target.core.path());
  if (given) return *given;
  if (target.mapped_log) return FindLogFile(target.core, *target.mapped_log, log_dir);
  return Error{ErrorCode::kCannotMeasure,
               "is the core file of " + NameIn(target.core.notes()) +
                   ", which was not recorded when it was written: it had no log of mqtrack open",
               target.core.path()};
}

}  // namespace

std::string CoreTarget::HowWritten() const {
  if (saved) return "saved by mqtrack";
  const int signal = core.notes().signal;
  if (signal == 0) return "written while it ran";
  const char* name = ::sigabbrev_np(signal);
  return "written as it died of " + (name == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + name);
}

std::vector<std::string> CoreTarget::Notes() const {
  std::vector<std::string> notes;
  if (!is_same_moment) {
    notes.emplace_back(
        "the process ran on after the core file was written, and its log with it: blocks that were made since look "
        "lost, and what was freed since counts as a holder");
  }
  if (!saved) {
    notes.emplace_back(
        "a core file does not say what the kernel holds for the process (epoll, timers): what only that holds looks "
        "lost");
  }
  return notes;
}

Result<std::shared_ptr<const CoreTarget>> OpenCoreTarget(const std::string& path,
                                                         const std::optional<RecordedProcess>& given,
                                                         const std::string& log_dir) {
  Result<corefile::CoreFile> core = corefile::CoreFile::Open(path);
  if (!core) return core.error();
  std::optional<CoreLog> mapped = FindLogOf(*core);
  Result<std::unique_ptr<LogImage>> image = ImageIn(*core, mapped);
  if (!image) return image.error();
  auto target = std::make_shared<CoreTarget>(
      CoreTarget{std::move(*core), {}, std::move(mapped), std::move(*image), std::nullopt, false});
  Result<RecordedProcess> process = ProcessOf(*target, given, log_dir);
  if (!process) return process.error();
  const bool runs = process->where.life == process::Whereabouts::Life::kRuns;
  target->is_same_moment = target->image != nullptr || (!runs && process->facts.state == log::State::kRecording &&
                                                        target->core.notes().signal != 0);
  target->process = std::move(*process);
  target->process.where = {};
  if (!target->core.notes().own.empty()) {
    Result<SavedFacts> saved = DecodeSavedFacts(target->core.notes().own, path);
    if (!saved) return saved.error();
    if (target->image == nullptr)
      return Error{ErrorCode::kBadInput, "damaged core file: mqtrack saved it, and the log in it is gone", path};
    target->saved = std::move(*saved);
  }
  return std::shared_ptr<const CoreTarget>(std::move(target));
}

}  // namespace mqtrack::heapgraph
