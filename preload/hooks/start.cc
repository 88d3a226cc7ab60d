// Start and end of the recorder. A preloaded library starts by itself, one that was put in by `mqtrack attach` when it
// is asked to.
//
// Preloaded: the first call into the library is nearly always a malloc of some other library's constructor: the log is
// opened there and then, with plain system calls, so that nothing allocated later is missed. Full stacks begin with our
// own constructor, when every library's unwind tables are in place.
#include "preload/hooks/start.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "libtrack/log/environment.h"
#include "libtrack/log/kinds.h"
#include "preload/hooks/descriptors/descriptor_functions.h"
#include "preload/hooks/descriptors/descriptors.h"
#include "preload/hooks/hook_scope.h"
#include "preload/hooks/memory/heap_before.h"
#include "preload/hooks/memory/mapping_calls.h"
#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/process/late_log.h"
#include "preload/hooks/process/snapshot_request.h"
#include "preload/hooks/process/without_log.h"
#include "preload/hooks/real_functions.h"
#include "preload/hooks/threads/thread_records.h"
#include "preload/hooks/timers/timer_records.h"
#include "preload/hooks/timers/timers_before.h"
#include "preload/recorder/fork_handlers.h"
#include "preload/recorder/heap_blocks.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/log/run_tally.h"
#include "preload/recorder/packets/mqtt_clients.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/unwinding/cfi.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

extern "C" char** environ;

