// The bytes of a log as they are at one moment. A log goes on being written to by its process; whoever has stopped that
// can copy the bytes and read them later.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::log {

/// Not thread-safe. Movable.
class LogCopy {
 public:
  /// Maps the log, and makes room for as much as it holds now, so that copying is nothing but copying.
  [[nodiscard]] static support::Result<LogCopy> Prepare(const std::string& path);
  LogCopy(LogCopy&& other) noexcept;
  LogCopy(const LogCopy&) = delete;
  LogCopy& operator=(const LogCopy&) = delete;
  LogCopy& operator=(LogCopy&&) = delete;
  ~LogCopy();

  /// Copies the header and every segment there is.
  [[nodiscard]] support::Status Take();
  /// A reader of the copy, which must outlive it. Call it after Take.
  [[nodiscard]] support::Result<LogReader> Reader() const;
  /// Shows what was taken, in order of offset, until `visit` fails.
  [[nodiscard]] support::Status ForEachPart(
      const std::function<support::Status(std::uint64_t offset, std::span<const std::byte> bytes)>& visit) const;
  [[nodiscard]] std::uint64_t taken_bytes() const;
  /// Of the file, most of which may never have been written.
  [[nodiscard]] std::uint64_t file_bytes() const { return file_.size(); }

 private:
  struct Part {
    std::uint64_t offset, bytes;
  };
  LogCopy(support::MappedFile file, std::byte* data, std::string path)
      : file_(std::move(file)), data_(data), path_(std::move(path)) {}
  [[nodiscard]] support::Result<std::vector<Part>> Parts() const;

  support::MappedFile file_;
  std::vector<Part> taken_;
  std::byte* data_;  // address space of the file's size, of which what is copied has memory
  std::string path_;
};

}  // namespace mqtrack::log
