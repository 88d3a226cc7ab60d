#include "libtrack/cpu/event_ring.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace mqtrack::cpu {
namespace {

// The kernel locks these pages. A user without privileges may have 516 KiB for each processor (perf_event_mlock_kb).
constexpr std::size_t kSizes[] = {2048 * 1024, 512 * 1024, 256 * 1024, 128 * 1024};

perf_event_mmap_page* PositionsOf(std::byte* bytes) { return reinterpret_cast<perf_event_mmap_page*>(bytes); }

}  // namespace

EventRing::EventRing(int event) : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
  for (const std::size_t size : kSizes) {
    void* mapped = ::mmap(nullptr, page_ + size, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
    if (mapped == MAP_FAILED) {
      if (errno != EPERM && errno != ENOMEM) return;
      continue;
    }
    bytes_ = static_cast<std::byte*>(mapped);
    size_ = size;
    return;
  }
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

}  // namespace mqtrack::cpu
