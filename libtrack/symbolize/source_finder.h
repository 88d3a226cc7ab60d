// The text of a source file, found from the path at which it was compiled, which is often another machine's. That path
// comes from a program that is looked at, so it may name anything: what is read is bounded, and regular files only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::symbolize {

/// Of all that one finder does.
struct SourceBounds {
  std::size_t looks = 20'000;  // places that are tried
  std::uint64_t bytes = std::uint64_t{256} << 20;
  std::chrono::milliseconds time{60'000};  // counted from the first search; one call of the kernel may exceed it
};

struct SourceOptions {
  /// Searched first, in this order: DIR/path, then without the path's leading folders one by one.
  std::vector<std::string> folders = {};
  /// Taken off the beginning of a compiled path before it is looked for.
  std::vector<std::string> trim = {};
  /// Prepended to absolute paths; may be empty.
  std::string sysroot = {};
  /// Nothing is read but what lies below the folders, and no link is followed out of them. For whoever shows files to
  /// others than the one who named the program.
  bool below_folders_only = false;
  SourceBounds bounds = {};
};

struct SourceText {
  std::string path;                // where it was found
  std::vector<std::string> lines;  // of the whole file, without their ends
  std::int64_t changed_ns = 0;     // when it was last written, Unix time in nanoseconds
};

/// Reads each file once. Not thread-safe.
class SourceFinder {
 public:
  using Found = support::Result<std::shared_ptr<const SourceText>>;
  explicit SourceFinder(SourceOptions options) : options_(std::move(options)) {}

  /// Reads the file that was compiled as `compiled_path`: below the folders, as it is, then below the working
  /// directory. Files of up to 16 MiB and 500,000 lines are read, no devices, pipes or files of /proc, which are empty.
  /// An error names the places that were looked at, or the bound that was reached.
  [[nodiscard]] const Found& Find(const std::string& compiled_path);

 private:
  using Clock = std::chrono::steady_clock;
  struct Place {
    std::string folder, rest;  // the folder may be empty: then `rest` is all of the path
    [[nodiscard]] std::string Path() const;
  };
  [[nodiscard]] Found Search(const std::string& compiled_path);
  [[nodiscard]] std::vector<Place> PlacesOf(const std::string& compiled_path) const;
  [[nodiscard]] std::optional<SourceText> Read(const Place& place);
  [[nodiscard]] support::FileHandle Open(const Place& place) const;
  [[nodiscard]] std::string WhySpent() const;

  SourceOptions options_;
  std::map<std::string, Found> known_;
  std::size_t looks_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<Clock::time_point> deadline_;
};

}  // namespace mqtrack::symbolize