namespace mqtrack::hooks {

constinit std::atomic<Phase> phase = Phase::kCold;

namespace {

using recorder::Inside;
using recorder::StoreRelaxed;
using recorder::StoreRelease;
using recorder::thread_state;
using recorder::ThreadState;

std::uint64_t ParseNumber(const char* text, std::uint64_t otherwise) {
  if (text == nullptr || *text == 0) return otherwise;
  std::uint64_t value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + static_cast<std::uint64_t>(*text - '0');
  return *text == 0 ? value : otherwise;
}

bool IsSet(const char* name) {
  const char* value = ::getenv(name);
  return value != nullptr && std::strcmp(value, "1") == 0;
}

/// Names of recordables, separated by commas, as KindBits; unknown names mean nothing.
std::uint64_t ParseRecordables(const char* names) {
  std::uint64_t bits = 0;
  while (names != nullptr && *names != 0) {
    const std::size_t length = std::strcspn(names, ",");
    for (const log::Recordable& recordable : log::kRecordables) {
      if (std::strlen(recordable.name) == length && std::strncmp(recordable.name, names, length) == 0)
        bits |= recordable.kind_bits;
    }
    names += length + (names[length] == ',' ? 1 : 0);
  }
  return bits;
}

/// `directory` if it is an absolute path, else the default one. False: it is too long.
bool ChooseDirectory(const char* directory, recorder::LogSettings& settings) {
  if (directory != nullptr && directory[0] == '/') {
    if (std::strlen(directory) >= sizeof settings.directory) return false;
    std::strcpy(settings.directory, directory);
  } else {
    std::strcpy(settings.directory, log::kDefaultLogDirPrefix);
    recorder::FormatDecimal(settings.filtered ? ::getauxval(AT_EUID) : ::geteuid(),
                            settings.directory + std::strlen(settings.directory));
  }
  return true;
}

bool ReadSettings(recorder::LogSettings& settings) {
  settings.filtered = recorder::HasFilterOfItsOwn();
  if (!ChooseDirectory(::getenv(log::kEnvLogDir), settings)) return false;
  settings.limit_bytes = ParseNumber(::getenv(log::kEnvLogLimit), log::kDefaultLogLimit);
  settings.sample_bytes = ParseNumber(::getenv(log::kEnvSample), 0);
  settings.left_out_kinds = log::kRecordables.kinds & ParseRecordables(::getenv(log::kEnvWithout));
  settings.recorded_kinds = log::kRecordables.kinds & ~settings.left_out_kinds;
  const std::uint64_t launcher = ParseNumber(::getenv(log::kEnvLauncherPid), 0);
  if (launcher != 0) {
    const bool filtered = settings.filtered;
    const auto own = filtered ? recorder::StatField(1) : static_cast<std::uint64_t>(::getpid());
    const auto parent = filtered ? recorder::StatField(4) : static_cast<std::uint64_t>(::getppid());
    settings.root_pid = launcher == parent ? own : launcher;
  }
  const char* run = ::getenv(log::kEnvRun);
  const char* nanos = run != nullptr ? std::strchr(run, '-') : nullptr;
  if (nanos != nullptr) settings.run = recorder::ParseDecimal(nanos + 1);
  settings.keep_log = IsSet(log::kEnvKeepLogs);
  if (settings.sample_bytes == 1) settings.sample_bytes = 0;  // every byte: that is exact mode
  return true;
}

void Say(const char* why) {
  if (!IsSet(log::kEnvVerbose)) return;
  const char* parts[] = {"mqtrack: not recording this process: ", why, "\n"};
  for (const char* part : parts) {
    const auto bytes = static_cast<long>(std::strlen(part));
    if (recorder::KernelCall(SYS_write, STDERR_FILENO, recorder::Argument(part), bytes) < 0) return;
  }
}

/// Lets the kernel wipe the gate in a child of clone or _Fork: fork handlers do not run there, and its log would be its
/// parent's. Where that cannot be had, AfterForkInChild does what it can.
void PrepareGate(bool filtered) {
  static_assert(sizeof(Gate) == recorder::cpu::kLargestPage);
  if (!filtered) (void)::madvise(&gate, sizeof gate, MADV_WIPEONFORK);  // which may be forbidden under a filter
  StoreRelaxed(gate.is_own, 1u);
}

/// Whoever executed this program waits to hear of it.
void TellStarted(bool filtered) {
  recorder::UncountExecuted(filtered ? static_cast<std::uint32_t>(recorder::StatField(1))
                                     : static_cast<std::uint32_t>(::getpid()));
}

/// Not to be recorded is what the user has asked for.
void StartDisabled() {
  recorder::LogSettings settings;
  if (environ != nullptr && ReadSettings(settings)) {
    recorder::MapRunTally(settings);
    TellStarted(settings.filtered);
  }
  StoreRelaxed(gate.is_counted, 1u);
  phase.store(Phase::kOff, std::memory_order_release);
}

void Start() {
  ResolveRealFunctions();
  ResolveDescriptorFunctions();
  recorder::InitialiseCfi();
  ResolveNewFunctions();
  ResolveReadFunctions();
  ResolveWriteFunctions();
  ResolveWaitFunctions();
  ResolveQueueFunctions();
  ResolveHeapFigures();
  if (!CameWithTheProgram()) {  // by dlopen: inert until mqtrack_attach is called
    phase.store(Phase::kOff, std::memory_order_release);
    return;
  }
  if (environ == nullptr || IsSet(log::kEnvDisable)) {
    StartDisabled();
    return;
  }
  PrepareThreads();
  recorder::LogSettings settings;
  const char* why = "MQTRACK_LOG_DIR is too long";
  bool started = ReadSettings(settings);
  ReadSnapshotSettings();
  recorder::MapRunTally(settings);
  TellStarted(settings.filtered);
  PrepareGate(settings.filtered);
  started = started && recorder::recorder.Start(settings, why);
  if (!started) {
    Say(why);
    StoreRelaxed(gate.is_own, 0u);
    CountThisWithoutLog();
  }
  if (started) recorder::packet_tracker.Start(recorder::recorder.LabelsPackets());
  if (started) RecordInheritedDescriptors();
  phase.store(started ? Phase::kRunning : Phase::kOff, std::memory_order_release);
  UpdateGate();
}

// A process made behind fork's back is quiet, and so are the children it makes.
void BeforeFork() {
  if (!IsRecorded() || !recorder::fork_handlers.Before()) return;
  StoreRelaxed(gate.is_watched, 1u);
  UpdateGate();
}
void AfterForkInParent() {
  if (IsRecorded()) recorder::fork_handlers.AfterInParent();
}
void AfterForkInChild() {
  if (phase == Phase::kCold || phase == Phase::kStarting) return;
  const Inside before = thread_state.inside;  // not kHost if a signal handler called fork
  thread_state.inside = Inside::kSetup;       // until the log is the child's own, nothing may be written to it
  const recorder::ForkedLog log = recorder::fork_handlers.AfterInChild(before != Inside::kHost);
  if (log == recorder::ForkedLog::kCopy) {
    ForgetThreadsAfterFork();
    ForgetTimersAfterFork();
  }
  recorder::mappings.RepairAfterFork();
  // Where there is no log, or the parent's still, nothing may be written to it.
  recorder::packet_tracker.ForgetClientsAfterFork(log == recorder::ForkedLog::kCopy);
  thread_state.inside = before;
  StoreRelaxed(gate.is_own, log == recorder::ForkedLog::kCopy ? 1u : 0u);
  StoreRelaxed(gate.is_late, log == recorder::ForkedLog::kLater ? 1u : 0u);
  StoreRelaxed(gate.is_watched, 0u);
  UpdateGate();
  if (log == recorder::ForkedLog::kNone)
    CountThisWithoutLog();
  else
    UncountThisWithoutLog();  // a fork handler of the service, before this one, may have called a hook
}

}  // namespace

constinit Gate gate = {};

void UpdateGate() {
  const bool is_recorded = IsRecorded(),
             is_open = is_recorded && recorder::recorder.recording() && gate.is_watched == 0;
  StoreRelease(gate.has_packets, is_recorded && recorder::packet_tracker.is_on() ? 1u : 0u);
  StoreRelease(gate.has_shortcut, is_open && recorder::heap_blocks.AreSampled() && IsRealMallocOfGlibc() ? 1u : 0u);
  StoreRelease(gate.is_open, is_open ? 1u : 0u);
}

bool AreDescriptorsHooked() { return (log::kRecordables.kinds & log::KindBit(log::Kind::kDescriptor)) != 0; }

bool OpenLog(const log::AttachRequest& attach, const char*& why) {
  recorder::LogSettings settings;
  why = "the path of the log directory is too long";
  settings.filtered = attach.calls == static_cast<std::uint32_t>(log::AttachCalls::kFew);
  if (!ChooseDirectory(attach.directory, settings)) return false;
  settings.descriptor = attach.log_descriptor;
  settings.seen_as = {attach.pid, attach.uid, attach.start_ticks, attach.pid_namespace};
  settings.limit_bytes = attach.limit_bytes != 0 ? attach.limit_bytes : log::kDefaultLogLimit;
  settings.sample_bytes = attach.sample_bytes == 1 ? 0 : attach.sample_bytes;
  settings.left_out_kinds = log::kRecordables.kinds & attach.without_kinds;
  settings.recorded_kinds = log::kRecordables.kinds & ~settings.left_out_kinds;
  settings.origin = log::Origin::kAttach;
  ForgetCallers();
  UpdateGate();  // closed, whatever a thread that came late has made of it
  PrepareGate(settings.filtered);
  static bool threads_prepared = false;
  if (!threads_prepared) PrepareThreads();
  threads_prepared = true;
  recorder::HeapBlocks::Reset();
  const bool started = recorder::recorder.StartAgain(settings, why);
  if (!started) return false;
  recorder::packet_tracker.Start(recorder::recorder.LabelsPackets());
  RecordInheritedDescriptors();
  recorder::mappings.Reset();
  RecordInheritedMappings();
  RecordThreadsBefore(reinterpret_cast<const log::ThreadBefore*>(&attach + 1), attach.thread_count);
  RecordTimersBefore();
  return true;
}

void SwitchOn() {
  static bool handlers_registered = false;
  if (!handlers_registered) ::pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild);
  handlers_registered = true;
  recorder::recorder.UseFullStacks();
  recorder::mqtt_clients.Reset();
  phase.store(Phase::kRunning, std::memory_order_release);
  UpdateGate();
}

