// The text of a source file, found from the path at which it was compiled, which is often another machine's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::symbolize {

struct SourceOptions {
  /// Searched first, in this order: DIR/path, then without the path's leading folders one by one.
  std::vector<std::string> folders = {};
  /// Taken off the beginning of a compiled path before it is looked for.
  std::vector<std::string> trim = {};
  /// Prepended to absolute paths; may be empty.
  std::string sysroot = {};
};

struct SourceText {
  std::string path;                // where it was found
  std::vector<std::string> lines;  // of the whole file, without their ends
  std::int64_t changed_ns = 0;     // when it was last written, Unix time in nanoseconds
};

/// Reads the file that was compiled as `compiled_path`: below the folders, as it is, then below the working directory.
/// Only regular files of at most 16 MiB are read. An error names the places that were looked at.
[[nodiscard]] support::Result<SourceText> FindSource(const std::string& compiled_path, const SourceOptions& options);

}  // namespace mqtrack::symbolize
