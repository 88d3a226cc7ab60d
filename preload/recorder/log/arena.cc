#include "preload/recorder/log/arena.h"

#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

// A chunk's bounds are one 64-bit word: offset of the next free byte and of the end, both in units of kArenaAlign, so
// that a single compare-and-swap takes memory from exactly one chunk.
std::uint64_t Arena::Allocate(std::uint64_t bytes) {
  const std::uint64_t units = (bytes + log::kArenaAlign - 1) / log::kArenaAlign;
  for (;;) {
    const std::uint64_t chunk = LoadAcquire(chunk_);
    const std::uint64_t next = chunk & 0xffffffff, end = chunk >> 32;
    if (units <= end - next) {
      if (Swap(chunk_, chunk, chunk + units)) return next * log::kArenaAlign;
      continue;
    }
    const std::uint64_t offset = log_->Commit(kChunkBytes);
    if (offset == 0 || (offset + kChunkBytes) / log::kArenaAlign > 0xffffffff) return 0;
    if (!log_->Publish(log::SegmentKind::kArena, offset, kChunkBytes, 0)) return 0;
    const std::uint64_t fresh = offset / log::kArenaAlign | ((offset + kChunkBytes) / log::kArenaAlign) << 32;
    // If another thread brought a chunk at the same time, the rest of the loser's is not used: 256 KiB, once in a
    // while.
    Swap(chunk_, chunk, fresh);
  }
}

}  // namespace mqtrack::recorder
