#include <algorithm>
#include <string>

#include "cli/command.h"
#include "cli/options/name_options.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/output.h"
#include "cli/targets/capture.h"
#include "cli/targets/naming.h"
#include "libtrack/bundle/bundle.h"
#include "libtrack/profile/fact.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/symbolize/name_coverage.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

class SymbolizeCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "symbolize FILE -o FILE [options]",
        "Names the functions, files and lines of a snapshot that was taken with --no-symbols, or of which only a part "
        "has names: on a machine that has the files, their debug files, or a server that does. Says how much has names "
        "now, and where the rest can be had.\n\n"
        "A file counts only if its build id is the one that was recorded, wherever it lies: below --sysroot, in a "
        "--debug-dir, here. What has a line already is left alone. FILE may be any profile that mqtrack reads; with -o "
        "of the same name it is replaced, at once and whole.",
        {{"mqtrack symbolize board.pb.gz -o named.pb.gz --sysroot board-root/", "with a copy of the board's files"},
         {"mqtrack symbolize board.pb.gz -o board.pb.gz --debug-dir build/symbols/", "in place"},
         {"mqtrack symbolize broker.pb.gz -o named.pb.gz --debuginfod", "with what the distribution's server has"}},
        {{"0", "named, if only in part"},
         {"2", "wrong options, or a file that cannot be read or names no files of code"},
         {"3", "nothing could be named; the file was written as it was"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("FILE", target_, "A snapshot, a log, or another heap profile")->required();
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->required()->group("Output");
    names_.AddTo(app, "Files");
  }

  Result<int> Run() override {
    snapshot::Options options;
    options.advance_generation = false;
    options.symbolize = bundle::IsBundle(target_);  // which has its files with it
    options.symbols = names_.Symbols();
    if (const support::Status fits = CheckProfileName(output_); !fits) return fits.error();
    if (const support::Status writable = CheckWritable(output_); !writable) return writable.error();
    Result<profile::Profile> profile = snapshot::LoadTarget(target_, options);
    if (!profile) return profile.error();
    const bool has_unnamed = std::any_of(profile->locations.begin(), profile->locations.end(),
                                         [](const profile::Location& location) { return location.lines.empty(); });
    if (has_unnamed && profile->mappings.empty()) {
      return Error{ErrorCode::kBadInput,
                   "its addresses cannot be named: it does not say which files they lie in (it has no mappings)",
                   target_};
    }
    if (!options.symbolize) snapshot::AddNamesLater(*profile, names_.Symbols());
    if (const support::Status written = WriteCapture(*profile, output_); !written) return written.error();
    for (const std::string& note : profile::FindFacts(*profile, profile::kNamesFact)) messages().Note(note);
    const symbolize::NameCoverage coverage = symbolize::MeasureCoverage(*profile);
    PrintCoverage(coverage, names_.Symbols(), messages());
    if (output_ != "-") {
      if (const support::Status printed = Print(output_ + "\n"); !printed) return printed.error();
    }
    return coverage.frames > 0 && coverage.named == 0 ? kCannotMeasure : kSuccess;
  }

 private:
  std::string target_, output_;
  NameOptions names_;
};

}  // namespace

std::unique_ptr<Command> MakeSymbolizeCommand() { return std::make_unique<SymbolizeCommand>(); }

}  // namespace mqtrack::cli
