#include "preload/hooks/threads/thread_slots.h"

#include <sys/mman.h>

#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::hooks {
namespace {

using recorder::AddAcqRel;
using recorder::LoadAcquire;
using recorder::LoadRelaxed;
using recorder::StoreRelaxed;
using recorder::StoreRelease;
using recorder::Swap;

/// Chunks are mapped when they are first needed and stay. The names stand together, since they are what is searched.
constexpr std::size_t kSlotsPerChunk = 256;
constexpr std::size_t kMostChunks = 512;  // the kernel's own default allows no more mappings than 65,530
struct Chunk {
  std::uint64_t names[kSlotsPerChunk];  // pthread_t; 0: not running yet, or free
  ThreadSlot slots[kSlotsPerChunk];
};
Chunk* chunks[kMostChunks];
std::uint64_t chunk_count;  // published, release
std::uint64_t first_free;   // no slot before this one is free, as far as is known
std::uint64_t started;      // threads that began to run

Chunk& ChunkAt(std::uint64_t number) { return *LoadAcquire(chunks[number]); }
std::uint64_t& NameOf(const ThreadSlot& slot) {
  const std::uint64_t index = slot.number - 1;
  return ChunkAt(index / kSlotsPerChunk).names[index % kSlotsPerChunk];
}

/// False if there is no memory, or no room for another chunk.
bool AddChunk(std::uint64_t number) {
  if (number >= kMostChunks) return false;
  void* memory = recorder::MapMemory(nullptr, sizeof(Chunk), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  if (memory == MAP_FAILED) return false;
  auto* chunk = static_cast<Chunk*>(memory);
  for (std::size_t i = 0; i < kSlotsPerChunk; ++i) {
    chunk->slots[i].number = static_cast<std::uint32_t>(number * kSlotsPerChunk + i + 1);
  }
  if (!Swap(chunks[number], static_cast<Chunk*>(nullptr), chunk)) recorder::UnmapMemory(memory, sizeof(Chunk));
  Swap(chunk_count, number, number + 1);
  return true;
}

/// The first of those called `thread`, of which `is_wanted`, that is still there and that nobody has claimed.
template <typename IsWanted>
ThreadSlot* FindOldestSlot(pthread_t thread, IsWanted is_wanted) {
  ThreadSlot* found = nullptr;
  const std::uint64_t count = LoadAcquire(chunk_count);
  for (std::uint64_t i = 0; i < count; ++i) {
    Chunk& chunk = ChunkAt(i);
    for (std::size_t j = 0; j < kSlotsPerChunk; ++j) {
      if (LoadRelaxed(chunk.names[j]) != thread) continue;
      ThreadSlot& slot = chunk.slots[j];
      if ((LoadAcquire(slot.state) & (kSlotTaken | kSlotRetired | kSlotClaimed)) != kSlotTaken || !is_wanted(slot))
        continue;
      if (found == nullptr || LoadRelaxed(slot.order) < LoadRelaxed(found->order)) found = &slot;
    }
  }
  return found;
}

}  // namespace

ThreadSlot* TakeSlot() {
  for (;;) {
    const std::uint64_t count = LoadAcquire(chunk_count);
    const std::uint64_t from = LoadRelaxed(first_free);
    for (std::uint64_t i = from; i < count * kSlotsPerChunk; ++i) {
      ThreadSlot& slot = ChunkAt(i / kSlotsPerChunk).slots[i % kSlotsPerChunk];
      if (!Swap(slot.state, std::uint32_t{kSlotFree}, std::uint32_t{kSlotTaken})) continue;
      Swap(first_free, from, i + 1);
      slot.rounds = 0;
      slot.tid = 0;
      return &slot;
    }
    if (!AddChunk(count)) return nullptr;
  }
}

void PublishSlot(ThreadSlot& slot, pthread_t thread) {
  StoreRelaxed(slot.order, AddAcqRel(started, std::uint64_t{1}));
  __atomic_store_n(&NameOf(slot), static_cast<std::uint64_t>(thread), __ATOMIC_SEQ_CST);
}

ThreadSlot* FindEndedSlot(pthread_t thread) {
  return FindOldestSlot(thread, [](const ThreadSlot& slot) { return (LoadAcquire(slot.state) & kSlotEnded) != 0; });
}
ThreadSlot* FindSlotFromBefore(pthread_t thread) {
  return FindOldestSlot(thread, [](const ThreadSlot& slot) { return slot.tid != 0; });
}

bool RetireSlot(ThreadSlot& slot) {
  return (__atomic_fetch_or(&slot.state, kSlotRetired, __ATOMIC_ACQ_REL) & kSlotRetired) == 0;
}

void FreeSlot(ThreadSlot& slot) {
  StoreRelaxed(NameOf(slot), std::uint64_t{0});
  StoreRelease(slot.state, std::uint32_t{kSlotFree});
  const std::uint64_t index = slot.number - 1;
  std::uint64_t first = LoadRelaxed(first_free);
  while (index < first && !Swap(first_free, first, index)) first = LoadRelaxed(first_free);
}

void FreeSlotsOfOthers(const log::ThreadBefore* threads, std::size_t count) {
  for (std::uint64_t i = 0; i < chunk_count; ++i) {
    for (std::size_t j = 0; j < kSlotsPerChunk; ++j) {
      const std::uint64_t name = chunks[i]->names[j];
      bool is_there = name == 0;  // or has not begun to run
      for (std::size_t k = 0; !is_there && k < count; ++k) is_there = threads[k].thread_pointer == name;
      if (!is_there) FreeSlot(chunks[i]->slots[j]);
    }
  }
}

void ResetSlotsAfterFork(const ThreadSlot* survivor) {
  for (std::uint64_t i = 0; i < chunk_count; ++i) {
    Chunk& chunk = ChunkAt(i);
    for (std::size_t j = 0; j < kSlotsPerChunk; ++j) {
      if (&chunk.slots[j] == survivor) continue;
      chunk.names[j] = 0;
      chunk.slots[j].state = kSlotFree;
    }
  }
  first_free = 0;
}

}  // namespace mqtrack::hooks
