#include "libtrack/process/discovery.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "libtrack/log/environment.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::process {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

// A log must be a plain file of the directory's owner or of ours; else somebody has put it there for us to read.
std::string WhyNotTrusted(const std::string& path, std::uint32_t directory_owner) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::string("cannot look at it: ") + std::strerror(errno);
  if (!S_ISREG(info.st_mode)) return "not a regular file, so it is not read";
  if (info.st_uid == directory_owner || info.st_uid == ::geteuid() || info.st_uid == 0) return {};
  return "belongs to user id " + std::to_string(info.st_uid) + ", not to the directory's owner, so it is not trusted";
}

/// Puts what the log says in the place of what its name says. Why it cannot be believed, else empty.
std::string ReadFacts(const std::string& path, const LogName& name, log::LogFacts& facts) {
  const Result<log::LogReader> reader = log::LogReader::Open(path, support::MappedFile::Access::kRead);
  if (!reader) return reader.error().text;
  log::LogFacts read = reader->Facts();
  if (read.pid != name.pid || read.start_ticks != name.start_ticks ||
      (name.pid_namespace != 0 && read.pid_namespace != name.pid_namespace)) {
    return "the file name does not fit the log, which is of process " + std::to_string(read.pid) +
           "; name the file itself to read it";
  }
  facts = std::move(read);
  return {};
}

RecordedProcess ReadOne(const std::string& path, const LogName& name, std::uint32_t directory_owner, Locator& locator) {
  RecordedProcess process;
  process.log_path = path;
  process.facts.pid = static_cast<std::uint32_t>(name.pid);
  process.facts.start_ticks = name.start_ticks;
  process.facts.pid_namespace = name.pid_namespace;
  process.facts.path = path;
  process.error = WhyNotTrusted(path, directory_owner);
  if (!process.error.empty()) return process;
  process.error = ReadFacts(path, name, process.facts);
  process.where = locator.Locate(process.facts);
  return process;
}

void ListDirectory(const LogDirectory& directory, Locator& locator, std::vector<RecordedProcess>& into) {
  struct stat info {};
  if (::stat(directory.path.c_str(), &info) != 0) return;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory.path, error), end; !error && it != end; it.increment(error)) {
    const auto name = ParseLogName(it->path().filename().string());
    if (name) into.push_back(ReadOne(it->path().string(), *name, info.st_uid, locator));
  }
}

std::string_view ProgramName(std::string_view executable) {
  return support::BaseName(support::WithoutDeletedMark(executable));
}

std::string NameOf(const RecordedProcess& process) {
  const std::string name(ProgramName(process.facts.exe));
  return name.empty() ? process.facts.comm : name;
}

bool AllDigits(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string WhereNotSeen(const RecordedProcess& process) {
  if (process.IsAlive()) return "in a container";
  return StateOf(process) == ProcessState::kUnseen ? "in a container, or dead" : "dead";
}

std::string Candidates(const std::vector<RecordedProcess>& processes) {
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t i = 0; i < processes.size() && i < kMost; ++i) {
    const RecordedProcess& process = processes[i];
    text += (i == 0 ? "" : ", ") + std::to_string(process.Pid()) + " (" + NameOf(process);
    text += process.where.pid != 0 ? ")" : ", " + WhereNotSeen(process) + ": " + process.log_path + ")";
  }
  if (processes.size() > kMost) text += " and " + std::to_string(processes.size() - kMost) + " more";
  return text;
}

// Pids are of a namespace: in another container somebody else has the same.
using NamespacedPid = std::pair<std::uint64_t, std::uint32_t>;
NamespacedPid OwnPid(const log::LogFacts& facts) { return {facts.pid_namespace, facts.pid}; }
NamespacedPid ParentPid(const log::LogFacts& facts) { return {facts.pid_namespace, facts.parent_pid}; }

// A daemon that dropped privileges before it forked could not put its log beside its parent's, which says where it is.
// Only descendants of a listed process are taken from there: the rest of that directory was not asked for.
void FollowForwards(std::set<std::string>& listed, Locator& locator, std::vector<RecordedProcess>& processes) {
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const std::optional<std::uint32_t> uid = processes[i].facts.forwarded_uid;
    if (!uid) continue;
    const LogDirectory directory{DefaultLogDirectory(*uid), *uid};
    if (!listed.insert(directory.path).second) continue;
    const Result<bool> usable = CheckLogDirectory(directory);
    if (!usable || !*usable) continue;
    std::vector<RecordedProcess> found;
    ListDirectory(directory, locator, found);
    std::set<NamespacedPid> ancestors;
    for (const RecordedProcess& process : processes) ancestors.insert(OwnPid(process.facts));
    for (bool more = true; more;) {
      more = false;
      for (RecordedProcess& process : found) {
        if (!process.error.empty() || ancestors.count(ParentPid(process.facts)) == 0) continue;
        if (!ancestors.insert(OwnPid(process.facts)).second) continue;
        processes.push_back(process);
        more = true;
      }
    }
  }
}

