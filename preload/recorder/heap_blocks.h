// Heap blocks, as the recorder knows them.
//
// The order that makes it exact: a block is recorded after the real malloc returned it and forgotten before the real
// free takes it, so no other thread can own an address that the table still holds. realloc forgets first and restores
// on failure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/creation.h"
#include "preload/recorder/live/sampled_blocks.h"
#include "preload/recorder/live/sampler.h"
#include "preload/recorder/recorder.h"

namespace mqtrack::recorder {

/// The sampled blocks of this process.
extern constinit SampledBlocks sampled_blocks;

/// A view of a recorder. All members may be called from any thread and from signal handlers, keep errno, allocate
/// nothing, and never block.
class HeapBlocks {
 public:
  explicit constexpr HeapBlocks(Recorder& owner) : recorder_(owner) {}

  /// A heap block now exists. Called after the real allocation.
  void Record(const void* block, std::uint64_t bytes, StartFrame caller) const;
  /// True if nothing is to be recorded of this allocation: the block is not sampled, or no heap block is recorded.
  /// Decides for most without a call.
  [[nodiscard]] bool PassesBy(ThreadState& thread, std::uint64_t bytes) const {
    if (!recorder_.Records(log::Kind::kHeapBlock)) return true;
    return recorder_.sample_bytes() != 0 && IsBeforeSample(thread, bytes);
  }
  /// True if of heap blocks only samples are recorded.
  [[nodiscard]] bool AreSampled() const {
    return recorder_.Records(log::Kind::kHeapBlock) && recorder_.sample_bytes() != 0;
  }
  /// False: nothing is known of this block.
  [[nodiscard]] bool MayKnow(const void* block) const {
    if (!recorder_.Records(log::Kind::kHeapBlock)) return false;
    return recorder_.sample_bytes() == 0 || sampled_blocks.MayContain(block);
  }
  /// A heap block is about to be freed. Called before the real free. `record`, unless null, gets what was
  /// known; false if nothing was.
  bool Forget(const void* block, LiveRecord* record) const;
  /// The free did not happen after all (a failed realloc).
  void Restore(const void* block, const LiveRecord& record) const;

  /// For a log that was started again: no block is sampled yet, and of the time before nothing is known.
  static void Reset();
  /// What the heap held before an attach, as one entry with SyntheticStack::kBeforeAttach; 0: not known, no entry.
  /// `usable_bytes` tells how large a block is, so that frees of what was there can be taken off.
  void RecordBefore(std::uint64_t bytes, std::size_t (*usable_bytes)(void* block)) const;

 private:
  /// A block is about to be freed that is not in the table. Of an exact recording.
  void CountUnknownFree(const void* block) const;
  [[nodiscard]] std::uint64_t AllBytes(std::uint64_t bytes) const;
  [[nodiscard]] [[gnu::noinline]] bool ForgetTraced(const void* block, LiveRecord& record) const;

  Recorder& recorder_;
};

inline constexpr HeapBlocks heap_blocks{recorder};

}  // namespace mqtrack::recorder
