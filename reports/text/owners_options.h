// Whose the live heap is, and what is said about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/text/look_facts.h"

namespace mqtrack::reports {

struct OwnerRow {
  std::string kind, name;
  std::int64_t blocks = 0, bytes = 0;
  std::int64_t blocks_by_all = 0, bytes_by_all = 0;  // with words that may be stale
};

struct OwnersOptions {
  std::string name, process;     // as the user wrote it; as the process is called
  std::vector<OwnerRow> owners;  // most bytes first
  std::int64_t blocks = 0, bytes = 0;
  LookFacts look;
  std::vector<std::string> notes;
  std::size_t rows = 20;  // 0: all
  bool colour = false;
  int width_columns = 0;
};

}  // namespace mqtrack::reports
