#include "preload/recorder/heap_blocks.h"

#include <new>

#include "preload/recorder/resources.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/shared_count.h"

namespace mqtrack::recorder {
namespace {

// What glibc's own figures count of a block beside the bytes that can be used.
constexpr std::uint64_t kBlockOverhead = sizeof(std::size_t);

using UsableBytes = std::size_t (*)(void* block);

// Set if blocks from before an attach are counted.
constinit UsableBytes usable_bytes_of = nullptr;

std::uint64_t KeyOf(const void* block) {
  return log::MakeKey(log::Kind::kHeapBlock, reinterpret_cast<std::uintptr_t>(block));
}

}  // namespace

constinit SampledBlocks sampled_blocks;

void HeapBlocks::Record(const void* block, std::uint64_t bytes, StartFrame caller) const {
  ThreadState& thread = thread_state;
  if (!recorder_.Records(log::Kind::kHeapBlock)) return;
  const std::uint64_t sample_bytes = recorder_.sample_bytes();
  if (sample_bytes != 0 && !IsSampled(thread, bytes, sample_bytes)) return;
  recorder_.live().Prefetch(KeyOf(block));
  const Creation creation(recorder_);
  LiveRecord record = creation.Describe(thread, bytes);
  if (log::StackRecord* stack = creation.StackOf(caller)) {
    record.stack = recorder_.stacks().IdOf(stack);
    const std::uint64_t weight = sample_bytes != 0 ? SampleWeight(bytes, sample_bytes) : 1;
    if (LoadRelaxed(stack->alloc_objects) == 0) [[unlikely]]
      StoreRelaxed(recorder_.header().heap_recorded, std::uint64_t{1});
    AddShared(stack->alloc_objects, weight);
    AddShared(stack->alloc_bytes, weight * bytes);
  }
  if (sample_bytes != 0) sampled_blocks.Add(block);
  recorder_.Insert(KeyOf(block), record);
  if (recorder_.trace().IsOn()) [[unlikely]]
    recorder_.trace().BlockMade(bytes, AllBytes(bytes));
}

/// How many bytes this one stands for, if it is of a sampled recording.
std::uint64_t HeapBlocks::AllBytes(std::uint64_t bytes) const {
  const std::uint64_t sample_bytes = recorder_.sample_bytes();
  return sample_bytes == 0 ? bytes : SampleWeight(bytes, sample_bytes) * bytes / log::kSampleUnit;
}

/// Forget while a timeline is asked for, which wants to know how large the block was.
bool HeapBlocks::ForgetTraced(const void* block, LiveRecord& record) const {
  const bool is_sampled = recorder_.sample_bytes() != 0;
  if (!recorder_.live().Remove(KeyOf(block), &record)) {
    if (!is_sampled) CountUnknownFree(block);
    return false;
  }
  if (is_sampled) sampled_blocks.Remove(block);
  recorder_.trace().BlockGone(record.bytes, AllBytes(record.bytes));
  return true;
}

bool HeapBlocks::Forget(const void* block, LiveRecord* record) const {
  if (!MayKnow(block)) return false;
  if (recorder_.trace().IsOn()) [[unlikely]] {
    LiveRecord own;
    return ForgetTraced(block, record != nullptr ? *record : own);
  }
  const bool is_sampled = recorder_.sample_bytes() != 0;
  if (recorder_.live().Remove(KeyOf(block), record)) [[likely]] {
    if (is_sampled) sampled_blocks.Remove(block);
    return true;
  }
  if (!is_sampled) CountUnknownFree(block);
  return false;
}

void HeapBlocks::Restore(const void* block, const LiveRecord& record) const {
  const ErrnoKeeper keep_errno;
  if (recorder_.sample_bytes() != 0) sampled_blocks.Add(block);
  recorder_.Insert(KeyOf(block), record);
  if (recorder_.trace().IsOn()) [[unlikely]]
    recorder_.trace().BlockMade(record.bytes, AllBytes(record.bytes));
}

void HeapBlocks::Reset() {
  new (&sampled_blocks) SampledBlocks();
  usable_bytes_of = nullptr;
}

void HeapBlocks::RecordBefore(std::uint64_t bytes, std::size_t (*usable_bytes)(void* block)) const {
  if (bytes == 0) return;
  Resources(recorder_).RecordInherited(log::Kind::kHeapBlock, log::kHeapBeforeHandle, bytes);
  usable_bytes_of = usable_bytes;
}

// In sampled mode it is not called: there, most blocks are not in the table.
__attribute__((noinline)) void HeapBlocks::CountUnknownFree(const void* block) const {
  log::Header& header = recorder_.header();
  AddRelaxed(header.unmatched_frees, std::uint64_t{1});
  if (usable_bytes_of == nullptr) return;
  AddRelaxed(header.freed_before_bytes, usable_bytes_of(const_cast<void*>(block)) + kBlockOverhead);
}

}  // namespace mqtrack::recorder
