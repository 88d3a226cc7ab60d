#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/broker_witness.h"
#include "cli/targets/capture.h"
#include "cli/targets/memory_file.h"
#include "cli/targets/running_target.h"
#include "libtrack/process/wait_for.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using Clock = std::chrono::steady_clock;

class SnapshotCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "snapshot TARGET [-o FILE] [options]",
        "Writes what is alive in a process to FILE, a gzipped pprof profile that go tool pprof, Speedscope, "
        "Perfetto, Pyroscope and Parca open too. The process is not stopped; one that is gone can be looked at as "
        "long as its log is there. Prints the name of the file; what was captured is said on stderr.\n\n"
        "Each snapshot of a running process starts a new generation: blocks born after it carry its number in the "
        "label \"generation\". With --keep-generation it only looks.\n\n"
        "What a service holds in the middle of its work is not what it leaks. --wait-idle takes the snapshot when the "
        "work is done: when the process has used less than 1 % of a processor for half a second. A script that "
        "started the service a moment ago says --wait.\n\n"
        "With --core it writes no profile but the memory of a running service, as a core file with its log, for "
        "mqtrack "
        "leaks, owners and why, here or on another machine; gdb opens it too. The service stands still as for mqtrack "
        "leaks. The file has all that the service knows, keys and passwords among it: only you can read it.",
        {{"mqtrack snapshot mosquitto", "to mosquitto-PID-TIME.pb.gz"},
         {"mqtrack snapshot 4711 -o before.pb.gz", ""},
         {"mqtrack run -- ./gateway & mqtrack snapshot $! --wait 10 --wait-idle 30", "once it has started up"},
         {"mqtrack snapshot mosquitto --core broker.core", "its memory, for mqtrack why broker.core --client ID"},
         {"mqtrack snapshot http://127.0.0.1:6060/debug/pprof/heap -o go.pb.gz", "from a Go service"},
         {"mqtrack snapshot copied.log --sysroot gateway-root/", "a log copied from another machine"}},
        UsualExits()};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", target_, kTargetHelp)->required();
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE (default NAME-PID-TIME.pb.gz); - is standard output")
        ->group("Output");
    AddText(app, "--core", core_, "FILE", "Write the memory of a running service to FILE instead of a profile")
        ->group("Output");
    AddFormat(app, format_, {"text", "json"}, "How to print what was captured", "Output");
    app.add_flag("--keep-generation", keep_generation_, "Do not start a new generation")->group("Output");
    const std::string moment = "Moment";
    AddCount(app, "--wait", wait_seconds_, "Wait up to SECONDS for TARGET to be recorded")
        ->type_name("SECONDS")
        ->group(moment);
    AddCount(app, "--wait-idle", wait_idle_seconds_, "Wait up to SECONDS until the process has nothing to do")
        ->type_name("SECONDS")
        ->group(moment);
    looking_.AddTo(app);
    witness_.AddTo(app);
    loading_.AddTo(app);
  }

  support::Result<int> Run() override {
    if (output_ == "-" && format_ == "json") {
      return support::Error{support::ErrorCode::kBadInput,
                            "cannot be combined with -o -, since both go to standard output", "--format json"};
    }
    if (const support::Status fits = CheckProfileName(output_); !fits) return fits.error();
    if (const support::Status fits = CheckCoreName(core_); !fits) return fits.error();
    if (const support::Status ready = witness_.Prepare(messages()); !ready) return ready.error();
    snapshot::Options options = loading_.ForLooking();
    if (const support::Status waited = Wait(options); !waited) return waited.error();
    const Clock::time_point begin = Clock::now();
    if (!core_.empty()) return WriteCore(options, begin);
    options.advance_generation = !keep_generation_;
    support::Result<profile::Profile> profile = snapshot::LoadTarget(target_, options);
    if (!profile) return profile.error();
    witness_.Ask(*profile, messages());
    const std::string file = output_.empty() ? DefaultFileName(profile.value(), target_) : output_;
    const support::Status written = WriteCapture(profile.value(), file);
    if (!written) return written.error();
    const std::chrono::duration<double> taken = Clock::now() - begin;
    return Report(profile.value(), file, taken.count());
  }

 private:
  /// Until the moment that the options ask for.
  [[nodiscard]] support::Status Wait(const snapshot::Options& options) const {
    if (wait_seconds_ == 0 && wait_idle_seconds_ == 0) return {};
    if (snapshot::IsFileOrUrl(target_)) {
      return support::Error{support::ErrorCode::kBadInput,
                            "waits for a process, and " + target_ + " is none; name it by its pid or name",
                            wait_seconds_ > 0 ? "--wait" : "--wait-idle"};
    }
    const support::Result<process::RecordedProcess> process =
        process::WaitUntilRecorded(target_, options.log_dir, std::chrono::seconds(wait_seconds_));
    if (!process) return process.error();
    if (wait_idle_seconds_ == 0) return {};
    return process::WaitUntilIdle(process.value(), std::chrono::seconds(wait_idle_seconds_));
  }

  [[nodiscard]] support::Result<int> WriteCore(const snapshot::Options& options, Clock::time_point begin) {
    if (!output_.empty()) {
      return support::Error{support::ErrorCode::kBadInput,
                            "cannot be combined with -o, which names a profile: take one after the other", "--core"};
    }
    const support::Result<SavedMemory> saved =
        SaveMemory(target_, options.log_dir, looking_.ForCapture(), core_, messages());
    if (!saved) return saved.error();
    const std::chrono::duration<double> taken = Clock::now() - begin;
    char times[64];
    std::snprintf(times, sizeof times, "; it stood still for %.2f ms, taken in %.2f s",
                  static_cast<double>(saved->stood_still_nanos) / 1e6, taken.count());
    messages().Note(saved->process + ": " + support::FormatBytes(static_cast<std::int64_t>(saved->bytes)) +
                    " of its memory, with all its secrets" + times);
    const nlohmann::ordered_json document = {{"schema", "mqtrack-core/1"},
                                             {"file", core_},
                                             {"target", saved->process},
                                             {"bytes", saved->bytes},
                                             {"stood_still_nanoseconds", saved->stood_still_nanos},
                                             {"seconds", taken.count()}};
    constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
    const support::Status printed =
        Print(format_ == "json" ? document.dump(2, ' ', false, kReplace) + "\n" : core_ + "\n");
    if (!printed) return printed.error();
    return kSuccess;
  }

  [[nodiscard]] support::Result<int> Report(const profile::Profile& profile, const std::string& file, double seconds) {
    const CaptureSummary summary = Summarise(profile, target_);
    char taken[32];
    std::snprintf(taken, sizeof taken, ", taken in %.2f s", seconds);
    messages().Note(SummarySentence(summary) + taken);
    PrintCaptureNotes(profile, target_, messages());
    if (output_ == "-") return kSuccess;
    const support::Status printed = Print(format_ == "json" ? Document(summary, file, seconds) : file + "\n");
    if (!printed) return printed.error();
    return kSuccess;
  }

  [[nodiscard]] static std::string Document(const CaptureSummary& summary, const std::string& file, double seconds) {
    using nlohmann::ordered_json;
    const ordered_json document = {
        {"schema", "mqtrack-snapshot/1"},
        {"file", file},
        {"target", summary.target},
        {"sample_type", summary.type},
        {"unit", summary.unit},
        {"value", summary.value},
        {"blocks", summary.blocks < 0 ? ordered_json(nullptr) : ordered_json(summary.blocks)},
        {"stacks", summary.stacks},
        {"losses", summary.losses < 0 ? ordered_json(nullptr) : ordered_json(summary.losses)},
        {"sample_bytes", summary.sample_bytes},
        {"seconds", seconds}};
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  }

  std::string target_, output_, core_, format_ = "text";
  std::int64_t wait_seconds_ = 0, wait_idle_seconds_ = 0;
  bool keep_generation_ = false;
  LookingOptions looking_;
  BrokerWitness witness_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeSnapshotCommand() { return std::make_unique<SnapshotCommand>(); }

}  // namespace mqtrack::cli
