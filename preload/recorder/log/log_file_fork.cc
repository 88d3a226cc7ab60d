// The log in a child of fork.
//
// The child comes with its parent's log mapped, shared, at the same addresses. The first thing it does is to make that
// unwritable: whatever fails from then on, and wherever a thread of the child is in the recorder's code, nothing of the
// parent's log can change. The child then gets a copy of its own in the same place, or private memory that reads as
// zeros and that nobody else sees.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "libtrack/log/environment.h"
#include "preload/recorder/log/log_file.h"
#include "preload/recorder/log/log_room.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {

bool LogFile::Protect() {
  if (base_ == nullptr) return false;
  if (::mprotect(base_, mapped_bytes_, PROT_READ) == 0) return true;
  LetGo();
  return false;
}

// Writable, since code of the recorder that was interrupted by the signal handler which called fork goes on when that
// returns. A kernel that promises no more memory than it has may refuse so much of it; unmapping is all that is left
// then, and it is not refused.
void LogFile::LetGo() {
  if (base_ == nullptr || mapped_bytes_ == 0) return;
  ReserveAtMost(0);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  if (MapMemory(base_, mapped_bytes_, PROT_READ | PROT_WRITE, kFlags) == base_) return;
  if (MapMemory(base_, mapped_bytes_, PROT_READ, kFlags) == base_) return;
  Unmap();
}

void LogFile::SayWhereChildrenAre() {
  const std::uint32_t user = ::geteuid();
  if (user != made_as_) StoreRelaxed(header().forwarded_uid_plus_1, user + 1);
}

std::uint64_t LogFile::EndOfSegments() const {
  std::uint64_t end = log::kHeaderBytes;
  for (const log::Segment& segment : header().segments) {
    if (LoadAcquire(segment.kind) != 0 && segment.offset + segment.bytes > end) end = segment.offset + segment.bytes;
  }
  return end;
}

bool LogFile::CopyTo(int fd, std::uint64_t limit, EntrySet& copied) const {
  // pwrite from the mapping: the kernel allocates the pages or says ENOSPC, it cannot fault.
  const auto copy = [&](std::uint64_t offset, std::uint64_t bytes) {
    while (bytes > 0) {
      const ssize_t n = ::pwrite(fd, base_ + offset, bytes, static_cast<off_t>(offset));
      if (n <= 0) return false;
      offset += static_cast<std::uint64_t>(n);
      bytes -= static_cast<std::uint64_t>(n);
    }
    return true;
  };
  const log::Header& header = this->header();
  constexpr auto kLevel = static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel);
  const auto copy_entry = [&](std::uint32_t entry) {
    const log::Segment& segment = header.segments[entry];
    const std::uint64_t offset = LoadRelaxed(segment.offset), bytes = LoadRelaxed(segment.bytes);
    copied.Add(entry);
    return offset + bytes <= limit && copy(offset, bytes);
  };
  // The newest level first, and what its entries refer to later: a shrinking parent moves entries to older levels.
  const std::uint32_t entries = LoadAcquire(header.segment_count);
  for (std::uint32_t i = entries < log::kMaxSegments ? entries : log::kMaxSegments; i-- > 0;) {
    if (LoadAcquire(header.segments[i].kind) == kLevel && !copy_entry(i)) return false;
  }
  for (std::uint32_t i = 0; i < LoadAcquire(header.segment_count) && i < log::kMaxSegments; ++i) {
    const std::uint32_t kind = LoadAcquire(header.segments[i].kind);
    if (kind != 0 && kind != kLevel && !copy_entry(i)) return false;
  }
  // The header last: its event counts then tell how much happened meanwhile. Without the magic, which FillHeader writes
  // when the facts are the child's own: one that is killed before that leaves a log that claims to be nobody's.
  return copy(sizeof header.magic, log::kHeaderBytes - sizeof header.magic);
}

/// A copy during which the parent withdrew no level: such a one might have it with other contents, or not at all.
bool LogFile::CopySettled(int fd, std::uint64_t limit, EntrySet& copied) const {
  constexpr int kMostAttempts = 8;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    copied = {};
    const std::uint64_t before = LoadAcquire(header().withdrawals);
    if (::ftruncate(fd, 0) != 0 || ::ftruncate(fd, static_cast<off_t>(limit)) != 0 || !CopyTo(fd, limit, copied))
      return false;
    if (LoadAcquire(header().withdrawals) == before) return true;
  }
  return false;
}

/// In a copy: forgets segments that the original published while it was being made.
void LogFile::KeepOnly(const EntrySet& copied) {
  log::Header& header = this->header();
  std::uint32_t end = 0;
  for (std::uint32_t i = 0; i < log::kMaxSegments; ++i) {
    log::Segment& segment = header.segments[i];
    if (!copied.Has(i) || !log::IsPublished(segment.kind, segment.withdrawn, header.withdrawals)) segment = {};
    if (segment.kind != 0) end = i + 1;
  }
  header.segment_count = end;
}

/// Maps `fd`, the copy, where the original was.
bool LogFile::MapCopy(int fd, const EntrySet& copied) {
  if (MapMemory(base_, mapped_bytes_, PROT_NONE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd) != base_) return false;
  ::madvise(base_, mapped_bytes_, MADV_DONTDUMP);
  if (::mprotect(base_, log::kHeaderBytes, PROT_READ | PROT_WRITE) != 0) return false;
  KeepOnly(copied);
  for (const log::Segment& segment : header().segments) {
    if (segment.kind != 0 && ::mprotect(base_ + segment.offset, segment.bytes, PROT_READ | PROT_WRITE) != 0)
      return false;
  }
  return true;
}

bool LogFile::Replace(const char*& why) {
  why = "the log was made from outside, and nobody makes one for a child";
  if (settings_.descriptor >= 0) return false;
  int fd = -1;
  if (!OpenNew(fd, why)) {
    // Privileges may have been dropped since the parent chose its directory: see SayWhereChildrenAre.
    std::strcpy(settings_.directory, log::kDefaultLogDirPrefix);
    FormatDecimal(::geteuid(), settings_.directory + std::strlen(settings_.directory));
    if (!OpenNew(fd, why)) return false;
  }
  const std::uint64_t bytes = WithinFileSizeLimit(file_bytes_);
  EntrySet copied;
  bool good = room_.Learn(fd, settings_.directory, why);
  if (good) why = "no memory for a copy of the log";
  good = good && room_.Has(LoadRelaxed(header().reserved_bytes), 0) && CopySettled(fd, bytes, copied);
  if (good && !MapCopy(fd, copied)) {
    good = false;
    LetGo();  // what is mapped now is half the one and half the other
  }
  if (!good) ::unlink(path_);
  KernelCall(SYS_close, fd);
  if (!good) return false;
  log::Header& header = this->header();
  file_bytes_ = bytes;
  committed_ = EndOfSegments();
  FillHeader();
  header.reserved_bytes = log::kHeaderBytes;
  for (const log::Segment& segment : header.segments) header.reserved_bytes += segment.bytes;
  header.ended_unix_ns = 0;
  header.executed = 0;
  header.last_snapshot_unix_ns = 0;
  header.forwarded_uid_plus_1 = 0;  // was said to the parent's readers
  for (std::size_t type = 0; type < log::kPacketTypes; ++type)
    header.packets_received[type] = header.packets_sent[type] = 0;  // the parent's work
  header.uncounted_senders = 0;
  header.broker = {};
  header.asked = {};
  return true;
}

}  // namespace mqtrack::recorder
