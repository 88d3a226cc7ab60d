// Known leaks that the gate leaves out, in the file syntax of LeakSanitizer, so that one file serves both tools.
//
//   # a comment
//   leak:retain__add_hier_entry
//   leak:^libcrypto*$
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/gate/name_pattern.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// One line of a suppressions file.
struct Suppression {
  NamePattern pattern;
  int line = 0;              // in the file, from 1
  std::uint64_t stacks = 0;  // how many stacks it left out; 0: unused
};

/// An ordered list of suppressions; the first that matches takes the stack.
struct Suppressions {
  std::string where;  // the file, for messages
  std::vector<Suppression> entries;
  [[nodiscard]] std::size_t used() const;
};

/// Parses a suppressions file. A line that is neither empty, a comment nor `leak:PATTERN` is an error naming the line.
[[nodiscard]] support::Result<Suppressions> ParseSuppressions(std::string_view text, const std::string& where);
[[nodiscard]] support::Result<Suppressions> LoadSuppressions(const std::string& path);

/// `profile` without the samples of which any frame's function, file or module matches; counts into `suppressions`.
[[nodiscard]] profile::Profile WithoutSuppressed(const profile::Profile& profile, Suppressions& suppressions);

}  // namespace mqtrack::analysis
