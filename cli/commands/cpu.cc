#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/capture.h"
#include "cli/targets/process_target.h"
#include "cli/targets/watching.h"
#include "libtrack/cpu/cpu_capture.h"
#include "libtrack/cpu/cpu_record.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::int64_t kLongestSeconds = 3600, kMostHz = 1000;

class CpuCommand final : public Command {
 public:
  HelpText Help() const override {
    return {"cpu TARGET [--for TIME] [--hz N] [-o FILE] [options]",
            "Writes where a running process spends processor time to FILE, a gzipped pprof profile with the values "
            "\"samples\" and \"cpu\": mqtrack top, diff, report and gate read it like any snapshot, go tool pprof too. "
            "TARGET is the pid or name of any process, recorded or not (with --log-dir, a name of one that is recorded "
            "there). ^C ends it early and keeps what there is; so does the end of the process.\n\n"
            "Where the machine allows it, the kernel takes the samples (perf_event_open) and the service is not "
            "stopped. Else, as in most containers, each thread that is at work at a random moment is stopped for some "
            "ten microseconds, for the copy of its stack. All threads together stand still for no more than 2 % of "
            "the time, and mqtrack uses no more than 5 % of a processor for looking: where it would be more, the "
            "rate is lowered. Which way it was and what it cost is said, and stands in the file.",
            {{"mqtrack cpu mosquitto", "for ten seconds"},
             {"mqtrack cpu 4711 --for 1m -o busy.pb.gz", ""},
             {"mqtrack top busy.pb.gz --group-by thread", "which thread it is"},
             {"mqtrack report busy.pb.gz --format flame -o busy.svg", "as a picture"},
             {"mqtrack diff quiet.pb.gz busy.pb.gz", "what costs more than before"},
             {"mqtrack gate --base old.pb.gz new.pb.gz --max-growth 500000000", "nanoseconds, for a CI job"}},
            {{"0", "the profile was written"},
             {"2", "wrong usage, no such process, or the file cannot be written"},
             {"3", "the process may not be looked at"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", target_, "A pid or a process name")->required();
    AddText(app, "--for", for_, "TIME", "How long, such as 30s or 2m (default 10s, at most 1h)")->group("Sampling");
    AddCount(app, "--hz", hz_, "Samples for each second of processor time (default 99)", 1, kMostHz)
        ->type_name("N")
        ->group("Sampling");
    AddChoice(app, "--way", way_, {"any", "events", "stops"}, "WAY",
              "How: by events of the kernel, or by stopping threads that are at work")
        ->group("Sampling");
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE (default NAME-PID-TIME.pb.gz); - is standard output")
        ->group("Output");
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    cpu::CpuOptions options;
    if (const Status good = ReadOptions(options); !good) return good.error();
    if (const Status fits = CheckProfileName(output_); !fits) return fits.error();
    if (!output_.empty()) {
      if (const Status writable = CheckWritable(output_); !writable) return writable.error();
    }
    const snapshot::Options loading = loading_.ForLooking();
    const Result<pid_t> pid = FindProcessFor(target_, loading.log_dir);
    if (!pid) return pid.error();
    options.pid = *pid;
    const InterruptNoted noted;
    options.is_interrupted = &InterruptNoted::IsInterrupted;
    const Result<cpu::CpuCapture> capture = cpu::CaptureCpu(options);
    if (!capture) return capture.error();
    const profile::Profile profile = cpu::ProfileOfCapture(*capture, loading.symbolize, loading.symbols);
    return Write(*capture, profile);
  }

 private:
  [[nodiscard]] Status ReadOptions(cpu::CpuOptions& options) const {
    const Result<std::int64_t> seconds = support::ParseDuration(for_);
    if (!seconds || *seconds < 1 || *seconds > kLongestSeconds)
      return Error{ErrorCode::kBadInput, "is no time of a second to an hour; say 10s or 2m", "--for " + for_};
    options.duration = std::chrono::seconds(*seconds);
    options.hz = hz_;
    options.way = way_ == "events" ? cpu::Way::kEvents : way_ == "stops" ? cpu::Way::kStops : cpu::Way::kAny;
    return {};
  }

  [[nodiscard]] Result<int> Write(const cpu::CpuCapture& capture, const profile::Profile& profile) const {
    const std::string file = output_.empty() ? DefaultFileName(profile, target_) : output_;
    if (const Status written = WriteBinaryResult(file, profile::EncodePprof(profile)); !written) return written.error();
    messages().Note(Summary(capture));
    PrintCaptureNotes(profile, target_, messages());
    if (file == "-") return kSuccess;
    if (const Status printed = Print(file + "\n"); !printed) return printed.error();
    return kSuccess;
  }

  [[nodiscard]] static std::string Summary(const cpu::CpuCapture& capture) {
    std::int64_t samples = 0;
    for (const auto& [stack, sum] : capture.stacks) samples += sum.samples;
    return capture.name + " (pid " + std::to_string(capture.pid) + "): used " +
           support::FormatValue(capture.process_nanos, "nanoseconds") + " of processor time in " +
           support::FormatValue(capture.elapsed.count(), "nanoseconds") + "; " + support::FormatCount(samples) +
           (samples == 1 ? " sample" : " samples");
  }

  std::string target_, for_ = "10s", output_, way_ = "any";
  std::int64_t hz_ = 99;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeCpuCommand() { return std::make_unique<CpuCommand>(); }

}  // namespace mqtrack::cli
