#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/capture.h"
#include "cli/targets/process_target.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/snapshot/thread_dump.h"
#include "libtrack/support/ascii.h"
#include "reports/text/thread_dump_json.h"
#include "reports/text/thread_dump_options.h"
#include "reports/text/thread_dump_text.h"

namespace mqtrack::cli {
namespace {

class ThreadsCommand final : public Command {
 public:
  HelpText Help() const override {
    return {"threads TARGET [--format FORMAT] [-o FILE] [options]",
            "Shows what every thread of a process is doing: its current stack, innermost function first, threads with "
            "the same stack together; what it waits for, for how long it has not run, and how long ago it was started. "
            "TARGET is the pid or name of "
            "any process, recorded or not (with --log-dir, a name of one that is recorded there); it stands still for "
            "the few milliseconds that copying the stacks takes, and "
            "goes on whatever happens to mqtrack. It may also be a saved dump, or the goroutine profile of a Go "
            "service.\n\n"
            "With --format pprof the dump becomes a file like any snapshot, with one value \"threads\": two of them "
            "can be compared, and one can be drawn.",
            {{"mqtrack threads mosquitto", "the running broker"},
             {"mqtrack threads 4711 --format pprof -o now.pb.gz", "as a file"},
             {"mqtrack report now.pb.gz --format flame -o threads.svg", "as a picture"},
             {"mqtrack threads http://127.0.0.1:6060/debug/pprof/goroutine", "of a Go service"}},
            {{"0", "the threads were shown"},
             {"2", "wrong usage, no such process, or bad input"},
             {"3", "the process may not be looked at: no permission, or a debugger does"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", target_, "A pid, a process name, a file, or an http(s):// pprof URL")->required();
    AddFormat(app, format_, {"text", "json", "pprof"}, "How to print it", "Output");
    AddText(app, "-o,--output", output_, "FILE",
            "Write to FILE; - is standard output (of pprof the default is NAME-PID-TIME.pb.gz)")
        ->group("Output");
    loading_.AddTo(app);
  }

  support::Result<int> Run() override {
    if (const support::Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    support::Result<profile::Profile> dump = Load();
    if (!dump) return dump.error();
    if (format_ == "pprof") return WriteProfile(std::move(dump).value());
    PrintCaptureNotes(dump.value(), target_, messages());
    const support::Result<analysis::ThreadGroups> groups = analysis::GroupThreads(std::move(dump).value(), target_);
    if (!groups) return groups.error();
    const support::Status written = WriteResult(output_, Render(groups.value()));
    if (!written) return written.error();
    return kSuccess;
  }

 private:
  [[nodiscard]] support::Result<profile::Profile> Load() const {
    const snapshot::Options options = loading_.ForLooking();
    if (snapshot::IsFileOrUrl(target_)) return snapshot::LoadTarget(target_, options);
    const support::Result<pid_t> pid = FindProcessFor(target_, options.log_dir);
    if (!pid) return pid.error();
    return snapshot::DumpThreads(pid.value(), options.symbols);
  }

  [[nodiscard]] std::string Render(const analysis::ThreadGroups& groups) const {
    reports::ThreadDumpOptions options;
    options.name = target_;
    if (format_ == "json") return reports::RenderThreadsJson(groups, options);
    const bool to_screen = IsStandardOutput(output_);
    options.colour = to_screen && ColourWanted();
    options.width_columns = to_screen ? TerminalColumns() : 0;
    std::string text = reports::RenderThreadsText(groups, options);
    return to_screen ? support::ForLocale(std::move(text)) : text;
  }

  [[nodiscard]] support::Result<int> WriteProfile(profile::Profile dump) {
    support::Result<profile::Profile> lasting = snapshot::WithoutMoment(std::move(dump));
    if (!lasting) return lasting.error();
    PrintCaptureNotes(lasting.value(), target_, messages());
    const std::string file = output_.empty() ? DefaultFileName(lasting.value(), target_) : output_;
    const support::Status written = WriteBinaryResult(file, profile::EncodePprof(lasting.value()));
    if (!written) return written.error();
    if (file == "-") return kSuccess;
    const support::Status printed = Print(file + "\n");
    if (!printed) return printed.error();
    return kSuccess;
  }

  std::string target_, format_ = "text", output_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeThreadsCommand() { return std::make_unique<ThreadsCommand>(); }

}  // namespace mqtrack::cli
