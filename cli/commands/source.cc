#include "cli/command.h"
#include "cli/looking/function_sources.h"
#include "cli/options/option_types.h"
#include "cli/targets/code_input.h"
#include "libtrack/analysis/code/source_lines.h"
#include "libtrack/symbolize/source_finder.h"
#include "reports/code/listing_json.h"
#include "reports/code/listing_text.h"

namespace mqtrack::cli {
namespace {

class SourceCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "source TARGET FUNCTION [--source-path DIR] [--by TYPE] [--base OLD] [options]",
        "Shows the source lines of a function with what each holds, as pprof's list does. Flat is what was made by "
        "the line itself, cum also what was made by what it called. FUNCTION may match several; each is shown.\n\n"
        "The source is looked for below each --source-path, with all of the path at which it was compiled and then "
        "without its leading folders one by one; then at that path itself. Where it is not found the numbers of the "
        "lines are shown alone.",
        {{"mqtrack source mosquitto db__message_store", "the running broker"},
         {"mqtrack source mosquitto sub__add --source-path ~/src/mosquitto-2.0.11", "built elsewhere"},
         {"mqtrack source after.pb.gz RememberLastValue --base before.pb.gz", "which line grew"}},
        UsualExits()};
  }

  void AddOptions(CLI::App& app) override {
    look_.AddTo(app);
    AddTexts(app, "--source-path", options_.folders, "DIR", "Look for sources below DIR; may be given again")
        ->group("Finding the source");
    AddTexts(app, "--trim-path", options_.trim, "PREFIX",
             "Take PREFIX off the paths at which sources were compiled; may be given again")
        ->group("Finding the source");
    AddCount(app, "--context", context_, "Show N lines around each with a value (default 5)", 0, 100000)
        ->group("Output");
  }

  support::Result<int> Run() override {
    const support::Result<CodeInput> input = look_.Load(messages());
    if (!input) return input.error();
    const support::Result<analysis::SourceLines> lines =
        analysis::LinesOfFunctions(input->profile, input->pattern, look_.sample_type());
    if (!lines) return lines.error();
    if (lines->functions.empty()) return look_.NothingMatches(input->profile, lines->different_functions);
    reports::CodeOptions options = look_.ForReport(true);
    options.context_lines = static_cast<int>(context_);
    options_.sysroot = look_.sysroot();
    symbolize::SourceFinder finder(options_);
    const std::vector<reports::FoundSource> sources =
        FindSources(*lines, options.functions, input->profile.time_nanos, finder);
    return look_.Finish(look_.json() ? reports::RenderListingJson(lines.value(), sources, options)
                                     : reports::RenderListingText(lines.value(), sources, options));
  }

 private:
  CodeLook look_;
  symbolize::SourceOptions options_;
  std::int64_t context_ = 5;
};

}  // namespace

std::unique_ptr<Command> MakeSourceCommand() { return std::make_unique<SourceCommand>(); }

}  // namespace mqtrack::cli