// A parent that ended after its child became the daemon is not what is meant when its name is given.
void DropForerunners(std::vector<RecordedProcess>& matches) {
  std::set<NamespacedPid> parents;
  for (const RecordedProcess& process : matches) {
    if (process.facts.origin == log::Origin::kFork) parents.insert(ParentPid(process.facts));
  }
  std::erase_if(matches, [&](const RecordedProcess& process) { return parents.count(OwnPid(process.facts)) != 0; });
}

// A number is first of all the pid that a process has here. That a process calls itself by it in a container that we
// cannot see into counts only where it means nothing else.
bool HasPid(const RecordedProcess& process, std::int64_t pid) {
  if (process.where.pid != 0) return process.where.pid == pid;
  if (process.facts.pid != pid) return false;
  const ProcessState state = StateOf(process);
  const bool elsewhere = state == ProcessState::kAlive || state == ProcessState::kUnseen;
  return !elsewhere || !procfs::ReadProcStatus(pid);
}

// The process exists, but there is no log of it that we can see.
Error NotRecorded(std::int64_t pid, const procfs::ProcStatus& status, const std::string& log_dir) {
  const std::string where = "process " + std::to_string(pid) + " (" + status.comm + ")";
  if (::geteuid() != 0 && status.uid != ::geteuid()) {
    return {ErrorCode::kSystem,
            "belongs to user id " + std::to_string(status.uid) + ", whose logs you may not read: run mqtrack as root" +
                (procfs::HasDroppedPrivileges(pid) ? "" : " or as that user"),
            where};
  }
  if (status.comm == "mqtrack") {
    return {ErrorCode::kCannotMeasure,
            "records others, not itself, and of what it started nothing is recorded yet: wait for it with `mqtrack "
            "snapshot " +
                std::to_string(pid) + " --wait 10`, or see `mqtrack list`",
            where};
  }
  return {ErrorCode::kCannotMeasure,
          "is not recorded (no log of it in " + PlacesLookedAt(log_dir) +
              "): put the recorder into it with `mqtrack attach " + std::to_string(pid) +
              "`, start it with `mqtrack run -- COMMAND`, or name the directory with --log-dir",
          where};
}

// The recorded processes that run below an unrecorded one: who names `mqtrack run`, a shell or a runner by its pid
// means what that started.
std::vector<RecordedProcess> StartedBy(std::int64_t pid, const std::vector<RecordedProcess>& readable) {
  std::vector<RecordedProcess> started;
  if (!procfs::ReadProcStatus(pid)) return started;
  // Daemons left their parents, but not their environment.
  const std::string mark = std::string(log::kEnvLauncherPid) + "=" + std::to_string(pid);
  for (const RecordedProcess& process : readable) {
    const std::int64_t candidate = process.where.pid;
    if (!process.IsAlive() || candidate == 0) continue;
    if (procfs::IsDescendant(candidate, pid) || procfs::HasInEnvironment(candidate, mark)) started.push_back(process);
  }
  return started;
}

Error NoMatch(const std::string& wanted, const std::vector<RecordedProcess>& readable, const std::string& log_dir) {
  if (AllDigits(wanted)) {
    const std::int64_t pid = std::stoll(wanted);
    if (const auto status = procfs::ReadProcStatus(pid)) return NotRecorded(pid, *status, log_dir);
    return {ErrorCode::kNotFound,
            "no such process, and no log of it" +
                (readable.empty() ? std::string() : "; recorded are: " + Candidates(readable)),
            "process " + wanted};
  }
  if (readable.empty()) {
    return {ErrorCode::kCannotMeasure,
            "nothing is recorded in " + PlacesLookedAt(log_dir) +
                ": put the recorder into the running service with `mqtrack attach`, or start it with `mqtrack run -- "
                "COMMAND`; one that is just being started is waited for by `mqtrack snapshot --wait 10`",
            wanted};
  }
  return {ErrorCode::kNotFound, "no recorded process has this name or pid; recorded are: " + Candidates(readable),
          wanted};
}

// The error of a log that could not be listed, with its code; or the process, should it have become readable meanwhile.
Result<RecordedProcess> Reopen(const RecordedProcess& process) {
  const auto reader = log::LogReader::Open(process.log_path, support::MappedFile::Access::kRead);
  if (!reader && reader.error().text == process.error) return reader.error();
  return Error{ErrorCode::kBadInput, process.error, process.log_path};
}

}  // namespace

