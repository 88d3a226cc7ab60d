// The log of mqtrack that a process had mapped when its core file was written. What the kernel and debuggers write does
// not have its bytes, only its name (the recorder asks for that, MADV_DONTDUMP); what mqtrack saves has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "libtrack/corefile/core_file.h"
#include "libtrack/log/reader.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/support/result.h"

namespace mqtrack::heapgraph {

struct CoreLog {
  std::string path;  // as it was in the process
  process::LogName name;
  std::uint64_t start = 0, end = 0;  // where its first byte was mapped, and one past its last
};

/// Nothing if the process had none.
[[nodiscard]] std::optional<CoreLog> FindLogOf(const corefile::CoreFile& core);

/// The bytes of a log, as a core file has them.
class LogImage {
 public:
  /// Null if the core file does not have them. An error if there is no address space for them.
  [[nodiscard]] static support::Result<std::unique_ptr<LogImage>> Read(const corefile::CoreFile& core,
                                                                       const CoreLog& log);
  LogImage(const LogImage&) = delete;
  LogImage& operator=(const LogImage&) = delete;
  ~LogImage();
  /// Of the bytes, which must outlive it.
  [[nodiscard]] support::Result<log::LogReader> Reader() const { return log::LogReader::OpenBytes(bytes_, path_); }

 private:
  LogImage(std::span<std::byte> bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {}

  std::span<std::byte> bytes_;
  std::string path_;
};

}  // namespace mqtrack::heapgraph
