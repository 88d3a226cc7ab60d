#include "preload/hooks/threads/thread_records.h"

#include <limits.h>
#include <sys/prctl.h>

#include <cstring>

#include "preload/hooks/process/late_log.h"
#include "preload/hooks/real_functions.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/resources.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::hooks {
namespace {

using log::Kind;
using log::LabelKey;
using recorder::Label;
using recorder::LiveRecord;
using recorder::LoadAcquire;
using recorder::recorder;
using recorder::resources;
using recorder::StoreRelease;
using recorder::Swap;

constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;

pthread_key_t end_key;  // its value is the thread's slot
bool prepared = false;
bool some_were_there = false;  // before the attach
pthread_attr_t default_attributes;

const ThreadSlot* survivor;  // of a fork, in its child

/// What another thread tells one that has not begun to run.
enum ToldEarly : std::uint64_t { kToldDetached = 1, kToldNamed = 2 };
/// In the thread's own storage, which exists before it runs and until it has been joined: what it was told, and from
/// when it runs, the address of its slot. A pthread_t alone does not say which thread is meant: it may be another one's
/// the moment after a join, while whoever joined has not yet said so here.
thread_local constinit std::uint64_t life = 0;

/// `life` of another thread: all threads have it at the same distance from their pthread_t.
std::uint64_t& LifeOf(pthread_t thread) {
  const auto distance = reinterpret_cast<std::uintptr_t>(&life) - static_cast<std::uintptr_t>(::pthread_self());
  return *reinterpret_cast<std::uint64_t*>(static_cast<std::uintptr_t>(thread) + distance);
}

/// Null if `value` of `life` is only what the thread was told.
ThreadSlot* SlotIn(std::uint64_t value) {
  return value > (kToldDetached | kToldNamed) ? reinterpret_cast<ThreadSlot*>(value) : nullptr;
}

/// The slot of `thread`, which is joinable; if it has not begun to run, `news` waits for it there and this is null.
ThreadSlot* FindOrTell(pthread_t thread, ToldEarly news) {
  std::uint64_t& its_life = LifeOf(thread);
  std::uint64_t value = LoadAcquire(its_life);
  while (SlotIn(value) == nullptr && !Swap(its_life, value, value | news)) value = LoadAcquire(its_life);
  return SlotIn(value);
}

/// Whoever joins another thread by the same pthread_t, and does not know its slot, does not take this one for it.
ThreadSlot* Claim(ThreadSlot* slot) {
  if (slot != nullptr) __atomic_fetch_or(&slot->state, kSlotClaimed, __ATOMIC_ACQ_REL);
  return slot;
}

bool AreThreadsRecorded() { return prepared && WillRecord() && recorder.Records(Kind::kThread); }

Label MakeLabel(LabelKey key, const char* value) { return {key, value, std::strlen(value)}; }

/// What the recorder knows the thread by.
std::uint64_t HandleOf(const ThreadSlot& slot) { return slot.tid != 0 ? log::kKernelHandle | slot.tid : slot.handle; }

void Relabel(const ThreadSlot& slot, const Label& label) {
  (void)resources.Relabel(Kind::kThread, HandleOf(slot), &label, 1);
}

/// Nothing is left of the thread.
void Retire(ThreadSlot& slot) {
  if (!RetireSlot(slot)) return;
  LiveRecord record;
  (void)resources.Forget(Kind::kThread, HandleOf(slot), record);
  FreeSlot(slot);
}

/// What the C library maps for the thread; 0 if the stack is the service's own.
std::size_t StackBytes(const pthread_attr_t* attributes) {
  std::size_t bytes = 0;
  if (attributes == nullptr) return ::pthread_attr_getstacksize(&default_attributes, &bytes) == 0 ? bytes : 0;
  void* lowest = nullptr;
  // A stack that was never set is one that ends at 0.
  if (::pthread_attr_getstack(attributes, &lowest, &bytes) == 0 && bytes != 0 &&
      reinterpret_cast<std::uintptr_t>(lowest) + bytes != 0) {
    return 0;
  }
  return ::pthread_attr_getstacksize(attributes, &bytes) == 0 ? bytes : 0;
}

void FormatSize(std::size_t bytes, char* text) {
  constexpr std::size_t kKib = 1024, kMib = kKib * kKib;
  const std::size_t unit = bytes % kMib == 0 ? kMib : bytes % kKib == 0 ? kKib : 1;
  const std::size_t digits = ::mqtrack::recorder::FormatDecimal(bytes / unit, text);
  std::strcpy(text + digits, unit == kMib ? "MiB" : unit == kKib ? "KiB" : "B");
}

void ReadOwnName(const ThreadSlot& slot) {
  char name[16] = {};
  if (recorder.sandboxed() || real.prctl(PR_GET_NAME, reinterpret_cast<unsigned long>(name), 0, 0, 0) != 0) return;
  Relabel(slot, MakeLabel(LabelKey::kName, name));
}

/// A thread from before the attach that ended unheard, and whose memory and pthread_t are another's now.
void ForgetPredecessor(pthread_t thread, recorder::StartFrame frame) {
  ThreadSlot* slot = FindSlotFromBefore(thread);
  if (slot == nullptr) return;
  HookScope scope(frame);
  if (scope.EntersRecorder()) Retire(*slot);
}

/// Of the calling thread, if a timeline is asked for.
void Trace(log::TraceType type) {
  if (IsRecorded() && recorder.trace().IsOn()) recorder.trace().Write({.type = type});
}

/// The first thing a recorded thread does. Out of line, to have its own small frame and leave it.
__attribute__((noinline)) void BeginThread(ThreadSlot& slot, recorder::StartFrame frame) {
  if (some_were_there) ForgetPredecessor(::pthread_self(), frame);
  Trace(log::TraceType::kThreadBegins);
  PublishSlot(slot, ::pthread_self());
  ::pthread_setspecific(end_key, &slot);
  const std::uint64_t news = __atomic_exchange_n(&life, reinterpret_cast<std::uint64_t>(&slot), __ATOMIC_ACQ_REL);
  if ((news & kToldDetached) != 0) __atomic_fetch_or(&slot.state, kSlotDetached, __ATOMIC_ACQ_REL);
  if ((news & kToldNamed) == 0) return;
  HookScope scope(frame);
  if (scope.EntersRecorder()) ReadOwnName(slot);
}

/// The last that a recorded thread does: destructors of other keys, and of C++ thread-local variables, have run.
void EndThread(void* value) {
  auto& slot = *static_cast<ThreadSlot*>(value);
  if (++slot.rounds < PTHREAD_DESTRUCTOR_ITERATIONS && ::pthread_setspecific(end_key, value) == 0) return;
  if (!IsRecorded()) return;
  HookScope scope(MQTRACK_HOOK_FRAME);
  if (!scope.EntersRecorder()) return;
  Trace(log::TraceType::kThreadEnds);
  // Labelled before it is said to have ended, since whoever detaches it then forgets it at once.
  if ((__atomic_load_n(&slot.state, __ATOMIC_ACQUIRE) & kSlotDetached) == 0) {
    Relabel(slot, MakeLabel(LabelKey::kState, "exited_unjoined"));
  }
  if ((__atomic_fetch_or(&slot.state, kSlotEnded, __ATOMIC_ACQ_REL) & kSlotDetached) != 0) Retire(slot);
}

}  // namespace

