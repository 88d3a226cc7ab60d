#include "libtrack/threads/thread_capture.h"

#include <sys/uio.h>

#include <algorithm>
#include <span>
#include <utility>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/procfs/thread_facts.h"
#include "libtrack/threads/offline_unwinder.h"
#include "libtrack/threads/stack_copy.h"
#include "libtrack/threads/stopped_process.h"
#include "libtrack/threads/wait_reason.h"

namespace mqtrack::threads {
namespace {

using support::Result;
using support::Status;

// Of pthread_mutex_t in glibc: the lock word, a counter, the thread id of the owner.
constexpr std::size_t kOwnerOffset = 8;

/// A thread as it was found while it stood still.
struct Found {
  pid_t tid = 0;
  bool stopped = false, group_stopped = false;
  ThreadCopy copy;
  std::int32_t lock_holder = 0;
};

Found CopyThread(const StoppedThread& thread, std::span<std::byte> scratch) {
  Found found;
  found.tid = thread.tid;
  found.stopped = thread.stopped;
  found.group_stopped = thread.group_stopped;
  if (!thread.stopped) return found;
  found.copy.registers = thread.registers;
  found.copy.stack_start = thread.registers.sp();
  const std::size_t bytes = CopyStack(thread.tid, found.copy.stack_start, scratch);
  found.copy.stack.assign(scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(bytes));
  const auto call = thread.registers.InterruptedCall();
  if (const std::uint64_t futex = call ? FutexWaitedFor(*call) : 0; futex != 0) {
    const iovec local{&found.lock_holder, sizeof found.lock_holder};
    const iovec remote{reinterpret_cast<void*>(futex + kOwnerOffset), sizeof found.lock_holder};
    if (::process_vm_readv(thread.tid, &local, 1, &remote, 1, 0) != sizeof found.lock_holder) found.lock_holder = 0;
  }
  return found;
}

std::string StateText(const Found& found, const procfs::ThreadFacts* facts) {
  if (found.group_stopped) return "stopped";
  if (facts != nullptr && facts->state == 'D') return "disk wait";
  if (!found.stopped) return facts != nullptr && facts->state == 'R' ? "running" : "disk wait";
  return found.copy.registers.InterruptedCall() ? "sleeping" : "running";
}

// What /proc said holds only if the thread was still in the same call when it was stopped: that is, if it had not run.
bool IsSameWait(const procfs::ThreadFacts& facts, const ThreadRegisters& registers) {
  return facts.program_counter == registers.pc() && facts.stack_pointer == registers.sp();
}

CapturedThread Describe(pid_t pid, const Found& found, const procfs::ThreadFacts* facts,
                        procfs::DescriptorNames& descriptors) {
  CapturedThread thread;
  thread.tid = found.tid;
  thread.name = facts != nullptr ? facts->name : procfs::ReadThreadName(pid, found.tid);
  thread.state = StateText(found, facts);
  if (facts != nullptr) thread.age = facts->age;
  const bool same = facts != nullptr && (!found.stopped || IsSameWait(*facts, found.copy.registers));
  if (const auto call = found.copy.registers.InterruptedCall(); found.stopped && call) {
    WaitReason reason = ExplainWait(*call, same ? facts->wait_channel : std::string(), descriptors);
    thread.wait_call = std::move(reason.call);
    thread.waits_for = std::move(reason.text);
    if (same) thread.waited = facts->not_run_for;
    thread.lock_holder = found.lock_holder;
  }
  return thread;
}

}  // namespace

Result<ThreadCapture> CaptureThreads(pid_t pid) {
  ThreadCapture capture;
  capture.pid = pid;
  const auto status = procfs::ReadProcStatus(pid);
  if (status) capture.name = status->comm;
  capture.command = procfs::CommandOf(pid);
  const std::map<pid_t, procfs::ThreadFacts> facts = procfs::ReadThreadFacts(pid);
  auto maps = procfs::ReadMemoryMaps(pid);
  std::vector<Found> all;
  all.reserve(facts.size() + 16);
  std::vector<std::byte> scratch(kMostStackBytes);
  const Status copied = WhileStopped(pid, {}, [&](StoppedProcess& process) {
    for (const StoppedThread& thread : process.threads()) all.push_back(CopyThread(thread, scratch));
    process.Resume();
    capture.stood_still = process.stood_still();
    return Status();
  });
  if (!copied) return copied.error();
  // What was loaded meanwhile counts; what was there before, if the process has ended since.
  if (auto later = procfs::ReadMemoryMaps(pid); later && !later->empty()) maps = std::move(later);
  ModuleMemory memory(pid, maps ? std::move(*maps) : std::vector<procfs::MemoryMapping>());
  OfflineUnwinder unwinder(memory);
  procfs::DescriptorNames descriptors(pid);
  for (const Found& found : all) {
    const auto known = facts.find(found.tid);
    CapturedThread thread = Describe(pid, found, known == facts.end() ? nullptr : &known->second, descriptors);
    if (found.stopped) {
      UnwoundStack stack = unwinder.Unwind(found.copy);
      thread.addresses = std::move(stack.addresses);
      thread.complete = stack.complete;
      thread.truncated = stack.truncated;
    }
    capture.threads.push_back(std::move(thread));
  }
  capture.modules = memory.modules();
  return capture;
}

}  // namespace mqtrack::threads
