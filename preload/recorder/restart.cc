// Starting a second time: after a detach, and in a process that ran before the recorder came.
#include <new>

#include "preload/recorder/errno_keeper.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/rule_cache.h"

namespace mqtrack::recorder {
namespace {
// No heap block has this address.
constexpr std::uint64_t kHeapBeforeHandle = 1;
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

void Recorder::RecordHeapBefore(std::uint64_t bytes) {
  if (bytes != 0) RecordInherited(log::Kind::kHeapBlock, kHeapBeforeHandle, bytes);
}

}  // namespace mqtrack::recorder
