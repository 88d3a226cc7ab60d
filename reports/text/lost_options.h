// What is said about lost memory, besides where it was made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/text/look_facts.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

/// A limit, and what was measured against it.
struct LostLimit {
  std::string type, text;
  std::int64_t value = 0, most = 0;
  [[nodiscard]] bool passed() const { return value <= most; }
};

struct LostOptions {
  TableOptions table;            // rows, stacks, colour, width, names
  std::vector<LookFacts> looks;  // one, or two
  std::int64_t seconds_between = 0;
  bool asked_for_one = false;  // one look was all that was wanted; else it found nothing, and no second was needed
  std::int64_t live_objects = 0, live_bytes = 0;  // of which the lost ones are a part
  std::int64_t found_once = 0;                    // blocks that were lost in one of two looks only
  std::vector<LostLimit> limits;
  std::vector<std::string> notes;
  std::int64_t suppressed_stacks = 0;
  std::string suppressions_file;
};

/// What the exit code says.
[[nodiscard]] inline bool IsBeyondLimits(const LostOptions& options) {
  for (const LostLimit& limit : options.limits) {
    if (!limit.passed()) return true;
  }
  return false;
}

}  // namespace mqtrack::reports
