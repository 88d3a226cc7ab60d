#include "cli/targets/exit_snapshots.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "cli/targets/capture.h"
#include "libtrack/analysis/elsewhere.h"
#include "libtrack/analysis/gate/kept_memory.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/profile/fact.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

namespace fs = std::filesystem;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr char kEnding[] = ".pb.gz";
constexpr std::string_view kIncomplete = ".incomplete-";  // and the pid of the run
constexpr std::int64_t kShortLifeNanos = 1'000'000'000;   // as the recorder's (recorder.cc)

Status CheckWritable(const std::string& folder, const std::string& path) {
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return Error{ErrorCode::kBadInput, std::string("no snapshot can be written there: ") + std::strerror(errno), path};
}

bool IsMark(const fs::path& file) { return file.filename().string().starts_with(kIncomplete); }

fs::path OwnMark(const std::string& folder) {
  return fs::path(folder) / (std::string(kIncomplete) + std::to_string(::getpid()));
}

/// Marks the folder as incomplete; marks of runs that have ended are taken away, since what they wrote is gone, too.
Status MarkIncomplete(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!IsMark(it->path())) continue;
    const Result<std::int64_t> pid = support::ParseCount(it->path().filename().string().substr(kIncomplete.size()));
    if (!pid || !procfs::ReadProcStatus(*pid)) ::unlink(it->path().c_str());
  }
  return support::WriteFile(OwnMark(folder).string(), "this run has not written all its snapshots\n");
}

bool HoldsAnything(const profile::Profile& profile) {
  return std::any_of(profile.samples.begin(), profile.samples.end(), [](const profile::Sample& sample) {
    return std::any_of(sample.values.begin(), sample.values.end(), [](std::int64_t value) { return value != 0; });
  });
}

/// It went on as another program: what was alive before is gone.
bool BecameAnother(const process::RecordedProcess& process) {
  return process.facts.executed && process.facts.state == log::State::kEnded;
}

/// A later log of the same process is there: that of the program that it became, perhaps as another user.
bool HasSuccessor(const process::RecordedProcess& process, const std::vector<process::RecordedProcess>& run) {
  return std::any_of(run.begin(), run.end(), [&](const process::RecordedProcess& other) {
    return other.facts.pid == process.facts.pid && other.facts.pid_namespace == process.facts.pid_namespace &&
           other.facts.started_unix_ns > process.facts.started_unix_ns;
  });
}

std::string NameOf(const process::RecordedProcess& process) {
  return process.facts.comm + " (pid " + std::to_string(process.Pid()) + ")";
}

}  // namespace

bool IsSnapshotFolder(const std::string& path) {
  std::error_code error;
  return path.ends_with('/') || fs::is_directory(path, error);
}

std::vector<std::string> SnapshotsIn(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().ends_with(kEnding)) files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool IsIncomplete(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (IsMark(it->path())) return true;
  }
  return false;
}

bool IsFolderOfSnapshots(const std::string& path) {
  std::error_code error;
  return path.ends_with('/') || (fs::is_directory(path, error) && !SnapshotsIn(path).empty());
}

Status PrepareExitSnapshots(const std::string& path) {
  if (!IsSnapshotFolder(path)) {
    const std::string folder = fs::path(path).parent_path().string();
    return CheckWritable(folder.empty() ? "." : folder, path);
  }
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    fs::create_directory(fs::path(path).parent_path(), error);  // "DIR" of "DIR/"
    if (error) return Error{ErrorCode::kBadInput, "the folder cannot be made: " + error.message(), path};
  }
  if (!SnapshotsIn(path).empty()) {
    return Error{ErrorCode::kBadInput,
                 "holds snapshots already, and a gate would judge them with the new ones; empty it, or name another "
                 "folder",
                 path};
  }
  if (const Status writable = CheckWritable(path, path); !writable) return writable;
  return MarkIncomplete(path);
}

bool IsKeptForSnapshotOnly(const process::RecordedProcess& process) {
  const log::LogFacts& facts = process.facts;
  return facts.state == log::State::kEnded && !process.IsAlive() &&
         facts.ended_unix_ns - facts.started_unix_ns < kShortLifeNanos;
}

ExitSnapshots::ExitSnapshots(std::string path, std::string command, const process::RunCounts& counts,
                             const Messages& messages)
    : path_(std::move(path)),
      command_(std::move(command)),
      counts_(counts),
      is_folder_(IsSnapshotFolder(path_)),
      messages_(messages) {}

Status ExitSnapshots::Take(const std::vector<process::RecordedProcess>& run, const process::RecordedProcess* root,
                           bool root_has_exited) {
  root_has_exited_ = root_has_exited;
  Status first_failure;
  std::int64_t failed = 0;
  std::size_t done = 0;
  for (const process::RecordedProcess& process : run) {
    ShowProgress(done++, run.size());
    if (BecameAnother(process)) {
      TellOfReplaced(process, run);
      continue;
    }
    const Status taken = TakeOne(process, &process == root);
    if (taken) continue;
    if (first_failure) first_failure = taken;
    ++failed;
  }
  ShowProgress(done, run.size());
  if (!first_failure) {
    if (is_folder_) {
      messages_.Warn(path_ + " is incomplete: " + support::FormatCount(failed) + " of " +
                     support::FormatCount(static_cast<std::int64_t>(run.size())) +
                     " snapshots could not be written; a gate over it answers 3");
    }
    return first_failure;
  }
  if (!is_folder_) return WriteRoot();
  Summarise();
  ::unlink(OwnMark(path_).c_str());
  if (!sentences_.empty()) return {};
  return Error{ErrorCode::kCannotMeasure, "no snapshot was taken, since no process recorded anything", path_};
}

