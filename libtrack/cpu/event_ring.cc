#include "libtrack/cpu/event_ring.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace mqtrack::cpu {
namespace {

// The kernel locks these pages. A user without privileges may have 516 KiB for each processor (perf_event_mlock_kb).
constexpr std::size_t kSizes[] = {2048 * 1024, 512 * 1024, 256 * 1024, 128 * 1024};

using support::Error;
using support::ErrorCode;
using support::Result;

perf_event_mmap_page* PositionsOf(std::byte* bytes) { return reinterpret_cast<perf_event_mmap_page*>(bytes); }

/// Fewer than `events`, with errno, if the kernel refuses one.
std::vector<EventRing> RingsOfSize(std::span<const int> events, std::size_t size) {
  std::vector<EventRing> rings;
  for (const int event : events) {
    EventRing ring(event, size);
    const int error = errno;
    if (!ring.valid()) {
      rings.clear();
      errno = error;
      return rings;
    }
    rings.push_back(std::move(ring));
  }
  return rings;
}

}  // namespace

EventRing::EventRing(int event, std::size_t size)
    : size_(size), page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
  void* mapped = ::mmap(nullptr, page_ + size, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
  if (mapped != MAP_FAILED) bytes_ = static_cast<std::byte*>(mapped);
}

EventRing::~EventRing() {
  if (bytes_ != nullptr) ::munmap(bytes_, page_ + size_);
}

void EventRing::CopyFrom(std::uint64_t at, std::span<std::byte> into) const {
  const std::size_t start = at & (size_ - 1), first = std::min(into.size(), size_ - start);
  std::memcpy(into.data(), bytes_ + page_ + start, first);
  std::memcpy(into.data() + first, bytes_ + page_, into.size() - first);
}

bool EventRing::Next(std::vector<std::byte>& record) {
  perf_event_mmap_page* positions = PositionsOf(bytes_);
  const std::uint64_t head = std::atomic_ref<__u64>(positions->data_head).load(std::memory_order_acquire);
  const std::uint64_t tail = positions->data_tail;
  perf_event_header header{};
  if (head - tail < sizeof header) return false;
  CopyFrom(tail, std::as_writable_bytes(std::span(&header, 1)));
  const bool is_record = header.size >= sizeof header && header.size <= head - tail && head - tail <= size_;
  if (is_record) {
    record.resize(header.size);
    CopyFrom(tail, record);
  }
  std::atomic_ref<__u64>(positions->data_tail).store(is_record ? tail + header.size : head, std::memory_order_release);
  return is_record;
}

Result<std::vector<EventRing>> MapRings(std::span<const int> events) {
  for (const std::size_t size : kSizes) {
    std::vector<EventRing> rings = RingsOfSize(events, size);
    if (rings.size() == events.size()) return rings;
    if (errno != EPERM && errno != ENOMEM) break;
  }
  const bool is_limit = errno == EPERM || errno == ENOMEM;
  return Error{ErrorCode::kCannotMeasure,
               is_limit ? "the kernel locks memory for each processor's events, and more is not allowed (ulimit -l, "
                          "kernel.perf_event_mlock_kb)"
                        : std::string("events cannot be mapped: ") + std::strerror(errno),
               ""};
}

}  // namespace mqtrack::cpu
