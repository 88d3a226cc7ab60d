#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/output.h"
#include "libtrack/process/discovery.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/process/log_removal.h"
#include "libtrack/process/run_counts.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using process::RecordedProcess;
using support::Error;
using support::ErrorCode;
using support::Result;

/// Logs, and the memory that they take.
struct Amount {
  std::int64_t logs = 0, bytes = 0;
  void Add(const RecordedProcess& process) {
    ++logs;
    bytes += process::LogBytes(process);
  }
};

std::string Who(const RecordedProcess& process) {
  const std::string& name = process.facts.comm;
  return (name.empty() ? "process" : OneLine(name)) + " (pid " + std::to_string(process.Pid()) + ")";
}

class CleanCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "clean [TARGET...] [--everyone] [--dry-run] [--log-dir DIR]",
        "Removes the logs of processes that are gone and says how many there were and how much memory they "
        "held. A log outlives its process, so that a crash can still be looked into; take the snapshots you "
        "want first. Root removes its own; those of other users only with --everyone, or by TARGET.\n\n"
        "A TARGET removes the logs of that process alone, also while it runs, if mqtrack was detached from it. "
        "Logs of processes that are being recorded are never touched.",
        {{"mqtrack clean --dry-run", "what would go"},
         {"mqtrack clean", ""},
         {"mqtrack clean mosquitto", "of a broker that was detached from, and runs on"}},
        {{"0", "done, or nothing to do"},
         {"2", "wrong options, no log of TARGET or one that is being written, or a log that could not be removed"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", targets_, "A pid, the name of a process that was recorded, or a log");
    app.add_flag("--everyone", everyone_, "As root: remove other users' logs, too");
    app.add_flag("--dry-run", dry_run_, "Only say what would be removed");
    AddText(app, "--log-dir", log_dir_, "DIR", "Where to look for logs of recorded processes");
  }

  Result<int> Run() override {
    const Result<std::vector<RecordedProcess>> recorded = process::ListRecorded(log_dir_);
    if (!recorded) return recorded.error();
    for (const std::string& target : targets_) {
      if (const support::Status removed = RemoveTarget(target, recorded.value()); !removed) return removed.error();
    }
    if (targets_.empty()) RemoveAll(recorded.value());
    if (!dry_run_) process::RemoveLeftTallies(OnlyOwn() ? process::DefaultLogDirectory(::geteuid()) : log_dir_);
    if (const support::Status printed = Print(Summary()); !printed) return printed.error();
    TellWhatIsLeft();
    return exit_code_;
  }

 private:
  /// Root looks into everybody's directories; one that was named is meant with all that is in it.
  [[nodiscard]] bool OnlyOwn() const {
    const std::vector<process::LogDirectory> places = process::LogDirectories(log_dir_);
    const bool is_named = places.size() == 1 && !places.front().owner;
    return !everyone_ && !is_named && ::geteuid() == 0;
  }

  void RemoveAll(const std::vector<RecordedProcess>& recorded) {
    const bool only_own = OnlyOwn();
    for (const RecordedProcess& process : recorded) {
      if (!process.error.empty()) {
        messages().Warn("left alone: " + process.log_path + ": " + process.error);
      } else if (process::IsRecordedNoMore(process)) {
        running_.push_back(process);
      } else if (!process.IsAlive() && process::StateOf(process) == process::ProcessState::kUnseen) {
        messages().Note("left alone: " + process.log_path + ": " + process.facts.comm +
                        " may still run in a container that cannot be seen from here; remove the file if it does not");
      } else if (!process.IsAlive() && only_own && process::IsOfAnotherUser(process)) {
        others_.Add(process);
      } else if (!process.IsAlive()) {
        if (const support::Status removed = Remove(process); !removed) {
          PrintError(removed.error());
          exit_code_ = kBadUsage;
        }
      }
    }
  }

  support::Status RemoveTarget(const std::string& target, const std::vector<RecordedProcess>& recorded) {
    std::error_code error;
    if (std::filesystem::is_regular_file(target, error)) {
      const Result<RecordedProcess> process = process::OpenLog(target);
      return process ? Remove(process.value()) : support::Status(process.error());
    }
    std::vector<RecordedProcess> over;
    const RecordedProcess* recording = nullptr;
    for (const RecordedProcess& process : recorded) {
      if (!process::IsMeantBy(process, target)) continue;
      if (process.IsAlive() && !process::IsRecordedNoMore(process))
        recording = &process;
      else
        over.push_back(process);
    }
    if (over.empty() && recording != nullptr) return Remove(*recording);  // says why not
    if (over.empty()) {
      return Error{ErrorCode::kNotFound, "no log of it in " + process::PlacesLookedAt(log_dir_) + "; see mqtrack list",
                   target};
    }
    for (const RecordedProcess& process : over) {
      if (support::Status removed = Remove(process); !removed) return removed;
    }
    return {};
  }

  [[nodiscard]] support::Status Remove(const RecordedProcess& process) {
    Amount amount;
    amount.Add(process);
    if (support::Status removed = dry_run_ ? process::CheckRemovable(process) : process::RemoveLog(process); !removed)
      return removed;
    messages().Note(std::string(dry_run_ ? "would remove " : "removed ") + process.log_path + " (" + Who(process) +
                    ")");
    removed_.logs += amount.logs;
    removed_.bytes += amount.bytes;
    return {};
  }

  [[nodiscard]] std::string Summary() const {
    if (removed_.logs == 0) {
      return others_.logs == 0 ? "no logs of dead processes\n" : "no logs of dead processes of your own\n";
    }
    const std::string what = targets_.empty()
                                 ? (removed_.logs == 1 ? " log of a dead process, " : " logs of dead processes, ")
                                 : (removed_.logs == 1 ? " log, " : " logs, ");
    return (dry_run_ ? "would remove " : "removed ") + support::FormatCount(removed_.logs) + what +
           support::FormatBytes(removed_.bytes) + "\n";
  }

  void TellWhatIsLeft() const {
    for (const RecordedProcess& process : running_) {
      messages().Note("left alone: " + Who(process) + " runs on, and is recorded no more; its log of " +
                      support::FormatBytes(process::LogBytes(process)) + " is removed by: mqtrack clean " +
                      std::to_string(process.Pid()) + LogDirOption(log_dir_));
    }
    if (others_.logs == 0) return;
    messages().Note("left alone: " + support::FormatCount(others_.logs) +
                    (others_.logs == 1 ? " log of a dead process" : " logs of dead processes") + " of other users, " +
                    support::FormatBytes(others_.bytes) + "; --everyone removes them, too");
  }

  std::vector<std::string> targets_;
  bool everyone_ = false, dry_run_ = false;
  std::string log_dir_;
  Amount removed_, others_;
  std::vector<RecordedProcess> running_;  // recorded no more
  int exit_code_ = kSuccess;
};

}  // namespace

std::unique_ptr<Command> MakeCleanCommand() { return std::make_unique<CleanCommand>(); }

}  // namespace mqtrack::cli
