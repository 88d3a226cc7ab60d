// The lines of one log: a file, compressed by gzip or not, or standard input. Read piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "libtrack/support/result.h"
#include "libtrack/topology/log_bytes.h"

namespace mqtrack::topology {

/// A line longer than this is not held: it counts as broken.
inline constexpr std::size_t kLongestLine = std::size_t{64} << 20;

/// Movable. Not thread-safe.
class LineSource {
 public:
  /// "-" is standard input.
  [[nodiscard]] static support::Result<LineSource> Open(const std::string& path);

  enum class Read { kLine, kTooLong, kEnd, kFailed };
  /// The next line without its end, valid until the next call. Of kTooLong only the beginning; kFailed once, with
  /// problem(), when the file cannot be read any further.
  [[nodiscard]] Read Next(std::string_view& line);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::int64_t line_number() const { return line_number_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  /// True if the last line had no line end: the file ends in the middle of one, or is being written.
  [[nodiscard]] bool is_cut() const { return is_cut_; }
  [[nodiscard]] const std::string& problem() const { return file_.problem(); }

 private:
  LineSource(std::string path, LogBytes file) : path_(std::move(path)), file_(std::move(file)) {}
  [[nodiscard]] bool Fill();

  std::string path_;
  LogBytes file_;
  std::string buffer_, carried_;  // what was read, and the beginning of a line that goes on in it
  std::size_t at_ = 0;
  std::int64_t line_number_ = 0, bytes_ = 0;
  bool is_cut_ = false, is_at_end_ = false, has_carried_ = false;
};

}  // namespace mqtrack::topology
