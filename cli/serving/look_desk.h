// Looks at the heaps of served processes, for which these stand still: one at a time, and each process for no more than
// a hundredth of the time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "libtrack/http/response.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// Thread-safe.
class LookDesk {
 public:
  using Clock = std::chrono::steady_clock;
  struct Look {
    std::string json;
    std::chrono::nanoseconds stood_still{};
  };

  explicit LookDesk(std::function<Clock::time_point()> now = &Clock::now) : now_(std::move(now)) {}

  /// What `take` finds of the process with this log, with its age in seconds (RFC 9111, 5.1). Asked again too early,
  /// the last answer to the same question, or 429 with Retry-After. Also a look that fails has been one.
  [[nodiscard]] http::Response Ask(const std::string& log_path, const std::string& question, Clock::duration interval,
                                   const std::function<support::Result<Look>()>& take);

 private:
  struct Drawer {
    Clock::time_point at{}, next{};
    std::string question, json;  // empty: the look failed
  };
  void Sweep(Clock::time_point now);

  std::function<Clock::time_point()> now_;
  std::mutex looking_;  // held while a process is looked at
  std::map<std::string, Drawer> drawers_;
};

}  // namespace mqtrack::cli
