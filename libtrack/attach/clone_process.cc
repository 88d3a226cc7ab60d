#include "libtrack/attach/clone_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <sstream>

#include "libtrack/attach/remote/clone_chain.h"
#include "libtrack/attach/restartable_sequence.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/threads/seized_thread.h"

namespace mqtrack::attach {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using threads::SeizedThread;

// For a child that has to be made ready, and for page tables of hundreds of gigabytes.
constexpr auto kLongestClone = std::chrono::seconds(20);
// The helper has nothing left to do but to end.
constexpr auto kLongestEnd = std::chrono::seconds(2);

Error Because(const std::string& why) { return {ErrorCode::kCannotMeasure, why, {}}; }

std::string TaskPath(pid_t pid, pid_t tid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/" + name;
}

bool HasFilter(pid_t pid) {
  for (const pid_t tid : threads::ThreadsOf(pid)) {
    int mode = 0;
    procfs::ReadProcLine(TaskPath(pid, tid, "status"), "Seccomp:") >> mode;
    if (mode != 0) return true;
  }
  return false;
}

/// Whether it is the first process of its namespace, whom all orphans in there are handed over to.
bool IsInit(pid_t pid) {
  std::istringstream line = procfs::ReadProcLine(TaskPath(pid, pid, "status"), "NSpid:");
  long innermost = 0;
  for (long id = 0; line >> id;) innermost = id;
  return innermost == 1;
}

/// Whether the children of a thread live in a namespace that is not its own (unshare). The first of them, which need
/// not be there yet, is the one that all others in there end with.
bool HasChildrenElsewhere(pid_t pid, pid_t tid) {
  std::error_code error;
  const auto own = std::filesystem::read_symlink(TaskPath(pid, tid, "ns/pid"), error);
  if (error) return false;
  return std::filesystem::read_symlink(TaskPath(pid, tid, "ns/pid_for_children"), error) != own;
}

bool Failed(std::uint64_t answer) { return static_cast<std::int64_t>(answer) < 0; }

/// Drives the helper until it has made the copy and is gone; the copy stands still and ends with us.
Result<pid_t> Copy(pid_t service, pid_t helper_id) {
  const threads::Clock::time_point deadline = threads::Clock::now() + kLongestClone;
  const std::unique_ptr<SeizedThread> helper = SeizedThread::Adopt(service, helper_id, false);
  if (!helper->WaitStopped(deadline)) return Because("the task that was to copy it did not start");
  const std::optional<pid_t> copy_id = helper->RunToNewTask(deadline);
  if (!copy_id) {
    (void)helper->RunToEnd(deadline);
    return Because("the kernel refused to copy it (its limit of processes, or memory)");
  }
  const std::unique_ptr<SeizedThread> copy = SeizedThread::Adopt(service, *copy_id, false);
  const bool ready = copy->WaitStopped(deadline) && copy->DieWithTracer();
  if (!helper->RunToEnd(threads::Clock::now() + kLongestEnd) || !ready) {
    ProcessCopy(*copy_id).End();
    return Because("its copy did not stop");
  }
  return *copy_id;
}

}  // namespace

void ProcessCopy::End() {
  if (pid_ <= 0) return;
  // Not reaped yet, so the number is still its own. A copy of another user's process may be traced by who may not send
  // it a signal (CAP_SYS_PTRACE without CAP_KILL), and would be waited for for ever.
  if (::kill(pid_, SIGKILL) != 0) (void)::ptrace(PTRACE_KILL, pid_, nullptr, nullptr);
  while (::waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

Result<CloneTarget> CloneTarget::Examine(pid_t pid) {
  Result<AttachTarget> target = ExamineTarget(pid);
  if (!target) return Because(target.error().text);
  if (HasFilter(pid)) return Because("it runs under a system call filter (seccomp)");
  if (IsInit(pid)) return Because("it is the first process of its container, and would be told of its copy's end");
  const std::optional<Gadgets> gadgets = FindGadgets(RemoteMemory(pid), *target->libc);
  if (!gadgets) return Because("its C library is not built as expected, so no call can be made in it");
  return CloneTarget(std::move(*target), *gadgets);
}

Result<ProcessCopy> CloneTarget::MakeCopy(SeizedThread& thread, RemoteCaller& caller,
                                          const RemoteMemory& memory) const {
  const CloneChain chain = MakeCloneChain(caller.registers_before(), caller.frame(), gadgets_);
  int is_reaper = 0;
  const Result<std::uint64_t> asked = caller.SystemCall(SYS_prctl, {PR_GET_CHILD_SUBREAPER, chain.address, 0, 0, 0, 0});
  if (!asked) return asked.error();
  if (Failed(*asked) || !memory.Read(chain.address, &is_reaper, sizeof is_reaper) || is_reaper != 0)
    return Because("it takes in orphaned processes, and would be told of its copy's end");
  if (!memory.Write(chain.address, chain.frames.data(), chain.frames.size()))
    return Because("the stack of a thread could not be written to");
  thread.TraceNewTasks();
  if (const Status entered = caller.EnterSystemCall(chain.number, chain.arguments, chain.stack_pointer); !entered)
    return entered.error();
  Result<pid_t> copy = Because("the kernel refused to copy it (its limit of processes, or memory)");
  const std::optional<pid_t> helper = thread.RunToNewTask(threads::Clock::now() + kLongestClone, true);
  if (!helper) return copy.error();
  copy = Copy(target_.pid, *helper);
  const Result<std::uint64_t> answer = caller.LeaveSystemCall();
  if (answer && !Failed(*answer)) {
    const Result<std::uint64_t> reaped = caller.SystemCall(SYS_wait4, {*answer, 0, __WALL, 0, 0, 0});
    if (!reaped && copy) ProcessCopy(*copy).End();
    if (!reaped) return reaped.error();
  }
  if (!copy) return copy.error();
  return ProcessCopy(*copy);
}

Result<ProcessCopy> CloneTarget::CloneOn(const threads::StoppedThread& stopped) const {
  const std::unique_ptr<SeizedThread> thread = SeizedThread::Adopt(target_.pid, stopped.tid, true);
  if (HasChildrenElsewhere(target_.pid, stopped.tid))
    return Because("its children are made in another namespace of processes (unshare), which could end with its copy");
  const RemoteMemory memory(target_.pid);
  if (IsInRestartableSequence(*thread, stopped.registers.raw, memory))
    return Because("its threads were inside restartable sequences");
  RemoteCaller caller(*thread, memory, gadgets_, target_.mappings);
  if (const Status prepared = caller.PrepareOnStack(CloneChainBytes()); !prepared) return prepared.error();
  return MakeCopy(*thread, caller, memory);
}

Result<ProcessCopy> CloneTarget::Clone(threads::StoppedProcess& process) const {
  Error why = Because("none of its threads stands where it can be made to call");
  for (const threads::StoppedThread& thread : process.threads()) {
    if (!thread.stopped || thread.group_stopped || thread.signal != 0) continue;
    Result<ProcessCopy> copy = CloneOn(thread);
    if (copy) return copy;
    why = copy.error();
  }
  return why;
}

}  // namespace mqtrack::attach
