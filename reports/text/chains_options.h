// Why blocks are held, and what is said about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/text/look_facts.h"

namespace mqtrack::reports {

struct ChainRootRow {
  std::string kind;          // "global variable", "stack" and the like
  std::string variable;      // with a global variable; may be empty
  std::string module, file;  // its file, and where it is declared
  std::int64_t line = 0;
  std::string thread;
};

struct ChainStepRow {
  std::string member;
  std::string type;                    // may be empty
  std::string function, file, module;  // who makes such blocks
  std::int64_t line = 0;
  std::int64_t blocks = 0, bytes = 0;
  std::vector<std::string> clients;  // the first few
  std::int64_t client_count = 0;
  std::vector<std::string> repeats;
  std::int64_t most_in_a_row = 1;
  std::int64_t pointers = 0;  // to these, from anywhere
  bool holds_alone = false;
};

struct ChainRow {
  ChainRootRow root;
  bool is_sure = true, root_holds_alone = false;
  std::vector<ChainStepRow> steps;
  std::int64_t blocks = 0, bytes = 0;
};

struct ChainsOptions {
  std::string name, process;     // as the user wrote it; as the process is called
  std::string asked;             // "made by db__message_insert()"
  std::vector<ChainRow> chains;  // most bytes first
  std::int64_t blocks = 0, bytes = 0, lost_blocks = 0, lost_bytes = 0;
  LookFacts look;
  std::vector<std::string> notes;
  std::string leaks_command;  // that shows what is lost
  std::size_t rows = 10;      // 0: all
  bool colour = false;
};

}  // namespace mqtrack::reports
