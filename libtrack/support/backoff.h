// How long to wait before a server is tried again.
#pragma once

#include <chrono>

namespace mqtrack::support {

/// Each wait is twice the one before, from `first` to `longest`, less a random part of up to a half: a fleet shall not
/// come back at one moment when its server does. Not thread-safe.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest) : first_(first), longest_(longest) {}

  /// After a failure.
  [[nodiscard]] std::chrono::milliseconds Next();
  /// After a success.
  void Reset() { last_ = std::chrono::milliseconds(0); }

 private:
  std::chrono::milliseconds first_, longest_, last_{0};
};

}  // namespace mqtrack::support
