#include "cli/targets/code_input.h"

#include <set>
#include <utility>

#include "cli/exit_code.h"
#include "cli/options/option_types.h"
#include "cli/output.h"
#include "cli/targets/input.h"
#include "libtrack/profile/merge.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/display_name.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"

namespace mqtrack::cli {

void CodeLook::AddTo(CLI::App& app) {
  app.add_option("TARGET", target_, kTargetHelp)->required();
  app.add_option("FUNCTION", function_, "A function's name or a part of it, or a regular expression")->required();
  AddText(app, "--base", base_, "OLD", "Show what changed since OLD, a file or any other TARGET")->group("Output");
  AddFormat(app, format_, {"text", "json"}, "How to print it", "Output");
  AddCount(app, "-n,--functions", functions_, "Show the first N functions that match (default 10); 0 shows all")
      ->group("Output");
  selection_.AddTo(app);
  loading_.AddTo(app);
}

support::Result<CodeInput> CodeLook::Load(const Messages& messages) const {
  support::Result<analysis::FunctionPattern> pattern = analysis::FunctionPattern::Compile(function_);
  if (!pattern) return std::move(pattern).error();
  support::Result<Input> input = LoadInput(target_, base_, loading_, selection_, messages);
  if (!input) return std::move(input).error();
  if (!input->base) return CodeInput{std::move(input->newer), std::move(pattern).value()};
  support::Result<profile::Profile> change = profile::Subtract(input->newer, *input->base);
  if (!change) return std::move(change).error();
  change->time_nanos = input->newer.time_nanos;
  return CodeInput{std::move(change).value(), std::move(pattern).value()};
}

reports::CodeOptions CodeLook::ForReport(bool to_screen) const {
  reports::CodeOptions options;
  options.functions = static_cast<std::size_t>(functions_);
  options.new_name = target_;
  options.base_name = base_;
  options.pattern = function_;
  options.colour = to_screen && ColourWanted();
  options.width_columns = to_screen ? TerminalColumns() : 0;
  return options;
}

support::Error CodeLook::NothingMatches(const profile::Profile& profile, std::size_t functions) const {
  std::set<std::string> names;
  for (const profile::Function& function : profile.functions) names.insert(function.name);
  const std::string near = support::DidYouMean(function_, {names.begin(), names.end()});
  std::string text = "no function with a value matches '" + function_ + "'" + near;
  if (near.empty()) {
    text += functions == 0 ? "; no stacks are left here"
                           : "; mqtrack top shows which functions there are (" +
                                 support::FormatCount(static_cast<std::int64_t>(functions)) + ")";
  }
  return {support::ErrorCode::kNotFound, text, target_};
}

support::Result<int> CodeLook::Finish(std::string text) const {
  const support::Status printed = Print(json() ? text : support::ForLocale(std::move(text)));
  if (!printed) return printed.error();
  return kSuccess;
}

}  // namespace mqtrack::cli