void PrepareThreads() {
  prepared = ::pthread_key_create(&end_key, EndThread) == 0 && ::pthread_attr_init(&default_attributes) == 0;
}

ThreadSlot* NewThread(const pthread_attr_t* attributes, void* (*routine)(void*), void* argument,
                      recorder::StartFrame frame) {
  if (!AreThreadsRecorded()) return nullptr;
  HookScope scope(frame);
  if (!scope.EntersRecorder()) return nullptr;
  ThreadSlot* slot = TakeSlot();
  if (slot == nullptr) {
    recorder.CountLoss(log::Loss::kTableFull);
    return nullptr;
  }
  slot->handle = log::MakeThreadHandle(slot->number, ::mqtrack::recorder::NowUnixNanos() / kNanosPerSecond);
  slot->routine = routine;
  slot->argument = argument;
  int detached = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) ::pthread_attr_getdetachstate(attributes, &detached);
  if (detached == PTHREAD_CREATE_DETACHED) __atomic_fetch_or(&slot->state, kSlotDetached, __ATOMIC_ACQ_REL);
  const std::size_t bytes = StackBytes(attributes);
  char size[32] = {};
  if (bytes != 0) FormatSize(bytes, size);
  const Label labels[] = {MakeLabel(LabelKey::kState, "running"), MakeLabel(LabelKey::kStackSize, size)};
  resources.Record(Kind::kThread, slot->handle, bytes, frame, labels, 2);
  return slot;
}

void AbandonThread(ThreadSlot& slot, recorder::StartFrame frame) {
  HookScope scope(frame);
  if (scope.EntersRecorder()) Retire(slot);
}

