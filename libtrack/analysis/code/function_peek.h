// Who calls a function, and whom it calls, weighed by one sample type. The rules are those of pprof's -peek.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/analysis/code/function_pattern.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// A caller or callee. A stack in which the pair stands more than once counts once.
struct Neighbour {
  std::string function;
  std::int64_t value = 0;
  bool inlined = false;  // the callee is inlined into its caller, in at least one place
};

struct PeekedFunction {
  std::string function, file, module;
  std::int64_t flat = 0;                    // of stacks whose innermost frame it is
  std::int64_t cum = 0;                     // of all stacks that it is in, each once
  std::vector<Neighbour> callers, callees;  // biggest first; without itself
};

struct FunctionPeek {
  profile::ValueType value_type;
  std::int64_t total = 0;
  std::size_t different_functions = 0;    // in the whole profile
  std::vector<PeekedFunction> functions;  // that match and have a value, biggest cum first
  Side side;
};

/// `sample_type` empty: the profile's default. A missing type is an error that lists what there is.
[[nodiscard]] support::Result<FunctionPeek> PeekFunctions(const profile::Profile& profile,
                                                          const FunctionPattern& pattern,
                                                          const std::string& sample_type);

}  // namespace mqtrack::analysis
