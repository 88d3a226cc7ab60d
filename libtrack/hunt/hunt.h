// The hunt: every operation of the catalogue against brokers under the recorder, several at once, and what each of them
// leaves behind.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libtrack/hunt/hunt_result.h"
#include "libtrack/hunt/hunted_broker.h"
#include "libtrack/support/result.h"

namespace mqtrack::hunt {

struct HuntOptions {
  BrokerOptions broker;
  std::vector<std::string> only;  // patterns of names; empty: all
  std::int64_t rounds = 10;       // of the first measured phase
  int jobs = 0;                   // brokers at once; 0: one for each processor, two at most
  bool keep = false;              // leave the (only) broker running
  /// Called from time to time, by one thread at a time: how many operations are done, of how many, and which.
  std::function<void(std::size_t done, std::size_t all, const std::string& name)> progress;
  /// Ends the hunt early, with what there is.
  std::function<bool()> is_interrupted;
};

/// An error: no broker could be started or measured, or no operation bears such a name.
[[nodiscard]] support::Result<HuntResult> Hunt(const HuntOptions& options);

}  // namespace mqtrack::hunt
