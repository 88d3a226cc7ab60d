#include <time.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/capture.h"
#include "cli/targets/streamed_file.h"
#include "cli/targets/watching.h"
#include "libtrack/process/discovery.h"
#include "libtrack/procfs/thread_facts.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/units.h"
#include "libtrack/timeline/site_curves.h"
#include "libtrack/timeline/timeline_builder.h"
#include "libtrack/timeline/trace_session.h"
#include "reports/timeline/chrome_trace.h"
#include "reports/timeline/perfetto_trace.h"
#include "reports/timeline/timeline_summary.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kLongestSeconds = 3600;
/// Between two looks at the ring.
constexpr std::chrono::milliseconds kPause{5}, kBetweenLooksAtProcess{200};
/// For events that threads are in the middle of when the trace ends.
constexpr std::chrono::milliseconds kLongestRest{700};
constexpr std::size_t kMostAtOnce = 8192;

std::int64_t NowMonotonicNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

std::string NameOf(const process::RecordedProcess& process) {
  return process.facts.comm + " (pid " + std::to_string(process.Pid()) + ")";
}

/// A file in the format that was asked for. Borrowed by nobody for longer than it lives.
class TraceFile {
 public:
  TraceFile(StreamedFile file, bool is_json)
      : file_(std::move(file)), output_([this](std::string_view bytes) { return file_.Write(bytes); }) {
    if (is_json)
      chrome_.emplace(output_);
    else
      perfetto_.emplace(output_);
  }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  ~TraceFile() = default;

  [[nodiscard]] timeline::TimelineSink& sink() {
    if (chrome_) return *chrome_;
    return *perfetto_;
  }
  /// What was told until now is there for others to read.
  [[nodiscard]] Status Flush() {
    output_.Flush();
    return output_.status();
  }
  [[nodiscard]] Status Finish() {
    if (chrome_) chrome_->Finish();
    return Flush();
  }

 private:
  StreamedFile file_;
  reports::TimelineOutput output_;
  std::optional<reports::PerfettoTrace> perfetto_;
  std::optional<reports::ChromeTrace> chrome_;
};

class TraceCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "trace TARGET [--for TIME] [-o FILE] [--summary] [options]",
        "Writes what a recorded process does, as a timeline: each thread's MQTT packets, waits, regions "
        "(MQTRACK_REGION) and timers, each connection's packets in and out with arrows from a PUBLISH to the copies "
        "that were written while it was handled, threads, large blocks, generations, and the live heap as a curve. "
        "FILE is a trace of Perfetto (ui.perfetto.dev opens it), or with --format json one for chrome://tracing. "
        "TARGET is the pid, the name or the log of a process that is recorded now: started by mqtrack run, or "
        "attached to. ^C ends it early and keeps what there is; so does the end of the process.\n\n"
        "Events go through a ring of 4 MiB in the log, which is made when the first trace of a process begins. A ring "
        "that is full drops what is new and never makes the service wait; how many were missed is said. While nobody "
        "traces, the recorder writes no events.\n\n"
        "--summary answers in the terminal: the slowest packets, from a packet's last byte until its thread went on "
        "to something else, shares of packets and regions, the longest waits, and what ran when the heap "
        "jumped.\n\n"
        "With --snapshots the TARGETs are two or more snapshots of one service, and the timeline has a curve for each "
        "of "
        "their top sites.",
        {{"mqtrack trace mosquitto --for 10s -o trace.pftrace", ""},
         {"mqtrack trace 4711 --summary", "only the answers, of ten seconds"},
         {"mqtrack trace mosquitto --format json -o trace.json", "for chrome://tracing"},
         {"mqtrack trace --snapshots monday.pb.gz tuesday.pb.gz -o week.pftrace", "how sites went"}},
        {{"0", "the timeline was written"},
         {"2", "wrong usage, no such process, bad input, or the file cannot be written"},
         {"3",
          "the process is not recorded now, its recorder is of another version, it is being traced already, or "
          "events were missed"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", targets_, "A pid, a process name or a log; with --snapshots, files")->required();
    AddText(app, "--for", for_, "TIME", "How long, such as 30s or 2m (default 10s, at most 1h)")->group("Recording");
    AddSize(app, "--large", large_, "Heap blocks from this size on are events of their own (default 64KiB)")
        ->group("Recording");
    AddSize(app, "--buffer", buffer_,
            "How much the ring holds, from 64KiB to 64MiB (default 4MiB); the first trace of a process decides")
        ->group("Recording");
    app.add_flag("--snapshots", of_snapshots_, "The TARGETs are snapshots: how their top sites went")
        ->group("Recording");
    AddText(app, "--by", by_, "TYPE", "With --snapshots: the values that are shown")
        ->group("Recording");
    AddCount(app, "-n,--rows", rows_,
             "Rows of each list of the summary (default 10); sites with --snapshots (default 20)")
        ->group("Output");
    AddChoice(app, "--format", format_, {"pftrace", "json"}, "FORMAT", "How to write FILE (by its name, else pftrace)")
        ->group("Output");
    AddText(app, "-o,--output", output_, "FILE",
            "Write to FILE (default NAME-PID.pftrace; none with --summary); - is standard output")
        ->group("Output");
    app.add_flag("--summary", summary_, "Say in the terminal what was slow and what the heap did")->group("Output");
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    if (format_.empty()) format_ = Extension(output_) == "json" ? "json" : "pftrace";
    if (const Status good = CheckOptions(); !good) return good.error();
    if (!output_.empty()) {
      if (const Status writable = CheckWritable(output_); !writable) return writable.error();
    }
    return of_snapshots_ ? TraceSnapshots() : TraceProcess();
  }

 private:
  [[nodiscard]] Status CheckOptions() const {
    if (!of_snapshots_ && targets_.size() != 1)
      return Error{ErrorCode::kBadInput, "is one TARGET too many: a trace is of one process", targets_.at(1)};
    if (!of_snapshots_ && !by_.empty())
      return Error{ErrorCode::kBadInput, "is for --snapshots, whose values it chooses", "--by"};
    if (of_snapshots_ && (targets_.size() < 2 || summary_ || output_.empty())) {
      return Error{ErrorCode::kBadInput,
                   targets_.size() < 2 ? "needs two snapshots at least"
                   : summary_          ? "has no --summary: mqtrack diff and mqtrack diagnose say what grew"
                                       : "needs a file to write to: -o FILE",
                   "--snapshots"};
    }
    if (summary_ && output_ == "-")
      return Error{ErrorCode::kBadInput, "and -o - would both go to standard output", "--summary"};
    if (buffer_ < static_cast<std::int64_t>(log::kSmallestTraceRing) ||
        buffer_ > static_cast<std::int64_t>(log::kLargestTraceRing))
      return Error{ErrorCode::kBadInput, "is no size from 64KiB to 64MiB", "--buffer"};
    if (format_ == "json" && Extension(output_) == "pftrace")
      return Error{ErrorCode::kBadInput, "ends like a trace of Perfetto, and --format says json", output_};
    return format_ == "json" ? CheckFileName(format_, output_) : Status();
  }

  // ---- snapshots

  [[nodiscard]] Result<int> TraceSnapshots() const {
    const Result<analysis::WrapperList> wrappers = SelectionOptions().Wrappers();
    if (!wrappers) return wrappers.error();
    timeline::SiteCurves curves;
    for (const std::string& target : targets_) {
      const Result<profile::Profile> profile = loading_.Load(target);
      if (!profile) return profile.error();
      const Result<analysis::SiteTable> table =
          analysis::TopSites(*profile, *wrappers, {.sample_type = by_, .label = ""});
      if (!table) return table.error();
      if (const Status added = curves.Add(*table, profile->time_nanos, target); !added) return added.error();
    }
    Result<StreamedFile> stream = StreamedFile::Open(output_);
    if (!stream) return stream.error();
    TraceFile file(std::move(stream).value(), format_ == "json");
    constexpr std::int64_t kUsualSites = 20;
    curves.Tell(file.sink(), static_cast<std::size_t>(rows_ != 0 ? rows_ : kUsualSites));
    if (const Status written = file.Finish(); !written) return written.error();
    return NameFile(output_);
  }

  // ---- a process

  [[nodiscard]] Result<process::RecordedProcess> FindProcess() const {
    const std::string& target = targets_.front();
    Result<process::RecordedProcess> process = snapshot::IsFileOrUrl(target)
                                                   ? process::OpenLog(target)
                                                   : process::FindRecorded(target, loading_.ForLooking().log_dir);
    if (!process) return process;
    if (!process->error.empty()) return Error{ErrorCode::kBadInput, process->error, target};
    if (process::MayBeRecording(*process)) return process;
    return Error{ErrorCode::kCannotMeasure,
                 "is not recorded now, and what it did is not kept: name a process that mqtrack list calls alive",
                 NameOf(*process)};
  }

  [[nodiscard]] Result<int> TraceProcess() {
    const Result<std::int64_t> seconds = support::ParseDuration(for_);
    if (!seconds || *seconds < 1 || *seconds > kLongestSeconds)
      return Error{ErrorCode::kBadInput, "is no time of a second to an hour; say 10s or 2m", "--for " + for_};
    const Result<process::RecordedProcess> process = FindProcess();
    if (!process) return process.error();
    const std::string path = FileFor(*process);
    if (path == "-" && format_ == "pftrace") {  // before anything is asked of the service
      if (const Status fits = WriteBinaryResult("-", ""); !fits) return fits.error();
    }
    const InterruptNoted noted;
    Result<timeline::TraceSession> session = timeline::TraceSession::Begin(
        process->log_path,
        {.ring_bytes = static_cast<std::uint64_t>(buffer_), .large_bytes = static_cast<std::uint64_t>(large_)});
    if (!session) return session.error();
    std::unique_ptr<TraceFile> file;
    if (!path.empty()) {
      Result<StreamedFile> stream = StreamedFile::Open(path);
      if (!stream) return stream.error();
      file = std::make_unique<TraceFile>(std::move(stream).value(), format_ == "json");
    }
    return Follow(*process, *session, file.get(), path, std::chrono::seconds(*seconds));
  }

  [[nodiscard]] std::string FileFor(const process::RecordedProcess& process) const {
    if (!output_.empty() || summary_) return output_;
    const std::string stem = FileNamePart(process.facts.comm) + "-" + std::to_string(process.Pid());
    std::string name = stem + "." + format_;
    for (int i = 2; std::filesystem::exists(name); ++i) name = stem + "-" + std::to_string(i) + "." + format_;
    return name;
  }

  [[nodiscard]] Result<int> Follow(const process::RecordedProcess& process, timeline::TraceSession& session,
                                   TraceFile* file, const std::string& path, std::chrono::seconds duration) {
    reports::TimelineSummary summary({.colour = ColourWanted(),
                                      .width_columns = TerminalColumns(),
                                      .rows = static_cast<std::size_t>(rows_ != 0 ? rows_ : kUsualRows)});
    timeline::TimelineTee tee;
    if (file != nullptr) tee.To(file->sink());
    if (summary_) tee.To(summary);
    timeline::BuilderOptions options;
    options.pid = process.Pid();
    options.process_name = process.facts.comm;
    options.live_base = session.LiveBase();
    if (process.where.pid == process.facts.pid) {  // else its threads are called otherwise here
      options.thread_name = [pid = options.pid](std::uint32_t thread) {
        return procfs::ReadThreadName(static_cast<pid_t>(pid), static_cast<pid_t>(thread));
      };
    }
    timeline::TimelineBuilder builder(tee, options);
    const std::int64_t begin_ns = NowMonotonicNanos();
    const Status followed = Listen(process, session, builder, file, duration);
    const std::int64_t end_ns = std::max(NowMonotonicNanos(), builder.last_ns());
    builder.Finish(end_ns);
    if (file != nullptr) {
      if (const Status written = file->Finish(); !written) return written.error();
    }
    if (!followed) return followed.error();
    if (summary_) {
      const std::string text = Heading(process, builder, session, end_ns - begin_ns) + summary.Render(begin_ns, end_ns);
      if (const Status printed = Print(support::ForLocale(text)); !printed) return printed.error();
    } else {
      messages().Note(Heading(process, builder, session, end_ns - begin_ns, false));
    }
    if (file != nullptr && path != "-" && !summary_) {
      if (const Result<int> named = NameFile(path); !named) return named;
    }
    return SayLosses(session, builder);
  }

  /// Until the time is over, somebody interrupts, or the process ends.
  [[nodiscard]] Status Listen(const process::RecordedProcess& process, timeline::TraceSession& session,
                              timeline::TimelineBuilder& builder, TraceFile* file, std::chrono::seconds duration) {
    const Clock::time_point end = Clock::now() + duration;
    Clock::time_point next_look = Clock::now();
    generation_ = session.Generation();
    builder.AddLiveBytes(NowMonotonicNanos(), session.LiveBytes());
    messages().Note("tracing " + NameOf(process) + " for " + support::FormatDuration(duration.count()) +
                    "; ^C ends it with what there is");
    while (Clock::now() < end && !InterruptNoted::IsInterrupted()) {
      const Result<std::size_t> taken = Take(session, builder);
      if (!taken) return taken.error();
      if (session.HasEnded()) break;
      if (Clock::now() >= next_look) {
        if (file != nullptr) {
          if (const Status flushed = file->Flush(); !flushed) return flushed;
        }
        const Result<process::RecordedProcess> now = process::OpenLog(process.log_path);
        if (!now || !process::MayBeRecording(*now)) break;
        next_look = Clock::now() + kBetweenLooksAtProcess;
      }
      if (*taken < kMostAtOnce) std::this_thread::sleep_for(kPause);
    }
    session.End();
    const Clock::time_point last = Clock::now() + kLongestRest;
    for (;;) {
      const Result<std::size_t> taken = Take(session, builder);
      if (!taken) return taken.error();
      if (session.IsDrained() || Clock::now() > last) break;
      if (*taken == 0) std::this_thread::sleep_for(kPause);
    }
    return {};
  }

  /// What has happened since the last time; how many events that were.
  [[nodiscard]] Result<std::size_t> Take(timeline::TraceSession& session, timeline::TimelineBuilder& builder) {
    events_.clear();
    if (const Status taken = session.Take(events_, kMostAtOnce); !taken) return taken.error();
    for (const log::TraceEvent& event : events_) builder.Add(event);
    const std::int64_t now = NowMonotonicNanos();
    if (events_.size() < kMostAtOnce) builder.AddLiveBytes(now, session.LiveBytes());
    const std::uint64_t generation = session.Generation();
    if (generation != generation_) builder.AddGeneration(now, generation_ = generation);
    const timeline::TraceLosses losses = session.Losses();
    const std::uint64_t lost = losses.dropped + losses.unwritten;
    if (lost != lost_) builder.AddLoss(now, lost - lost_);
    lost_ = lost;
    return events_.size();
  }

  [[nodiscard]] static std::string Heading(const process::RecordedProcess& process,
                                           const timeline::TimelineBuilder& builder,
                                           const timeline::TraceSession& session, std::int64_t nanos,
                                           bool ends_line = true) {
    const auto events = static_cast<std::int64_t>(builder.events());
    return NameOf(process) + ": " + support::FormatCount(events) + (events == 1 ? " event in " : " events in ") +
           support::FormatValue(nanos, "nanoseconds") + "; " + support::FormatBytes(session.LiveBytes()) + " live" +
           (ends_line ? "\n" : "");
  }

  [[nodiscard]] static Result<int> NameFile(const std::string& path) {
    if (path == "-") return kSuccess;
    if (const Status printed = Print(path + "\n"); !printed) return printed.error();
    return kSuccess;
  }

  /// A timeline with holes is none to conclude from.
  [[nodiscard]] Result<int> SayLosses(const timeline::TraceSession& session,
                                      const timeline::TimelineBuilder& builder) const {
    const timeline::TraceLosses losses = session.Losses();
    const std::uint64_t lost = losses.dropped + losses.unwritten + builder.passed_over();
    if (losses.pauses != 0)
      messages().Warn(
          "mqtrack was not scheduled for so long that the recorder took it for dead: of some time there are no events");
    if (lost != 0) {
      messages().Warn(
          support::FormatCount(static_cast<std::int64_t>(lost)) + (lost == 1 ? " event was" : " events were") +
          " missed, since they came faster than they were read: the timeline has holes (a larger --buffer helps "
          "in the first trace of a process)");
    }
    return lost != 0 || losses.pauses != 0 ? kCannotMeasure : kSuccess;
  }

  static constexpr std::int64_t kUsualRows = 10;
  std::vector<std::string> targets_;
  std::string for_ = "10s", output_, format_, by_;
  std::int64_t large_ = 65536, buffer_ = std::int64_t{4} << 20, rows_ = 0;
  bool summary_ = false, of_snapshots_ = false;
  LoadOptions loading_;
  std::vector<log::TraceEvent> events_;
  std::uint64_t generation_ = 0, lost_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeTraceCommand() { return std::make_unique<TraceCommand>(); }

}  // namespace mqtrack::cli
