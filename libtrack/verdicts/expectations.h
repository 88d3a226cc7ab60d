// What a user has taught: "this cache is meant to grow to 64 MiB". A file with a line for each:
//
//   # a comment
//   cache PutInLru 64MiB
//   cache ^src/index.c 512KiB
//
// A cache is named by a pattern on its function or file (analysis/gate/name_pattern.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/gate/name_pattern.h"
#include "libtrack/support/result.h"

namespace mqtrack::verdicts {

/// Heap blocks of the functions that match are a cache, and hold so many bytes in all at most.
struct Expectation {
  analysis::NamePattern pattern;
  std::int64_t bytes = 0;
  int line = 0;  // in the file, from 1
};

struct Expectations {
  std::string where = {};  // the file, for messages
  std::vector<Expectation> entries = {};
  /// The first that matches; null if none does.
  [[nodiscard]] const Expectation* Find(const std::string& function, const std::string& file) const;
};

/// A line that is neither empty, a comment nor `cache PATTERN SIZE` is an error naming the line.
[[nodiscard]] support::Result<Expectations> ParseExpectations(std::string_view text, const std::string& where);
/// No file, "", is no expectations.
[[nodiscard]] support::Result<Expectations> LoadExpectations(const std::string& path);

}  // namespace mqtrack::verdicts
