// What each source line of a function holds, by one sample type. The rules are those of pprof's -list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/analysis/code/function_pattern.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

struct LineCost {
  std::int64_t line = 0;  // 0: not known
  std::int64_t flat = 0;  // of stacks whose innermost frame it is
  std::int64_t cum = 0;   // of all stacks that it is in, each once
};

/// One function in one source file.
struct FunctionLines {
  std::string function, module;
  std::string file;             // as the compiler knew it; empty if unknown
  std::int64_t start_line = 0;  // where the function is declared; 0 unknown
  std::int64_t flat = 0, cum = 0;
  std::vector<LineCost> lines;  // by number; only those with a value
};

struct SourceLines {
  profile::ValueType value_type;
  std::int64_t total = 0;
  std::size_t different_functions = 0;   // in the whole profile
  std::vector<FunctionLines> functions;  // that match and have a value, biggest cum first
  Side side;
};

/// `sample_type` empty: the profile's default. A missing type is an error that lists what there is. Unlike pprof, which
/// sums its lines, a function that calls itself from two lines counts a stack once in its own cum.
[[nodiscard]] support::Result<SourceLines> LinesOfFunctions(const profile::Profile& profile,
                                                            const FunctionPattern& pattern,
                                                            const std::string& sample_type);

}  // namespace mqtrack::analysis
