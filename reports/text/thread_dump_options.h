// What is said about a thread dump, besides the threads.
#pragma once

#include <string>

namespace mqtrack::reports {

struct ThreadDumpOptions {
  std::string name;  // of the input, as the user wrote it
  bool colour = false;
  int width_columns = 0;  // of the terminal; 0: no limit
};

}  // namespace mqtrack::reports