void SwitchOff() {
  SettleFork();
  EndRecording(recorder::Recorder::End::kExit);
  StoreRelaxed(gate.is_counted, 1u);  // not to be recorded is what the user has asked for
  phase.store(Phase::kOff, std::memory_order_release);
  UpdateGate();
  recorder::recorder.AddressSpaceLimited(0);  // what the log has set aside and never used
}

bool IsThisProcessRecorded() { return IsRecorded(); }

/// Its own address, as soon as the loader has relocated this library.
static volatile void* volatile own_address = &own_address;

/// The loader relocates the libraries behind us in its list before us, and resolvers of their indirect functions may
/// allocate. No other function can be called here until then, nor a thread_local be used: the bootstrap arena serves.
static bool IsRelocated() { return own_address == &own_address; }

void StartOnce() {
  if (!IsRelocated()) [[unlikely]]
    return;
  Phase cold = Phase::kCold;
  if (!phase.compare_exchange_strong(cold, Phase::kStarting)) return;
  const int saved = errno;
  const Inside before = thread_state.inside;
  thread_state.inside = Inside::kSetup;
  Start();
  thread_state.inside = before;
  errno = saved;
}

HookScope::Passage HookScope::EnterSlowly(ThreadState& thread, recorder::StartFrame frame) {
  Passage through, records;
  records.records = true;
  if (phase == Phase::kCold) StartOnce();
  if (thread.inside != Inside::kSetup) SettleFork();
  if (!IsRecorded() || !recorder::recorder.recording()) {
    if (thread.inside != Inside::kSetup) NoteHookWithoutLog();
    return through;
  }
  if (thread.inside == Inside::kHost) return records;
  if (thread.inside == Inside::kSetup) return through;
  // A hook called by the one that set the guard lies below it on the stack. One that lies above, and not far, shows
  // that the setter was left without return: by longjmp, or by an exception through a hook.
  const std::uintptr_t here = frame.address();
  constexpr std::uintptr_t kFar = std::uintptr_t{8} << 20;
  if (here > thread.entered_at && here - thread.entered_at < kFar) return records;
  // The real allocator calls back from its own stack, within some pages. A hook on another stack is called by a signal
  // handler that interrupted the allocator: it returns to the allocator, or never, as after a stack overflow.
  const bool is_elsewhere = here > thread.entered_at || thread.entered_at - here > kFar;
  if (thread.inside == Inside::kRealCall && !is_elsewhere) return through;
  // Only a signal handler calls in while the recorder itself is at work. Everything there may be re-entered, so what
  // the handler does is recorded like all else.
  return {true, {thread.inside, thread.entered_at}};
}

static void OnUnload();

__attribute__((constructor)) static void OnLoad() {
  StartOnce();
  if (phase != Phase::kRunning) return;
  thread_state.inside = Inside::kSetup;
  ::pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild);
  ::at_quick_exit(OnUnload);
  thread_state.inside = Inside::kHost;
  recorder::recorder.UseFullStacks();
}

__attribute__((destructor)) static void OnUnload() { EndRecording(recorder::Recorder::End::kExit); }

}  // namespace mqtrack::hooks
