// Starting a second time: after a detach, and in a process that ran before the recorder came.
#include <new>

#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {
// What glibc's own figures count of a block beside the bytes that can be used.
constexpr std::uint64_t kBlockOverhead = sizeof(std::size_t);
}  // namespace

bool Recorder::StartAgain(const LogSettings& settings, const char*& why) {
  const ErrnoKeeper keep_errno;
  const std::uint32_t session = session_ + 1;
  log_.Unmap();
  new (this) Recorder();
  session_ = session;
  ForgetSampledBlocks();
  InvalidateRules();  // libraries may have gone while nobody watched
  return Start(settings, why);
}

void Recorder::RecordHeapBefore(std::uint64_t bytes, std::size_t (*usable_bytes)(void* block)) {
  if (bytes == 0) return;
  RecordInherited(log::Kind::kHeapBlock, log::kHeapBeforeHandle, bytes);
  usable_bytes_ = usable_bytes;
}

// In sampled mode it is not called: there, most blocks are not in the table.
__attribute__((noinline)) void Recorder::CountUnknownFree(const void* block) {
  log::Header& header = log_.header();
  AddRelaxed(header.unmatched_frees, std::uint64_t{1});
  if (usable_bytes_ == nullptr) return;
  AddRelaxed(header.freed_before_bytes, usable_bytes_(const_cast<void*>(block)) + kBlockOverhead);
}

}  // namespace mqtrack::recorder
