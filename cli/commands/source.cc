#include <algorithm>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/targets/code_input.h"
#include "libtrack/analysis/code/source_lines.h"
#include "libtrack/support/units.h"
#include "libtrack/symbolize/source_finder.h"
#include "reports/code/listing_json.h"
#include "reports/code/listing_text.h"

namespace mqtrack::cli {
namespace {

/// Whether the text can be the one that was compiled: it is long enough, and not younger than the profile.
std::string WhyAnotherVersion(const analysis::FunctionLines& function, const symbolize::SourceText& text,
                              std::int64_t taken_ns) {
  const std::int64_t last = function.lines.empty() ? 0 : function.lines.back().line;
  const auto lines = static_cast<std::int64_t>(text.lines.size());
  if (last > lines) {
    return "the file has only " + support::FormatCount(lines) + (lines == 1 ? " line" : " lines") +
           ", so it is another version than was compiled";
  }
  if (taken_ns > 0 && text.changed_ns > taken_ns) {
    return "the file was changed after this was recorded, so its lines may have moved";
  }
  return {};
}

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
    const std::vector<reports::FoundSource> sources = FindSources(lines.value(), options, input->profile.time_nanos);
    return look_.Finish(look_.json() ? reports::RenderListingJson(lines.value(), sources, options)
                                     : reports::RenderListingText(lines.value(), sources, options));
  }

 private:
  [[nodiscard]] std::vector<reports::FoundSource> FindSources(const analysis::SourceLines& lines,
                                                              const reports::CodeOptions& options,
                                                              std::int64_t taken_ns) {
    options_.sysroot = look_.sysroot();
    const std::size_t all = lines.functions.size();
    std::vector<reports::FoundSource> sources(options.functions == 0 ? all : std::min(all, options.functions));
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const support::Result<symbolize::SourceText> text = symbolize::FindSource(lines.functions[i].file, options_);
      if (!text) {
        sources[i].note = text.error().text;
        continue;
      }
      sources[i] = {text->path, text->lines, WhyAnotherVersion(lines.functions[i], text.value(), taken_ns)};
    }
    return sources;
  }

  CodeLook look_;
  symbolize::SourceOptions options_;
  std::int64_t context_ = 5;
};

}  // namespace

std::unique_ptr<Command> MakeSourceCommand() { return std::make_unique<SourceCommand>(); }

}  // namespace mqtrack::cli
