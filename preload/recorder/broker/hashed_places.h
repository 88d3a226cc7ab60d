// Places for things that are known by a hash, found without a lock: what a broker has to hold may be half a dozen
// sessions or half a million topics. Levels of growing size, each had from the kernel when all before it have no room
// for a hash any more; the last one is the bound.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "libtrack/log/broker_sessions.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/sync/shared_count.h"

namespace mqtrack::recorder {

/// `Entry`: begins with `std::uint64_t key`, and all zero is a free one. Levels have 2^kFirstBits entries, and then
/// each 2^kStepBits times as many. All members may be called from any thread and from signal handlers.
template <typename Entry, unsigned kFirstBits, unsigned kStepBits, unsigned kLevels>
class HashedPlaces {
 public:
  static constexpr std::uint64_t kBusy = 1;

  [[nodiscard]] static std::uint64_t KeyOf(std::uint64_t hash) { return log::TableKey(hash); }
  /// Where a level's entries are; 0: there are none.
  [[nodiscard]] std::uint64_t AddressOf(unsigned level) const {
    return reinterpret_cast<std::uintptr_t>(LoadAcquire(levels_[level]));
  }

  /// Null if it is not there. `besides`: another one than this.
  [[nodiscard]] Entry* Find(std::uint64_t key, const Entry* besides = nullptr) const {
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
      Entry* entries = LoadAcquire(levels_[LevelOf(bucket)]);
      if (entries == nullptr) return nullptr;
      Entry* first = BucketOf(entries, bucket, key);
      for (Entry* entry = first; entry != first + kWays; ++entry) {
        if (LoadAcquire(entry->key) == key && entry != besides) return entry;
      }
    }
    return nullptr;
  }

  /// A place for a new entry, whose key is kBusy until Publish. One of which `is_stale` says so may be taken. Null if
  /// there is none.
  template <typename IsStale>
  [[nodiscard]] Entry* Claim(std::uint64_t key, const IsStale& is_stale) {
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
      Entry* entries = LevelAt(LevelOf(bucket));
      if (entries == nullptr) return nullptr;
      Entry* first = BucketOf(entries, bucket, key);
      for (Entry* entry = first; entry != first + kWays; ++entry) {
        const std::uint64_t there = LoadAcquire(entry->key);
        const bool is_free = there == 0 || (there != kBusy && is_stale(*entry));
        if (is_free && SwapShared(entry->key, there, kBusy)) return entry;
      }
    }
    return nullptr;
  }

  /// The claimed entry is complete. Where two threads have entered one key at once, one of the two goes again: false
  /// for exactly one of them.
  [[nodiscard]] bool Publish(Entry* entry, std::uint64_t key) {
    StoreRelease(entry->key, key);
    if (IsOnlyThread()) return true;
    FullFence();
    Entry* twin = Find(key, entry);
    return twin == nullptr || !Swap((twin > entry ? twin : entry)->key, key, std::uint64_t{0});
  }

  /// Takes the entry of this key out. False: another thread was faster.
  [[nodiscard]] static bool Remove(Entry* entry, std::uint64_t key) { return SwapShared(entry->key, key, 0); }

  /// The number of an entry, by which At finds it.
  [[nodiscard]] std::uint32_t NumberOf(const Entry* entry) const {
    std::uint32_t before = 0;
    for (unsigned level = 0; level < kLevels; ++level) {
      const Entry* entries = LoadRelaxed(levels_[level]);
      if (entry >= entries && entry < entries + CountIn(level))
        return before + static_cast<std::uint32_t>(entry - entries);
      before += static_cast<std::uint32_t>(CountIn(level));
    }
    return 0;
  }
  /// Null if its level is gone.
  [[nodiscard]] Entry* At(std::uint32_t number) const {
    for (unsigned level = 0; level < kLevels; ++level) {
      if (number < CountIn(level)) {
        Entry* entries = LoadAcquire(levels_[level]);
        return entries != nullptr ? entries + number : nullptr;
      }
      number -= static_cast<std::uint32_t>(CountIn(level));
    }
    return nullptr;
  }
  template <typename Visit>
  void ForEach(const Visit& visit) {
    for (unsigned level = 0; level < kLevels; ++level) {
      Entry* entries = LoadAcquire(levels_[level]);
      for (std::size_t i = 0; entries != nullptr && i < CountIn(level); ++i) visit(entries[i]);
    }
  }

  /// Everything is forgotten. Other threads may still be looking at it, so no memory is given back.
  void Forget() {
    for (Entry*& entries : levels_) StoreRelease(entries, static_cast<Entry*>(nullptr));
  }

 private:
  static constexpr std::size_t kWays = 8;
  /// One in each level, and two in the last, which is to be filled.
  static constexpr unsigned kBuckets = kLevels + 1;
  [[nodiscard]] static constexpr unsigned LevelOf(unsigned bucket) { return bucket < kLevels ? bucket : kLevels - 1; }
  [[nodiscard]] static constexpr std::size_t CountIn(unsigned level) {
    return std::size_t{1} << (kFirstBits + level * kStepBits);
  }
  [[nodiscard]] static Entry* BucketOf(Entry* entries, unsigned bucket, std::uint64_t key) {
    // Other bits for each: what met in one level does not meet in the next.
    return entries + (key >> (bucket * 11)) % (CountIn(LevelOf(bucket)) / kWays) * kWays;
  }
  [[nodiscard]] Entry* LevelAt(unsigned level) {
    Entry* entries = LoadAcquire(levels_[level]);
    if (entries != nullptr) return entries;
    const ErrnoKeeper keep_errno;
    const std::size_t bytes = CountIn(level) * sizeof(Entry);
    void* memory = MapMemory(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    if (memory == MAP_FAILED) return nullptr;
    if (Swap(levels_[level], static_cast<Entry*>(nullptr), static_cast<Entry*>(memory)))
      return static_cast<Entry*>(memory);
    UnmapMemory(memory, bytes);
    return LoadAcquire(levels_[level]);
  }

  Entry* levels_[kLevels] = {};
};

}  // namespace mqtrack::recorder