/// On a terminal only, in one line that is gone at the end; not where all is done in a moment.
void ExitSnapshots::ShowProgress(std::size_t done, std::size_t all) {
  constexpr std::chrono::milliseconds kBetween(500);
  if (messages_.quiet || ::isatty(STDERR_FILENO) != 1) return;
  const auto now = std::chrono::steady_clock::now();
  if (done == 0) shown_at_ = now;
  const bool is_due = done < all ? now - shown_at_ >= kBetween : is_shown_;
  if (!is_due) return;
  shown_at_ = now;
  is_shown_ = true;
  const std::string text = done == all
                               ? std::string()
                               : "mqtrack: " + support::FormatCount(static_cast<std::int64_t>(done)) + " of " +
                                     support::FormatCount(static_cast<std::int64_t>(all)) + " processes written";
  (void)std::fprintf(stderr, "\r\033[K%s", text.c_str());
}

/// Of a program that is not recorded nothing is known.
void ExitSnapshots::TellOfReplaced(const process::RecordedProcess& process,
                                   const std::vector<process::RecordedProcess>& run) {
  if (HasSuccessor(process, run)) return;
  ++replaced_;
  messages_.Warn(NameOf(process) + " went on as another program, which was not recorded: " +
                 "nothing is known of that (is it static, set-uid, or started without LD_PRELOAD?)");
}

Status ExitSnapshots::TakeOne(const process::RecordedProcess& process, bool is_root) {
  snapshot::Options options;
  options.ends_now = true;
  options.leave_out_inherited = true;
  options.tell_of_others = false;
  options.run_counts = &counts_;
  options.symbols.known_names = names_;
  options.has_exited = is_root && root_has_exited_;
  Result<profile::Profile> profile = snapshot::TakeSnapshot(process, options);
  if (!profile) return profile.error();
  if (is_folder_) return WriteInto(*profile, process);
  if (is_root) {
    root_ = std::move(profile).value();
  } else if (HoldsAnything(*profile)) {  // by name, and with what it held
    Result<analysis::KeptMemory> kept = analysis::KeptMemory::Load({});
    if (!kept) return kept.error();
    elsewhere_.push_back(analysis::ElsewhereFact(NameOf(process), kept->Without(*profile)));
    elsewhere_names_.push_back(NameOf(process));
  }
  return {};
}

Status ExitSnapshots::WriteInto(profile::Profile& profile, const process::RecordedProcess& process) {
  if (!HoldsAnything(profile)) {
    ++empty_;
    return {};
  }
  const std::string file = FileFor(process);
  if (const Status written = WriteCapture(profile, file); !written) return written;
  sentences_.push_back("wrote " + file + ": " + SummarySentence(cli::Summarise(profile, NameOf(process))));
  PrintCaptureNotes(profile, file, messages_);
  return {};
}

Status ExitSnapshots::WriteRoot() {
  if (!root_) {
    return Error{ErrorCode::kCannotMeasure,
                 replaced_ != 0 ? "no snapshot was taken, since the command went on as a program that was not recorded"
                                : "no snapshot was taken, since the command left no log",
                 path_};
  }
  for (const std::string& fact : elsewhere_) profile::AddFact(*root_, "elsewhere", fact);
  if (const Status written = WriteCapture(*root_, path_); !written) return written;
  const CaptureSummary summary = cli::Summarise(*root_, command_);
  messages_.Note("wrote " + path_ + ": " + SummarySentence(summary));
  TellWhatIsElsewhere(summary.target);
  PrintCaptureNotes(*root_, path_, messages_);
  return {};
}

void ExitSnapshots::TellWhatIsElsewhere(const std::string& root_name) const {
  constexpr std::size_t kMostNamed = 5;
  if (elsewhere_names_.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < elsewhere_names_.size() && i < kMostNamed; ++i)
    names += (i == 0 ? "" : ", ") + elsewhere_names_[i];
  if (elsewhere_names_.size() > kMostNamed)
    names += " and " + std::to_string(elsewhere_names_.size() - kMostNamed) + " more";
  messages_.Note(path_ + " is of " + root_name + " alone; recorded too, and not in it: " + names +
                 "; --snapshot-at-exit DIR/ writes a file for each");
}

/// "DIR/svc-4711.pb.gz"; where that is taken, by another process with this pid, "DIR/svc-4711-2.pb.gz".
std::string ExitSnapshots::FileFor(const process::RecordedProcess& process) const {
  const std::string stem =
      (fs::path(path_) / (FileNamePart(process.facts.comm) + "-" + std::to_string(process.Pid()))).string();
  std::string name = stem + kEnding;
  for (int i = 2; ::access(name.c_str(), F_OK) == 0; ++i) name = stem + "-" + std::to_string(i) + kEnding;
  return name;
}

void ExitSnapshots::Summarise() const {
  constexpr std::size_t kMostNamed = 8;
  const auto files = static_cast<std::int64_t>(sentences_.size());
  for (std::size_t i = 0; i < sentences_.size() && i < kMostNamed; ++i) messages_.Note(sentences_[i]);
  if (sentences_.size() > kMostNamed)
    messages_.Note("and " + support::FormatCount(files - static_cast<std::int64_t>(kMostNamed)) + " more in " + path_);
  if (empty_ != 0) {
    messages_.Note(support::FormatCount(empty_) + (empty_ == 1 ? " process" : " processes") +
                   " recorded nothing of their own, and have no file");
  }
}

}  // namespace mqtrack::cli
