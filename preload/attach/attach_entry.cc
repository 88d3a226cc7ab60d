// Order: the log is opened, then every call is redirected while the hooks still pass everything through, then recording
// is switched on at once. So no block can be recorded through one module and freed past the recorder through another.
// Detaching goes backwards: off first, then the calls.
#include "preload/attach/attach_entry.h"

#include <sched.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "preload/attach/hook_table.h"
#include "preload/attach/loader_hooks.h"
#include "preload/attach/redirection.h"
#include "preload/attach/unseen_calls.h"
#include "preload/hooks/hook_scope.h"
#include "preload/hooks/memory/heap_before.h"
#include "preload/hooks/real_functions.h"
#include "preload/hooks/start.h"
#include "preload/recorder/heap_blocks.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"

constinit mqtrack::log::AttachState mqtrack_attach_state = {mqtrack::log::kAttachVersion, 0, 0, 0};

namespace mqtrack::redirection {
namespace {

using log::AttachResult;
using log::AttachStage;
using recorder::Inside;
using recorder::thread_state;

constinit HookTable hook_table;
constinit Redirection redirection;
std::uint32_t busy = 0;  // 1: a thread is changing slots

constexpr int kMostYields = 1000;

/// One thread at a time; a second one waits for a moment, and then goes without.
class Turn {
 public:
  Turn() {
    for (int i = 0; i < kMostYields && !mine_; ++i) {
      mine_ = recorder::Swap(busy, 0u, 1u);
      if (!mine_) ::sched_yield();
    }
  }
  ~Turn() {
    if (mine_) recorder::StoreRelease(busy, 0u);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] bool mine() const { return mine_; }

 private:
  bool mine_ = false;
};

/// While it lives, what this thread does is nobody's business, and errno is kept.
class Setup {
 public:
  Setup() : before_(thread_state.inside), errno_(errno) { thread_state.inside = Inside::kSetup; }
  ~Setup() {
    thread_state.inside = before_;
    errno = errno_;
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

 private:
  Inside before_;
  int errno_;
};

std::uint64_t NowMicros() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

AttachStage Stage() { return static_cast<AttachStage>(recorder::LoadAcquire(mqtrack_attach_state.stage)); }
void SetStage(AttachStage stage) {
  recorder::StoreRelease(mqtrack_attach_state.stage, static_cast<std::uint32_t>(stage));
}

AttachResult Refuse(log::AttachRequest& request, const char* why) {
  std::strncpy(request.why, why, sizeof request.why - 1);
  return AttachResult::kRefused;
}

void Report(log::AttachRequest& request, const RedirectionCount& count, std::uint64_t started) {
  request.modules = count.modules;
  request.slots = count.slots;
  request.stubborn = count.stubborn;
  request.micros = NowMicros() - started;
}

/// Descriptors that came with the request and are of no use now.
void Close(std::int32_t& descriptor) {
  if (descriptor >= 0) recorder::KernelCall(SYS_close, descriptor);
  descriptor = -1;
}

AttachResult Attach(log::AttachRequest& request) {
  const std::uint64_t started = NowMicros();
  Close(request.library_descriptor);
  const Turn turn;
  const bool idle = Stage() == AttachStage::kIdle;
  if (!idle || !turn.mine()) {
    Close(request.log_descriptor);
    return Refuse(request, idle ? "another thread is loading libraries; try again" : "it is recorded already");
  }
  ResolveLoaderFunctions();
  hook_table.Fill();
  const char* why = "the recorder could not start";
  if (!hooks::OpenLog(request, why)) return Refuse(request, why);
  hooks::ResolveHeapFigures();
  hooks::RecordHeapBefore();
  NoteUnseenCalls();
  std::strncpy(request.log_path, recorder::recorder.log_path(), sizeof request.log_path - 1);
  RedirectionCount count = redirection.Apply(hook_table);
  // Once more: a slot that another thread was just binding has overwritten what was put there.
  const RedirectionCount again = redirection.Apply(hook_table);
  count.slots += again.slots;
  hooks::SwitchOn();
  recorder::AddRelaxed(mqtrack_attach_state.attaches, std::uint64_t{1});
  SetStage(AttachStage::kAttached);
  Report(request, count, started);
  return AttachResult::kDone;
}

AttachResult Detach(log::AttachRequest& request) {
  const std::uint64_t started = NowMicros();
  if (Stage() != AttachStage::kAttached) return Refuse(request, "it is not attached");
  const Turn turn;
  if (!turn.mine()) return Refuse(request, "another thread is loading libraries; try again");
  hooks::SwitchOff();
  SetStage(AttachStage::kIdle);
  RedirectionCount count = redirection.Undo(hook_table);
  const RedirectionCount again = redirection.Undo(hook_table);
  count.slots += again.slots;
  std::strncpy(request.log_path, recorder::recorder.log_path(), sizeof request.log_path - 1);
  Report(request, count, started);
  return AttachResult::kDone;
}

__attribute__((constructor)) void OnLoad() {
  mqtrack_attach_state.inside_offset =
      reinterpret_cast<const char*>(&thread_state.inside) - static_cast<const char*>(__builtin_thread_pointer());
  SetStage(hooks::CameWithTheProgram() ? AttachStage::kPreloaded : AttachStage::kIdle);
  const Setup setup;
  hooks::StartOnce();
  if (hooks::IsThisProcessRecorded()) NoteUnseenCalls();
}

}  // namespace

void NoticeNewModules() {
  if (Stage() != AttachStage::kAttached || !hooks::IsThisProcessRecorded() || !redirection.IsOutdated()) return;
  const Setup setup;
  const Turn turn;
  if (!turn.mine() || Stage() != AttachStage::kAttached) return;
  hook_table.Fill();  // they may bring functions that there are hooks for
  (void)redirection.Apply(hook_table);
  NoteUnseenCalls();
}

}  // namespace mqtrack::redirection

extern "C" {

mqtrack::log::AttachResult mqtrack_attach(mqtrack::log::AttachRequest* request) {
  const mqtrack::redirection::Setup setup;
  return mqtrack::redirection::Attach(*request);
}

mqtrack::log::AttachResult mqtrack_detach(mqtrack::log::AttachRequest* request) {
  const mqtrack::redirection::Setup setup;
  return mqtrack::redirection::Detach(*request);
}

}  // extern "C"