void* RunThread(void* argument) {
  auto& slot = *static_cast<ThreadSlot*>(argument);
  void* (*const routine)(void*) = slot.routine;
  void* const own_argument = slot.argument;
  BeginThread(slot, MQTRACK_HOOK_FRAME);
  return routine(own_argument);  // a jump
}

ThreadSlot* JoiningThread(pthread_t thread) {
  if (!AreThreadsRecorded()) return nullptr;
  return Claim(SlotIn(LoadAcquire(LifeOf(thread))));
}

void ThreadJoined(ThreadSlot* slot, pthread_t thread, recorder::StartFrame frame) {
  if (!AreThreadsRecorded()) return;
  HookScope scope(frame);
  if (!scope.EntersRecorder()) return;
  // One that had not begun to run when the join began: by now it has ended.
  if (slot == nullptr) slot = FindEndedSlot(thread);
  if (slot != nullptr) Retire(*slot);
}

ThreadSlot* DetachingThread(pthread_t thread) {
  return AreThreadsRecorded() ? Claim(FindOrTell(thread, kToldDetached)) : nullptr;
}

void ThreadDetached(ThreadSlot* slot, recorder::StartFrame frame) {
  HookScope scope(frame);
  if (!scope.EntersRecorder()) return;
  if ((__atomic_fetch_or(&slot->state, kSlotDetached, __ATOMIC_ACQ_REL) & kSlotEnded) != 0) Retire(*slot);
}

void ThreadNamed(pthread_t thread, const char* name, recorder::StartFrame frame) {
  if (!AreThreadsRecorded()) return;
  HookScope scope(frame);
  if (!scope.EntersRecorder()) return;
  if (ThreadSlot* slot = FindOrTell(thread, kToldNamed)) Relabel(*slot, MakeLabel(LabelKey::kName, name));
}

void OwnThreadNamed(const char* name, recorder::StartFrame frame) {
  if (!AreThreadsRecorded() || recorder.IsInChildOfVfork()) return;
  auto* slot = static_cast<ThreadSlot*>(::pthread_getspecific(end_key));
  if (slot == nullptr) return;
  HookScope scope(frame);
  // The kernel keeps 15 characters.
  const Label label = {LabelKey::kName, name, ::strnlen(name, 15)};
  if (scope.EntersRecorder()) Relabel(*slot, label);
}

// None is told from those of a session before by its slot: all are now known by what the kernel calls them. A thread
// whose slot is new has no value under end_key, so its end is not heard of, unless somebody joins it.
void RecordThreadsBefore(const log::ThreadBefore* threads, std::size_t count) {
  if (!prepared || !recorder.Records(Kind::kThread)) return;
  FreeSlotsOfOthers(threads, count);
  some_were_there = some_were_there || count != 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto thread = static_cast<pthread_t>(threads[i].thread_pointer);
    ThreadSlot* slot = SlotIn(LoadAcquire(LifeOf(thread)));
    if (slot == nullptr && (slot = TakeSlot()) != nullptr) PublishSlot(*slot, thread);
    if (slot == nullptr) return recorder.CountLoss(log::Loss::kTableFull, count - i);
    StoreRelease(LifeOf(thread), reinterpret_cast<std::uint64_t>(slot));
    slot->tid = threads[i].tid;
    const Label labels[] = {MakeLabel(LabelKey::kState, "running"),
                            {LabelKey::kName, threads[i].name, ::strnlen(threads[i].name, sizeof threads[i].name)}};
    resources.RecordInherited(Kind::kThread, HandleOf(*slot), 0, labels, 2);
  }
}

void RecordThreadAfterFork() {
  if (!prepared) return;
  survivor = static_cast<const ThreadSlot*>(::pthread_getspecific(end_key));
  ResetSlotsAfterFork(survivor);
  if (survivor == nullptr || !recorder.Records(Kind::kThread)) return;
  const Label label = MakeLabel(LabelKey::kState, "running");
  resources.RecordInherited(Kind::kThread, HandleOf(*survivor), 0, &label, 1);
}

void ForgetThreadsAfterFork() {
  if (!prepared) return;
  survivor = static_cast<const ThreadSlot*>(::pthread_getspecific(end_key));
  resources.ForgetWhere(Kind::kThread,
                        [](std::uint64_t handle) { return survivor == nullptr || handle != HandleOf(*survivor); });
  ResetSlotsAfterFork(survivor);
}

}  // namespace mqtrack::hooks
