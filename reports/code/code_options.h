// How functions and their source lines are shown.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mqtrack::reports {

struct CodeOptions {
  std::size_t functions = 10;  // 0: all
  bool colour = false;
  int width_columns = 0;  // of the terminal; 0: no limit
  std::string new_name;   // of the input
  std::string base_name;  // empty: values are not a difference
  std::string pattern;    // as the user wrote it
  int context_lines = 5;  // around lines with values
};

/// The source of one function of analysis::SourceLines, as far as it could be found.
struct FoundSource {
  std::string path;                // where; empty: not found
  std::vector<std::string> lines;  // of the whole file
  std::string note;                // why it was not found, or why it may be another version; may be empty
};

}  // namespace mqtrack::reports
