// What is said about a table of sites, besides the sites.
#pragma once

#include <cstddef>
#include <string>

#include "libtrack/profile/filter.h"

namespace mqtrack::reports {

/// When there will be a later state to compare a table of `top` with.
enum class Later {
  kOtherFile,   // it was saved: another snapshot
  kSameTarget,  // it runs: looking again shows it
  kNever,       // it has ended
};

/// Options of the command that made the table, as words of a shell, each with a blank before it, for the commands that
/// are recommended: "" or " --by fds --focus 'a b'".
struct CarriedOptions {
  std::string selecting;  // which samples and values
  std::string grouping;   // into which rows
  std::string loading;    // from where
};

struct TableOptions {
  std::size_t rows = 20;  // 0: all
  bool colour = false;
  int width_columns = 0;            // of the terminal; 0: no limit
  bool stacks = false;              // print each row's stack below it
  bool all_frames = false;          // in these, also what the C++ library does inside (see folded_frames.h)
  std::string base_name, new_name;  // of the inputs, for the headings
  profile::Filter filter;           // not empty: the table is only of what it keeps
  CarriedOptions carried;
  Later later = Later::kOtherFile;
};

}  // namespace mqtrack::reports