ProcessState StateOf(const RecordedProcess& process) {
  using enum ProcessState;
  const bool ended = process.facts.state == log::State::kEnded;
  switch (process.where.life) {
    case Whereabouts::Life::kGone:
      return ended ? kEnded : kDead;
    case Whereabouts::Life::kUnknown:
      return ended ? kEnded : kUnseen;
    case Whereabouts::Life::kRuns:
      break;
  }
  if (!ended) return kAlive;
  return process.facts.origin == log::Origin::kAttach ? kDetached : kUnrecorded;
}

std::string_view StateName(ProcessState state) {
  switch (state) {
    case ProcessState::kAlive:
      return "alive";
    case ProcessState::kDetached:
      return "detached";
    case ProcessState::kUnrecorded:
      return "unrecorded";
    case ProcessState::kEnded:
      return "ended";
    case ProcessState::kDead:
      return "dead";
    case ProcessState::kUnseen:
      break;
  }
  return "unseen";
}

bool MayBeRecording(const RecordedProcess& process) {
  const ProcessState state = StateOf(process);
  return state == ProcessState::kAlive || state == ProcessState::kUnseen;
}

Result<RecordedProcess> OpenLog(const std::string& path) {
  const Result<log::LogReader> reader = log::LogReader::Open(path, support::MappedFile::Access::kRead);
  if (!reader) return reader.error();
  RecordedProcess process;
  process.log_path = path;
  process.facts = reader->Facts();
  std::error_code error;
  if (const auto file = std::filesystem::canonical(path, error); !error) process.facts.path = file.string();
  process.where = Locator().Locate(process.facts);
  return process;
}

Result<std::vector<RecordedProcess>> ListRecorded(const std::string& log_dir) {
  std::vector<RecordedProcess> processes;
  std::set<std::string> listed;
  Locator locator;
  for (const LogDirectory& directory : LogDirectories(log_dir)) {
    const Result<bool> usable = CheckLogDirectory(directory);
    if (!usable && !directory.owner) return usable.error();
    if (!usable) {
      RecordedProcess& refused = processes.emplace_back();
      refused.log_path = directory.path;
      refused.error = usable.error().text;
      continue;
    }
    if (*usable) ListDirectory(directory, locator, processes);
    listed.insert(directory.path);
  }
  FollowForwards(listed, locator, processes);
  std::stable_sort(processes.begin(), processes.end(), [](const RecordedProcess& a, const RecordedProcess& b) {
    if (a.error.empty() != b.error.empty()) return a.error.empty();
    if (a.IsAlive() != b.IsAlive()) return a.IsAlive();
    if (a.facts.started_unix_ns != b.facts.started_unix_ns) return a.facts.started_unix_ns > b.facts.started_unix_ns;
    return a.log_path < b.log_path;
  });
  return processes;
}

Result<RecordedProcess> FindRecorded(const std::string& pid_or_name, const std::string& log_dir) {
  Result<std::vector<RecordedProcess>> all = ListRecorded(log_dir);
  if (!all) return all.error();
  const bool by_pid = AllDigits(pid_or_name);
  std::vector<RecordedProcess> readable, live, dead, unreadable;
  for (const RecordedProcess& process : *all) {
    const bool readable_log = process.error.empty();
    if (readable_log) readable.push_back(process);
    if (!IsMeantBy(process, pid_or_name)) continue;
    (readable_log ? process.IsAlive() ? live : dead : unreadable).push_back(process);
  }
  if (!by_pid) DropForerunners(dead);
  if (by_pid && live.empty() && dead.empty() && unreadable.empty()) live = StartedBy(std::stoll(pid_or_name), readable);
  const std::vector<RecordedProcess>& matches = !live.empty() ? live : dead;
  if (matches.size() == 1) return matches.front();
  if (matches.empty() && !unreadable.empty()) return Reopen(unreadable.front());
  if (matches.empty()) return NoMatch(pid_or_name, readable, log_dir);
  return Error{ErrorCode::kBadInput,
               "several recorded processes match, name one by its pid or its log file: " + Candidates(matches),
               pid_or_name};
}

bool IsMeantBy(const RecordedProcess& process, const std::string& pid_or_name) {
  if (AllDigits(pid_or_name)) return HasPid(process, std::stoll(pid_or_name));
  return process.error.empty() && (process.facts.comm == pid_or_name || ProgramName(process.facts.exe) == pid_or_name);
}

std::string PlacesLookedAt(const std::string& log_dir) {
  std::string places;
  for (const LogDirectory& directory : LogDirectories(log_dir)) places += (places.empty() ? "" : ", ") + directory.path;
  return places.empty() ? "any user's log directory" : places;
}

}  // namespace mqtrack::process
