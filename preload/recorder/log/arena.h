// Append-only memory inside the log for records of any size, in chunks.
#pragma once

#include <cstdint>

#include "preload/recorder/log/log_file.h"

namespace mqtrack::recorder {

/// Thread-safe, lock-free, async-signal-safe.
class Arena {
 public:
  void Create(LogFile& log) { log_ = &log; }
  /// Offset of `bytes` of zeroed memory, aligned to log::kArenaAlign; 0 if there is none. At most kChunkBytes.
  [[nodiscard]] std::uint64_t Allocate(std::uint64_t bytes);
  /// In a child of fork whose parent has other threads: they may have used more of the chunk, before it was copied,
  /// than was known at the fork. The rest of the chunk is left as it is.
  void LeaveChunk() { chunk_ = 0; }

 private:
  static constexpr std::uint64_t kChunkBytes = 256 * 1024;
  LogFile* log_ = nullptr;
  std::uint64_t chunk_ = 0;  // next free offset | end of the chunk << 32, in units of kArenaAlign
};

}  // namespace mqtrack::recorder
