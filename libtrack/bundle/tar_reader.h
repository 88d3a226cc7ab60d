// Reads a gzipped tar archive from anybody.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::bundle {

/// What is done with the files of an archive.
struct TarVisitor {
  /// A file of that name and size follows. An error ends the reading.
  std::function<support::Status(const std::string& name, std::uint64_t bytes)> begin;
  /// Its content, in pieces.
  std::function<support::Status(std::string_view piece)> content;
};

/// True if `path` is a gzip file that begins like a tar archive. Reads its first block only.
[[nodiscard]] bool IsGzippedTar(const std::string& path);

/// Reads all of `path`. Folders are passed over; links, devices and anything else that is no regular file are errors,
/// as are checksums that are wrong (of headers, and of the whole), a file that is cut off, and more than `most_bytes`
/// or `most_files` in all.
[[nodiscard]] support::Status ReadTar(const std::string& path, std::uint64_t most_bytes, std::size_t most_files,
                                      const TarVisitor& visitor);

}  // namespace mqtrack::bundle
