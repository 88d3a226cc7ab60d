#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/command.h"
#include "cli/followers.h"
#include "cli/generation_clock.h"
#include "cli/options/option_types.h"
#include "cli/output.h"
#include "cli/recorder_access.h"
#include "cli/targets/capture.h"
#include "cli/targets/exit_snapshots.h"
#include "cli/targets/input.h"
#include "libtrack/log/reader.h"
#include "libtrack/log/recordables.h"
#include "libtrack/process/discovery.h"
#include "libtrack/process/launch.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/process/log_removal.h"
#include "libtrack/process/process_end.h"
#include "libtrack/process/recordable.h"
#include "libtrack/process/run_counts.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/snapshot/crash_story.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"

namespace mqtrack::cli {
namespace {

constexpr std::int64_t kUsualCpuHz = 100, kMostCpuHz = 4000;     // gperftools' own
constexpr std::int64_t kLeastLogBytes = std::int64_t{16} << 20;  // with less, events are lost almost at once

std::string BaseName(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

class RunCommand final : public Command {
 public:
  HelpText Help() const override {
    return {"run [--sample SIZE] [--snapshot-at-exit FILE|DIR/] [options] -- COMMAND [ARGUMENT...]",
            "Starts COMMAND under the recorder, which keeps in shared memory the exact set of what is alive and who "
            "created it. The command runs as ever: same output, same signals, same exit code. Children and daemons are "
            "followed, each into a log of its own. While it runs, look at it from another terminal with mqtrack top, "
            "snapshot and list.\n\n"
            "With --snapshot-at-exit DIR/ every process of the run that recorded anything has a file of its own in "
            "DIR, such as svc-4711.pb.gz, however short it lived; mqtrack gate DIR/ judges all of them. A FILE holds "
            "COMMAND's own process alone: of a shell, timeout or a test runner that is not what it starts. Which "
            "processes are not in it is said, and a gate on it does not pass if one of them is beyond a limit.\n\n"
            "SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 sent to mqtrack run are passed on to the command.",
            {{"mqtrack run -- mosquitto -c mosquitto.conf", ""},
             {"mqtrack run -- mosquitto -d -c mosquitto.conf", "the daemon goes on under the recorder"},
             {"mqtrack run --sample 512KiB -- ./bridge", "for a service that allocates very often"},
             {"mqtrack run --without fds,packets -- ./bridge", "leaves out what you do not need"},
             {"mqtrack run --snapshot-at-exit leaks.pb.gz -- ./service_test", "what was never freed, for a CI job"},
             {"mqtrack run --snapshot-at-exit leaks/ -- timeout 60 ./run_tests.sh",
              "of every process that it starts, for mqtrack gate leaks/"}},
            {{"*", "the command's own; 128 + N if signal N killed it"},
             {"2", "wrong options, or no such command; nothing was started"},
             {"3",
              "the command cannot be recorded, being static, set-uid or of another architecture, and was not "
              "started; or it succeeded, but its snapshot at exit could not be taken"}}};
  }

  void AddOptions(CLI::App& app) override {
    const std::string group = "Recording";
    AddSampleSize(app, sample_bytes_)->group(group);
    AddChoices(app, "--without", without_, log::RecordableNames(), "Do not record these, separated by commas")
        ->group(group);
    AddText(app, "--snapshot-at-exit", snapshot_at_exit_, "FILE",
            "Write what is alive at the end: of COMMAND's process to FILE, or of each process of the run into a "
            "folder, DIR/")
        ->group(group);
    AddText(app, "--snapshot-dir", snapshot_dir_, "DIR",
            "Put snapshots that the command takes of itself (mqtrack_snapshot) into DIR, not here")
        ->group(group);
    AddText(app, "--generations", generations_, "TIME",
            "Begin a generation so often (30s, 10m, 1h), not at snapshots only, while mqtrack run itself runs: its log "
            "then "
            "tells mqtrack diagnose what each of them left behind, even that of a service that was killed")
        ->group(group);
    app.add_flag(
           "--crash-report", crash_report_,
           "If a signal such as SIGSEGV or SIGABRT ends it, keep in its log where and while doing what: handlers of "
           "these signals are taken over")
        ->group(group);
    app.add_flag("--cpu{" + std::to_string(kUsualCpuHz) + "}", cpu_hz_,
                 "Sample the processor time too, 100 times a second of it or --cpu=HZ: by gperftools' profiler, which "
                 "has to be installed, into a file beside that is complete when the command has ended by itself")
        ->group(group);
    AddText(app, "--cpu-file", cpu_file_, "FILE", "Write that to FILE (default NAME.prof)")->group(group);
    AddText(
        app, "--trace-log", trace_log_, "FILE",
        "Have traced regions of the service (track/trace.h) append a line of JSON each to FILE, for mqtrack topology")
        ->group(group);
    AddText(app, "--pid-file", pid_file_, "FILE",
            "Write COMMAND's pid to FILE once it runs, for scripts; the file stays when it has ended")
        ->group(group);
    AddText(app, "--log-dir", log_dir_, "DIR", "Keep logs in DIR, not in /dev/shm/mqtrack-UID")->group(group);
    AddSize(app, "--log-limit", log_limit_bytes_, "Let a log grow to SIZE at most (default 4GiB)")->group(group);
  }

  bool TakesCommand() const override { return true; }
  void SetCommand(std::vector<std::string> command) override { command_ = std::move(command); }

  support::Result<int> Run() override {
    if (command_.empty() || command_.front().empty()) {
      return support::Error{support::ErrorCode::kBadInput,
                            "COMMAND is missing; write it behind --, as in: mqtrack run -- mosquitto -c mosquitto.conf",
                            "run"};
    }
    if (const support::Status recordable = process::CheckRecordable(command_.front()); !recordable) {
      return recordable.error();
    }
    if (const std::string warning = process::OwnAllocatorWarning(command_.front()); !warning.empty()) {
      messages().Warn(warning);
    }
    const bool with_heap = (log::RecordableBits(without_) & log::KindBit(log::Kind::kHeapBlock)) == 0;
    if (const std::string call = process::FindUnseenCall(command_.front()); with_heap && !call.empty()) {
      messages().Warn(UnseenCallWarning(call));
    }
    if (!generations_.empty()) {
      const support::Result<std::int64_t> seconds = support::ParseDuration(generations_);
      if (!seconds || *seconds < 1)
        return support::Error{support::ErrorCode::kBadInput, "is no time of a second to a year; say 30s, 10m or 1h",
                              "--generations " + generations_};
      generation_seconds_ = *seconds;
    }
    if (const support::Status usable = CheckOptions(); !usable) return usable.error();
    if (const support::Status usable = PrepareCpuFile(); !usable) return usable.error();
    const std::string name = BaseName(command_.front());
    no_log_fits_ = process::WhyNoLogFits();
    if (!no_log_fits_.empty())
      messages().Warn(name + " will not be recorded: " + no_log_fits_);
    else
      messages().Note(
          "recording " + name + (sample_bytes_ > 0 ? ", one block in " + support::FormatBytes(sample_bytes_) : "") +
          "; take a snapshot from another terminal with: mqtrack snapshot " + name + LogDirOption(log_dir_));
    run_ = MarkRun();
    process::TallyFile tally;
    if (const support::Status made = no_log_fits_.empty() ? tally.Create(log_dir_, run_) : support::Status(); !made) {
      messages().Note("processes that leave no log will not be counted: " + made.error().ToString());
    }
    const support::Result<process::LaunchResult> ended = process::Launch(
        Options(),
        [&](std::int64_t pid) {
          clock_.Stop();
          BeforeReap(pid, tally);
        },
        [this](std::int64_t pid) {
          WritePid(pid);
          end_.Begin(pid);
          if (generation_seconds_ > 0) clock_.Start(std::chrono::seconds(generation_seconds_), log_dir_, run_);
        });
    if (!ended) return ended.error();
    if (!ended->problem.empty()) {
      PrintError({support::ErrorCode::kSystem, ended->problem, ""});
      return ended->exit_code;
    }
    if (log_ && !log_->facts.unseen_call.empty()) {
      messages().Warn(UnseenCallWarning(log_->facts.UnseenCall()));
    }
    TellWhoGoesOn(name);
    TellWhoLeftNoLog();
    TellOfCpuFile();
    if (snapshot_error_) PrintError(*snapshot_error_);
    return snapshot_error_ && ended->exit_code == kSuccess ? kCannotMeasure : ended->exit_code;
  }

 private:
  /// What would only be found out when the command has ended, perhaps after hours, is said before it starts.
  [[nodiscard]] support::Status CheckOptions() const {
    if (log_limit_bytes_ > 0 && log_limit_bytes_ < kLeastLogBytes) {
      return support::Error{support::ErrorCode::kBadInput,
                            "a log needs at least " + support::FormatBytes(kLeastLogBytes), "--log-limit"};
    }
    if (const support::Status room = process::CheckRoomForLog(log_dir_); !room) return room;
    std::error_code error;
    if (!snapshot_dir_.empty() && !std::filesystem::is_directory(snapshot_dir_, error)) {
      return support::Error{support::ErrorCode::kBadInput, "is no directory; make it first", snapshot_dir_};
    }
    if (const support::Status usable = PreparePidFile(); !usable) return usable;
    if (snapshot_at_exit_.empty() || snapshot_at_exit_ == "-") return {};
    return PrepareExitSnapshots(snapshot_at_exit_);
  }

  /// Who waits for the file shall not find the pid of an earlier run.
  [[nodiscard]] support::Status PreparePidFile() const {
    if (pid_file_.empty()) return {};
    if (const support::Status fits = CheckOwnFile(pid_file_); !fits) return fits;
    std::error_code error;
    std::filesystem::remove(pid_file_, error);
    return {};
  }

  /// A file that something else than mqtrack writes to, or waits for.
  [[nodiscard]] static support::Status CheckOwnFile(const std::string& name) {
    std::error_code error;
    if (std::filesystem::exists(name, error) && !std::filesystem::is_regular_file(name, error))
      return support::Error{support::ErrorCode::kBadInput, "is there, and no regular file", name};
    return CheckWritable(name);
  }

  [[nodiscard]] support::Status PrepareCpuFile() {
    if (cpu_hz_ == 0 && cpu_file_.empty()) return {};
    if (cpu_hz_ < 1 || cpu_hz_ > kMostCpuHz)
      return support::Error{
          support::ErrorCode::kBadInput,
          cpu_hz_ == 0 ? "says where to, and --cpu is missing, which samples"
                       : "is no rate of 1 to " + std::to_string(kMostCpuHz) + " samples a second",
          cpu_hz_ == 0 ? "--cpu-file" : "--cpu=" + std::to_string(std::max<std::int64_t>(cpu_hz_, 0))};
    if (cpu_file_.empty()) cpu_file_ = UnusedCpuFile();
    return CheckOwnFile(cpu_file_);  // the profiler ends the program if it cannot write
  }

  /// An earlier one is not written over unless it was named.
  [[nodiscard]] std::string UnusedCpuFile() const {
    const std::string stem = FileNamePart(BaseName(command_.front()));
    std::string file = stem + ".prof";
    std::error_code error;
    for (int i = 2; std::filesystem::exists(file, error); ++i) file = stem + "-" + std::to_string(i) + ".prof";
    return file;
  }

  void TellOfCpuFile() const {
    if (cpu_hz_ == 0) return;
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(cpu_file_, error);
    if (!error && bytes > 0) return messages().Note("processor time: mqtrack top " + cpu_file_);
    messages().Warn(cpu_file_ +
                    " holds no processor time: the profiler writes it when a program ends by itself, not when a signal "
                    "kills it; mqtrack cpu looks at a running one");
  }

  void WritePid(std::int64_t pid) const {
    if (pid_file_.empty()) return;
    const support::Status written = support::WriteFile(pid_file_, std::to_string(pid) + "\n");
    if (!written) messages().Warn(written.error().ToString());
  }

  [[nodiscard]] process::LaunchOptions Options() const {
    process::LaunchOptions options;
    options.command = command_;
    options.log_dir = log_dir_;
    options.sample_bytes = static_cast<std::uint64_t>(sample_bytes_);
    options.without = without_;
    options.snapshot_dir = snapshot_dir_;
    options.crash_report = crash_report_;
    options.trace_log = trace_log_;
    options.cpu_profile = cpu_hz_ > 0 ? cpu_file_ : std::string();
    options.cpu_hz = cpu_hz_;
    options.keep_logs = !snapshot_at_exit_.empty();
    options.log_limit_bytes = static_cast<std::uint64_t>(log_limit_bytes_);
    return options;
  }

  /// The command has ended, its log is complete and its pid still its own.
  void BeforeReap(std::int64_t pid, const process::TallyFile& tally) {
    ended_as_ = procfs::ReadProcStatus(pid);
    counts_ = tally.Settled();
    const support::Result<std::vector<process::RecordedProcess>> recorded = process::ListRecorded(log_dir_);
    std::vector<process::RecordedProcess> run;
    if (recorded) {
      const std::uint64_t pid_namespace = process::OwnPidNamespace();
      for (const process::RecordedProcess& process : recorded.value()) {
        if (!process.error.empty()) continue;
        // Of several logs with this pid, the newest is the command's; the list begins with it. In other containers,
        // others have this pid.
        const bool ours = process.facts.pid_namespace == 0 || process.facts.pid_namespace == pid_namespace;
        const bool is_root = !log_ && ours && process.facts.pid == pid;
        if (is_root) log_ = process;
        if (is_root || process.facts.run == run_) run.push_back(process);
      }
    }
    NoteEnd(pid);
    for (process::RecordedProcess& process : run) {  // as it was read before
      if (log_ && process.log_path == log_->log_path) process.facts.end = log_->facts.end;
    }
    if (!snapshot_at_exit_.empty()) TakeSnapshots(run, process::HasExited(pid));
  }

  /// How it ended, so that whoever looks at its log later can read it there.
  void NoteEnd(std::int64_t pid) {
    if (!log_) return;
    const log::EndRecord end = end_.End(pid);
    (void)process::NoteEnd(log_->log_path, end);
    log_->facts.end = end;
    if (end.kind != static_cast<std::uint32_t>(log::EndKind::kKilled)) return;
    snapshot::Options options;
    options.log_dir = log_dir_;
    process::RecordedProcess ended = *log_;
    ended.where.life = process::Whereabouts::Life::kGone;
    const support::Result<snapshot::EndStory> story = snapshot::ReadEnd(ended, options);
    if (story && (crash_report_ || story->end.out_of_memory > static_cast<std::uint32_t>(log::OutOfMemory::kNo)))
      messages().Note(ended.facts.comm + " (pid " + std::to_string(pid) + ") was ended by " +
                      OneLine(snapshot::EndSentence(*story)));
  }

  void TakeSnapshots(const std::vector<process::RecordedProcess>& run, bool has_exited) {
    const auto root = std::find_if(run.begin(), run.end(), [&](const process::RecordedProcess& process) {
      return log_ && process.log_path == log_->log_path;
    });
    ExitSnapshots snapshots(snapshot_at_exit_, command_.front(), counts_, messages());
    const support::Status taken = snapshots.Take(run, root == run.end() ? nullptr : &*root, has_exited);
    if (!taken) snapshot_error_ = taken.error();
    for (const process::RecordedProcess& process : run) {
      const bool is_root = root != run.end() && process.log_path == root->log_path;
      if (!is_root && IsKeptForSnapshotOnly(process)) (void)process::RemoveLog(process);
    }
  }

  /// Says which daemons go on; if there are none, and nothing was recorded, says that instead.
  void TellWhoGoesOn(const std::string& name) const {
    constexpr std::size_t kMostNamed = 3;
    const std::vector<Follower> followers = LivingFollowers(log_dir_);
    if (followers.size() > kMostNamed) {
      messages().Note(support::FormatCount(static_cast<std::int64_t>(followers.size())) +
                      " processes go on under the recorder; see: mqtrack list");
      return;
    }
    for (const Follower& follower : followers) {
      const std::string who = follower.name + " (pid " + std::to_string(follower.pid) + ")";
      if (follower.recorded) {
        messages().Note(who + " goes on under the recorder; take a snapshot with: mqtrack snapshot " +
                        std::to_string(follower.pid) + LogDirOption(log_dir_));
      } else {
        const std::string why = WhyUserCannotLoadRecorder(follower.uid);
        messages().Warn(who + " goes on, but is not recorded" + (why.empty() ? "" : ": " + why));
      }
    }
    if (!followers.empty()) return;
    if (WarnOfAnotherUsersProgram()) return;
    if (!log_ && !no_log_fits_.empty()) return;  // it was said before
    if (!log_) {
      messages().Warn(name +
                      " recorded nothing: it left no log; did it clear LD_PRELOAD, or is the log folder full? "
                      "MQTRACK_VERBOSE=1 makes the recorder say why");
    } else if (!log_->facts.heap_recorded && log_->facts.left_out_kinds == 0 &&
               process::MayHaveUnseenAllocator(log_->facts.exe)) {
      messages().Warn(name +
                      " recorded no allocation; it may bring its own allocator (jemalloc or tcmalloc linked in, "
                      "or Go), which the recorder cannot see");
    }
  }

  /// Of these nothing can be looked at any more.
  void TellWhoLeftNoLog() const {
    if (counts_.left_no_log != 0) {
      messages().Note(support::FormatCount(static_cast<std::int64_t>(counts_.left_no_log)) +
                      (counts_.left_no_log == 1 ? " process" : " processes") +
                      " ended within a second and left no log" +
                      (counts_.last.empty() ? "" : " (the last was " + counts_.last + ")") +
                      "; --snapshot-at-exit DIR/ takes a snapshot of each");
    }
    if (counts_.not_recorded != 0) {
      messages().Warn(support::FormatCount(static_cast<std::int64_t>(counts_.not_recorded)) +
                      (counts_.not_recorded == 1 ? " process" : " processes") +
                      " could not be recorded: made by a bare system call, in a chroot, or without room for a log? "
                      "MQTRACK_VERBOSE=1 makes the recorder say why");
    }
    if (const auto programs = static_cast<std::int64_t>(counts_.unrecorded_programs.size()); programs != 0) {
      messages().Warn(support::FormatCount(programs) + (programs == 1 ? " program was" : " programs were") +
                      " executed and not recorded (" + support::Join(counts_.UnrecordedNames()) +
                      "): static, set-uid, or started without LD_PRELOAD?");
    }
  }

  /// What the command has executed as another user, as setpriv and su do, left no log if that user cannot read the
  /// recorder. True if that was said.
  [[nodiscard]] bool WarnOfAnotherUsersProgram() const {
    if (!ended_as_ || (log_ && log_->facts.comm == ended_as_->comm)) return false;
    const std::string why = WhyUserCannotLoadRecorder(ended_as_->uid);
    if (!why.empty()) messages().Warn(ended_as_->comm + " was not recorded: " + why);
    return !why.empty();
  }

  std::int64_t sample_bytes_ = 0, log_limit_bytes_ = 0;
  std::uint64_t run_ = 0;    // as its logs know it
  std::string no_log_fits_;  // why, if so
  std::string snapshot_at_exit_, snapshot_dir_, log_dir_, pid_file_;
  std::string generations_;
  std::int64_t generation_seconds_ = 0;
  GenerationClock clock_;
  bool crash_report_ = false;
  std::string trace_log_, cpu_file_;
  std::int64_t cpu_hz_ = 0;
  process::EndWatch end_;
  std::vector<std::string> command_, without_;
  process::RunCounts counts_;                    // when the command had ended
  std::optional<process::RecordedProcess> log_;  // of the command itself, once it has ended
  std::optional<procfs::ProcStatus> ended_as_;   // the command, when it had ended
  std::optional<support::Error> snapshot_error_;
};

}  // namespace

std::unique_ptr<Command> MakeRunCommand() { return std::make_unique<RunCommand>(); }

}  // namespace mqtrack::cli
