#include <filesystem>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/output.h"
#include "cli/targets/attached_while.h"
#include "cli/targets/input.h"
#include "cli/targets/process_target.h"
#include "libtrack/attach/attach_process.h"
#include "libtrack/log/reader.h"
#include "libtrack/log/recordables.h"
#include "libtrack/process/discovery.h"
#include "libtrack/process/log_removal.h"
#include "libtrack/procfs/find_process.h"
#include "libtrack/procfs/resident_memory.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

constexpr std::int64_t kLongestTimeout = 3600;
constexpr std::int64_t kDefaultTimeout = 10;

std::string Counted(std::uint64_t count, const char* one, const char* many) {
  return support::FormatCount(static_cast<std::int64_t>(count)) + " " + (count == 1 ? one : many);
}

/// Of several threads, all but one stand still only while a safe one is found.
std::string StoodStill(const attach::AttachOutcome& outcome) {
  const auto micros = [](std::int64_t value) { return support::ForLocale(support::FormatCount(value) + " \u00b5s"); };
  std::string text = outcome.threads > 1 ? "its threads stood still for " + micros(outcome.stopped_micros) +
                                               ", one of them for " + micros(outcome.call_micros)
                                         : "it stood still for " + micros(outcome.call_micros);
  if (outcome.looks > 1) {
    text += ", after " + Counted(static_cast<std::uint64_t>(outcome.looks - 1), "look", "looks") +
            " that found no safe moment";
  }
  return text;
}

