// What `peek` and `source` look at: a profile or what changed between two, and which functions of it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/messages.h"
#include "cli/options/profile_options.h"
#include "libtrack/analysis/code/function_pattern.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "reports/code/code_options.h"

namespace mqtrack::cli {

/// A profile, and the functions meant.
struct CodeInput {
  profile::Profile profile;
  analysis::FunctionPattern pattern;
};

/// The arguments and options that both verbs have.
class CodeLook {
 public:
  void AddTo(CLI::App& app);
  /// Loads TARGET, less --base if that is given; applies the selection.
  [[nodiscard]] support::Result<CodeInput> Load(const Messages& messages) const;
  [[nodiscard]] reports::CodeOptions ForReport(bool to_screen) const;
  [[nodiscard]] bool json() const { return format_ == "json"; }
  [[nodiscard]] const std::string& sample_type() const { return selection_.sample_type(); }
  [[nodiscard]] std::string sysroot() const { return loading_.ForLooking().symbols.sysroot; }
  /// The error for a pattern that nothing with a value matches: names what is near.
  [[nodiscard]] support::Error NothingMatches(const profile::Profile& profile, std::size_t functions) const;
  /// Prints a finished report.
  [[nodiscard]] support::Result<int> Finish(std::string text) const;

 private:
  std::string target_, function_, base_, format_ = "text";
  std::int64_t functions_ = 10;
  LoadOptions loading_;
  SelectionOptions selection_;
};

}  // namespace mqtrack::cli
