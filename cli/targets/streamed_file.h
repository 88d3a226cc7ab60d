// A result that is written while it comes into being, since it may be larger than memory.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// A file, or standard output.
class StreamedFile {
 public:
  /// Makes `path`, or empties it; "-" is standard output.
  [[nodiscard]] static support::Result<StreamedFile> Open(const std::string& path);
  /// All of `bytes`. A reader of standard output that went away is not an error.
  [[nodiscard]] support::Status Write(std::string_view bytes) const;

 private:
  StreamedFile(support::FileHandle file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  support::FileHandle file_;  // not valid: standard output
  std::string path_;
};

}  // namespace mqtrack::cli