class AttachCommand final : public Command {
 public:
  HelpText Help() const override {
    return {"attach [--sample SIZE] [--without KINDS] [--timeout SECONDS] [options] PID|NAME",
            "Puts the recorder into a process that is running already, without a debugger and without a restart. From "
            "then on it is recorded as if it had been started with mqtrack run; what it had allocated before is one "
            "row, [before attach], and a diff of two snapshots taken after the attach is exact.\n\n"
            "The process is stopped for some milliseconds at a safe place: in a system call, outside of malloc and the "
            "dynamic loader. If there is no such moment, nothing is changed. If mqtrack is killed half-way, the "
            "process goes on.",
            {{"mqtrack attach mosquitto", "as root, or as the service's user"},
             {"mqtrack attach --sample 512KiB 4711", "for a service that allocates very often"},
             {"mqtrack attach --without packets,fds 4711", "leaves out what you do not need"},
             {"mqtrack snapshot mosquitto -o before.pb.gz", "then wait, take another, and mqtrack diff them"}},
            {{"0", "the process is recorded now"},
             {"2", "wrong options, no such process, or it is recorded already"},
             {"3", "no permission, it cannot be recorded, or there was no safe moment; nothing was changed"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("PID|NAME", target_, "The process, by its pid or its name")->required();
    const std::string group = "Recording";
    AddSampleSize(app, sample_bytes_)->group(group);
    AddChoices(app, "--without", without_, log::RecordableNames(), "Do not record these, separated by commas")
        ->group(group);
    AddText(app, "--log-dir", log_dir_, "DIR", "Keep the log in DIR, not in /dev/shm/mqtrack-UID")->group(group);
    AddSize(app, "--log-limit", log_limit_bytes_, "Let the log grow to SIZE at most (default 4GiB)")->group(group);
    AddCount(app, "--timeout", timeout_seconds_, "Look for a safe moment for so many seconds (default 10)", 0,
             kLongestTimeout);
  }

  support::Result<int> Run() override {
    const support::Result<pid_t> pid = procfs::FindProcess(target_);
    if (!pid) return pid.error();
    attach::AttachOptions options = AttachOptionsFor(log_dir_);
    options.sample_bytes = static_cast<std::uint64_t>(sample_bytes_);
    options.log_limit_bytes = static_cast<std::uint64_t>(log_limit_bytes_);
    options.without_kinds = log::RecordableBits(without_);
    options.timeout_ms = timeout_seconds_ * 1000;
    const support::Result<attach::AttachOutcome> attached = attach::Attach(pid.value(), options);
    if (!attached) return attached.error();
    const attach::AttachOutcome& outcome = attached.value();
    const support::Status printed =
        Print("attached to " + outcome.process + ": " + Counted(outcome.slots, "call", "calls") + " redirected in " +
              Counted(outcome.modules, "file", "files") + "; " + StoodStill(outcome) + "\n");
    if (!printed) return printed.error();
    if (outcome.stubborn != 0) {
      messages().Warn(Counted(outcome.stubborn, "call", "calls") +
                      " could not be redirected, since their memory cannot be made writable: what goes through them is "
                      "not recorded");
    }
    const auto log = log::LogReader::Open(outcome.log_path, support::MappedFile::Access::kRead);
    if (log && !log->Facts().unseen_call.empty()) {
      messages().Warn(UnseenCallWarning(log->Facts().UnseenCall()));
    }
    messages().Note("the log is " + outcome.log_path + "; take a snapshot with: mqtrack snapshot " +
                    std::to_string(pid.value()) + LogDirOption(log_dir_));
    return kSuccess;
  }

 private:
  std::string target_, log_dir_;
  std::vector<std::string> without_;
  std::int64_t sample_bytes_ = 0, log_limit_bytes_ = 0, timeout_seconds_ = kDefaultTimeout;
};

class DetachCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "detach [--timeout SECONDS] [--log-dir DIR] PID|NAME",
        "Makes the recorder in an attached process inert: calls go where they went before the attach, and the log "
        "is marked as ended, but stays to be looked at until mqtrack clean PID or the next attach. The library stays "
        "in the process, since unloading it could never be safe; it does nothing there, and attaching again uses it. "
        "What stays, where, how much memory it takes and how to get rid of it is said.",
        {{"mqtrack detach mosquitto", ""}, {"mqtrack clean mosquitto", "and its log, when you have seen it"}},
        {{"0", "the process is not recorded any more"},
         {"2", "wrong options, no such process, or it is not attached"},
         {"3", "no permission, or there was no safe moment; nothing was changed"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("PID|NAME", target_, "The process, by its pid or its name")->required();
    AddCount(app, "--timeout", timeout_seconds_, "Look for a safe moment for so many seconds (default 10)", 0,
             kLongestTimeout);
    AddText(app, "--log-dir", log_dir_, "DIR", "Take NAME for one of the processes whose logs are in DIR");
  }

  support::Result<int> Run() override {
    const support::Result<pid_t> pid = FindProcessFor(target_, log_dir_);
    if (!pid) return pid.error();
    const support::Result<attach::AttachOutcome> detached = attach::Detach(pid.value(), timeout_seconds_ * 1000);
    if (!detached) return detached.error();
    const attach::AttachOutcome& outcome = detached.value();
    const support::Status printed =
        Print("detached from " + outcome.process + ": " + Counted(outcome.slots, "call", "calls") + " given back; " +
              StoodStill(outcome) + "\n");
    if (!printed) return printed.error();
    if (outcome.stubborn != 0) {
      messages().Warn(Counted(outcome.stubborn, "call", "calls") +
                      " could not be given back, since their memory cannot be made writable: they go through the "
                      "recorder, which does nothing");
    }
    TellWhatStays(pid.value(), outcome);
    return kSuccess;
  }

 private:
  void TellWhatStays(pid_t pid, const attach::AttachOutcome& outcome) const {
    if (const std::uint64_t library = procfs::ReadRecorderLibrary(pid); library != 0) {
      messages().Note("the recorder stays in the process and does nothing there; its " +
                      support::FormatBytes(static_cast<std::int64_t>(library)) + " go when the process ends");
    }
    // The process may call its log by a name that is of no use here, or keep it where nobody looks unless told.
    const std::string where = std::filesystem::path(outcome.log_path).parent_path().string();
    for (const std::string& log_dir : {log_dir_, std::string(), where}) {
      const support::Result<process::RecordedProcess> log = process::FindRecorded(std::to_string(pid), log_dir);
      if (!log || process::StateOf(log.value()) != process::ProcessState::kDetached) continue;
      messages().Note("its log stays to be looked at: " + log->log_path + ", " +
                      support::FormatBytes(process::LogBytes(log.value())) + "; remove it with: mqtrack clean " +
                      std::to_string(pid) + LogDirOption(log_dir));
      return;
    }
  }

  std::string target_, log_dir_;
  std::int64_t timeout_seconds_ = kDefaultTimeout;
};

}  // namespace

std::unique_ptr<Command> MakeAttachCommand() { return std::make_unique<AttachCommand>(); }
std::unique_ptr<Command> MakeDetachCommand() { return std::make_unique<DetachCommand>(); }

}  // namespace mqtrack::cli
