// The bytes of one log, inflated if it is compressed by gzip. Read piece by piece.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <string>

#include "libtrack/support/file.h"

namespace mqtrack::topology {

/// zlib's gzread passes over what stands behind the compressed data; here that is damage like any other. Movable. Not
/// thread-safe.
class LogBytes {
 public:
  explicit LogBytes(support::FileHandle file);

  /// Puts up to `room` bytes at `out`. 0: there are no more, or problem() says why they cannot be had.
  [[nodiscard]] std::size_t Read(char* out, std::size_t room);
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  enum class Part { kBeginning, kPlain, kCompressed, kBehind };
  struct EndInflate {
    void operator()(z_stream* stream) const;
  };
  [[nodiscard]] bool Refill(std::size_t least);
  void Begin();
  void BeginMember();
  std::size_t Inflate(char* out, std::size_t room);
  [[nodiscard]] std::size_t left() const { return end_ - at_; }

  support::FileHandle file_;
  std::unique_ptr<z_stream, EndInflate> stream_;  // zlib points back at it: it never moves
  std::string input_, problem_;
  std::size_t at_ = 0, end_ = 0;  // of what is left in input_
  Part part_ = Part::kBeginning;
};

}  // namespace mqtrack::topology
