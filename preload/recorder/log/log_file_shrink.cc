// Giving memory of the log back.
#include <sys/mman.h>

#include "preload/recorder/log/log_file.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

// Killed before the second-last store, it has not begun; killed after it, it is done.
void LogFile::Withdraw(std::uint32_t entry, std::uint64_t events) {
  log::Header& header = this->header();
  log::Segment& segment = header.segments[entry];
  const std::uint64_t withdrawals = LoadRelaxed(header.withdrawals);
  StoreRelaxed(header.gone_events[(withdrawals + 1) & 1], LoadRelaxed(header.gone_events[withdrawals & 1]) + events);
  StoreRelaxed(segment.withdrawn, static_cast<std::uint32_t>(withdrawals + 1));
  StoreRelease(header.withdrawals, withdrawals + 1);
  StoreRelease(segment.kind, static_cast<std::uint32_t>(log::SegmentKind::kNone));
}

std::uint64_t LogFile::GoneEvents() const {
  const log::Header& header = this->header();
  return LoadRelaxed(header.gone_events[LoadAcquire(header.withdrawals) & 1]);
}

bool LogFile::GiveBack(std::uint64_t offset, std::uint64_t bytes) {
  if (::madvise(base_ + offset, bytes, MADV_REMOVE) != 0) return false;
  AddRelaxed(header().reserved_bytes, -bytes);
  ::mprotect(base_ + offset, bytes, PROT_NONE);  // if that fails, it is memory again when somebody touches it
  return true;
}

}  // namespace mqtrack::recorder
