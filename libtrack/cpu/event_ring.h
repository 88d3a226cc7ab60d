// The ring that the kernel writes the samples of one processor into (perf_event_open(2), "MMAP layout").
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::cpu {

/// Maps a ring of an event and reads it. Movable; unmaps.
class EventRing {
 public:
  /// Of `size` bytes, a power of two. Not valid, with errno, if the kernel refuses it.
  EventRing(int event, std::size_t size);
  EventRing(EventRing&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(other.size_), page_(other.page_) {}
  EventRing(const EventRing&) = delete;
  EventRing& operator=(const EventRing&) = delete;
  EventRing& operator=(EventRing&&) = delete;
  ~EventRing();
  [[nodiscard]] bool valid() const { return bytes_ != nullptr; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// The next record, with its header, or nothing. Its bytes are in `record` until the next call. What is no record
  /// ends the reading: everything that was written is passed over.
  [[nodiscard]] bool Next(std::vector<std::byte>& record);

 private:
  void CopyFrom(std::uint64_t at, std::span<std::byte> into) const;

  std::byte* bytes_ = nullptr;  // a page for the positions, then the ring
  std::size_t size_ = 0;        // of the ring: a power of two
  std::size_t page_ = 0;
};

/// A ring for each of `events`, all of the largest size that the kernel grants to all: a processor whose ring is small
/// loses samples that others have room for. Error: not even the smallest ones; says which limit to raise.
[[nodiscard]] support::Result<std::vector<EventRing>> MapRings(std::span<const int> events);

}  // namespace mqtrack::cpu
