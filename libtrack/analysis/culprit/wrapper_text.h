// The built-in list of wrappers (wrappers.txt, compiled in) as its two readers need it. Internal to analysis.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::analysis {

/// The list without the sections that only drop_frames uses, in the syntax of WrapperList.
[[nodiscard]] const std::string& BuiltinFunctionPatterns();

/// The lines of the section "[start of programs and threads]".
[[nodiscard]] const std::string& BuiltinStartPatterns();

/// One line of a section whose heading ends in ": pure" or ": pure templates".
struct PurePattern {
  std::string_view text;  // into the compiled-in list
  bool is_template = false;
};
[[nodiscard]] std::vector<PurePattern> BuiltinPurePatterns();

}  // namespace mqtrack::analysis
