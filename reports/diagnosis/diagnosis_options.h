// What a report on a diagnosis says besides the verdicts.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/text/look_facts.h"

namespace mqtrack::reports {

struct DiagnosisOptions {
  std::string name;              // as the user wrote it
  std::vector<LookFacts> looks;  // at the heap of the running process; none: nobody could look
  std::string why_not_looked;    // if so
  bool may_look_again = false;   // the process runs: mqtrack why can be asked
  std::vector<std::string> notes;
  std::size_t rows = 20;  // of verdicts that need somebody; 0: all
  bool all = false;       // also what needs nobody: caches, warm-up, churn
  std::string command;    // that made this, as the user gave it; empty: not told
  std::string flame_svg;  // of growth, a picture of its own; empty: none was drawn
  bool colour = false;
  int width_columns = 0;
};

}  // namespace mqtrack::reports
