#include "preload/attach/page_writer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::redirection {
namespace {

constexpr std::size_t kMostRanges = 1 << 18;  // more mappings than the kernel allows by default, four times

}  // namespace

Protections::Protections() {
  const int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC));
  if (fd < 0) return;
  // Address space only: pages come as they are written.
  void* memory = recorder::MapMemory(nullptr, kMostRanges * sizeof(Range), PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
  if (memory != MAP_FAILED) ranges_ = static_cast<Range*>(memory), capacity_ = kMostRanges;
  char buffer[4096], line[64];
  std::size_t length = 0;
  for (;;) {
    const long got = ::syscall(SYS_read, fd, buffer, sizeof buffer);
    if (got <= 0) break;
    for (long i = 0; i < got; ++i) {
      if (buffer[i] == '\n') {
        line[length < sizeof line ? length : sizeof line - 1] = 0;
        Add(line);
        length = 0;
      } else if (length < sizeof line - 1) {
        line[length++] = buffer[i];
      }
    }
  }
  ::syscall(SYS_close, fd);
}

Protections::~Protections() {
  if (ranges_ != nullptr) recorder::UnmapMemory(ranges_, capacity_ * sizeof(Range));
}

void Protections::Add(const char* line) {
  if (count_ == capacity_) return;
  Range range{};
  range.low = recorder::ParseHex(line);
  if (*line++ != '-') return;
  range.high = recorder::ParseHex(line);
  if (*line++ != ' ') return;
  if (line[0] == 'r') range.protection |= PROT_READ;
  if (line[1] == 'w') range.protection |= PROT_WRITE;
  if (line[2] == 'x') range.protection |= PROT_EXEC;
  ranges_[count_++] = range;
}

int Protections::At(std::uintptr_t address) const {
  std::size_t low = 0, high = count_;  // the kernel lists them in order
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (ranges_[middle].high <= address)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count_ && address >= ranges_[low].low ? ranges_[low].protection : -1;
}

PageWriter::PageWriter(const Protections& protections)
    : protections_(protections), page_bytes_(static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE))) {}

void PageWriter::Restore() {
  if (writable_ && (before_ & PROT_WRITE) == 0) ::mprotect(reinterpret_cast<void*>(page_), page_bytes_, before_);
  writable_ = false;
}

bool PageWriter::Store(std::uintptr_t slot, std::uintptr_t value) {
  const std::uintptr_t page = slot & ~(page_bytes_ - 1);
  if (page != page_ || before_ < 0) {
    Restore();
    page_ = page;
    before_ = protections_.At(page);
    // Also where it was writable when the protections were read: it may have been made read-only since.
    writable_ = before_ >= 0 && ::mprotect(reinterpret_cast<void*>(page), page_bytes_, before_ | PROT_WRITE) == 0;
  }
  if (!writable_) return false;
  recorder::StoreRelease(*reinterpret_cast<std::uintptr_t*>(slot), value);
  return true;
}

}  // namespace mqtrack::redirection
