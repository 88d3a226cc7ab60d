#include <algorithm>
#include <cstdint>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/output.h"
#include "libtrack/process/discovery.h"
#include "libtrack/process/run_counts.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

class CleanCommand final : public Command {
 public:
  HelpText Help() const override {
    return {"clean [--dry-run] [--log-dir DIR]",
            "Removes the logs of processes that are gone and says how many there were and how much memory they "
            "held. A log outlives its process, so that a crash can still be looked into; take the snapshots you "
            "want first. Logs of running processes are never touched.",
            {{"mqtrack clean --dry-run", "what would go"}, {"mqtrack clean", ""}},
            {{"0", "done, or nothing to do"}, {"2", "wrong options, or a log that could not be removed"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_flag("--dry-run", dry_run_, "Only say what would be removed");
    AddText(app, "--log-dir", log_dir_, "DIR", "Where to look for logs of recorded processes");
  }

  support::Result<int> Run() override {
    const support::Result<std::vector<process::RecordedProcess>> recorded = process::ListRecorded(log_dir_);
    if (!recorded) return recorded.error();
    std::int64_t logs = 0, bytes = 0;
    int exit_code = kSuccess;
    for (const process::RecordedProcess& process : recorded.value()) {
      if (!process.error.empty()) {
        messages().Warn("left alone: " + process.log_path + ": " + process.error);
        continue;
      }
      if (process.IsAlive()) continue;
      if (process::StateOf(process) == process::ProcessState::kUnseen) {
        messages().Note("left alone: " + process.log_path + ": " + process.facts.comm +
                        " may still run in a container that cannot be seen from here; remove the file if it does not");
        continue;
      }
      if (const support::Status removed = Remove(process); !removed) {
        PrintError(removed.error());
        exit_code = kBadUsage;
        continue;
      }
      ++logs;
      bytes += static_cast<std::int64_t>(std::min<std::uint64_t>(process.facts.reserved_bytes, INT64_MAX / 4096));
    }
    if (!dry_run_) process::RemoveLeftTallies(log_dir_);
    if (logs == 0 && exit_code == kSuccess) {
      const support::Status nothing = Print("no logs of dead processes\n");
      if (!nothing) return nothing.error();
      return exit_code;
    }
    const std::string what =
        support::FormatCount(logs) + (logs == 1 ? " log of a dead process, " : " logs of dead processes, ");
    const support::Status printed =
        Print((dry_run_ ? "would remove " : "removed ") + what + support::FormatBytes(bytes) + "\n");
    if (!printed) return printed.error();
    return exit_code;
  }

 private:
  [[nodiscard]] support::Status Remove(const process::RecordedProcess& process) const {
    messages().Note(std::string(dry_run_ ? "would remove " : "removing ") + process.log_path + " (" +
                    process.facts.comm + ", pid " + std::to_string(process.Pid()) + ")");
    return dry_run_ ? support::Status() : process::RemoveLog(process);
  }

  bool dry_run_ = false;
  std::string log_dir_;
};

}  // namespace

std::unique_ptr<Command> MakeCleanCommand() { return std::make_unique<CleanCommand>(); }

}  // namespace mqtrack::cli
