// Where a timeline goes while it is made: bytes that are handed on in large pieces. The first failure is kept, and
// everything after it is dropped, so that who writes need not ask each time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "libtrack/support/result.h"

namespace mqtrack::reports {

class TimelineOutput {
 public:
  using Write = std::function<support::Status(std::string_view bytes)>;
  explicit TimelineOutput(Write write) : write_(std::move(write)) {}

  void Append(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() >= kPiece) Flush();
  }
  /// Hands on what is left. To be called last, and whenever what was written shall be there for others.
  void Flush() {
    if (status_ && !buffer_.empty()) status_ = write_(buffer_);
    buffer_.clear();
  }
  [[nodiscard]] const support::Status& status() const { return status_; }

 private:
  static constexpr std::size_t kPiece = std::size_t{1} << 16;
  Write write_;
  std::string buffer_;
  support::Status status_;
};

}  // namespace mqtrack::reports
