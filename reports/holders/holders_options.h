// What is said about holders besides the profile.
#pragma once

#include <string>

namespace mqtrack::reports {

struct HoldersOptions {
  std::string title;  // empty: made from the profile's facts
  int max_nodes = 80;
};

}  // namespace mqtrack::reports
