// The ring that the kernel writes the samples of one processor into (perf_event_open(2), "MMAP layout").
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace mqtrack::cpu {

/// Maps a ring of an event and reads it. Movable; unmaps.
class EventRing {
 public:
  /// The largest of a few sizes that the kernel grants. Not valid, with errno, if there is none.
  explicit EventRing(int event);
  EventRing(EventRing&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(other.size_), page_(other.page_) {}
  EventRing(const EventRing&) = delete;
  EventRing& operator=(const EventRing&) = delete;
  EventRing& operator=(EventRing&&) = delete;
  ~EventRing();
  [[nodiscard]] bool valid() const { return bytes_ != nullptr; }

  /// The next record, with its header, or nothing. Its bytes are in `record` until the next call. What is no record
  /// ends the reading: everything that was written is passed over.
  [[nodiscard]] bool Next(std::vector<std::byte>& record);

 private:
  void CopyFrom(std::uint64_t at, std::span<std::byte> into) const;

  std::byte* bytes_ = nullptr;  // a page for the positions, then the ring
  std::size_t size_ = 0;        // of the ring: a power of two
  std::size_t page_ = 0;
};

}  // namespace mqtrack::cpu
