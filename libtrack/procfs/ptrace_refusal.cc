#include "libtrack/procfs/ptrace_refusal.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "libtrack/procfs/elf_facts.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

using support::Error;
using support::ErrorCode;
using support::Status;

constexpr std::uint64_t kProcFileLimit = 64 * 1024;
constexpr unsigned kKernelThread = 0x00200000;  // PF_KTHREAD, in field 9 of /proc/PID/stat

std::string TaskFile(pid_t pid, pid_t tid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/" + name;
}

/// The fields behind the name, from the state on.
std::istringstream StatFields(pid_t pid, pid_t tid) {
  const auto content = support::ReadFile(TaskFile(pid, tid, "stat"), kProcFileLimit);
  const std::size_t close = content ? content->rfind(')') : std::string::npos;
  return std::istringstream(close == std::string::npos ? std::string() : content->substr(close + 1));
}

bool IsKernelThread(pid_t pid) {
  std::istringstream fields = StatFields(pid, pid);
  std::string skipped;
  for (int field = 3; field < 9; ++field) fields >> skipped;
  unsigned long flags = 0;
  return (fields >> flags) && (flags & kKernelThread) != 0;
}

/// The number behind `key` in /proc/PID/status, or -1.
long StatusNumber(pid_t pid, pid_t tid, const std::string& key) {
  std::istringstream words = ReadProcLine(TaskFile(pid, tid, "status"), key + ":");
  long number = -1;
  return words >> number ? number : -1;
}

/// Yama's setting, or 0 where there is no Yama.
int PtraceScope() {
  const auto content = support::ReadFile("/proc/sys/kernel/yama/ptrace_scope", kProcFileLimit);
  return content ? std::atoi(content->c_str()) : 0;
}

std::string WhatToDo(pid_t pid, pid_t tid) {
  const int scope = PtraceScope();
  if (scope == 3)
    return "this machine forbids ptrace to everybody until it is restarted (kernel.yama.ptrace_scope is 3)";
  if (::geteuid() == 0) {
    return "root may not trace it either: in a container, allow ptrace (docker run --cap-add SYS_PTRACE)";
  }
  if (const long owner = StatusNumber(pid, tid, "Uid"); owner >= 0 && owner != static_cast<long>(::geteuid())) {
    // Nor may that user trace it then.
    if (HasDroppedPrivileges(pid))
      return "it has dropped privileges (to user id " + std::to_string(owner) + "): run mqtrack as root (sudo)";
    return "it belongs to user id " + std::to_string(owner) + ": run mqtrack as that user or as root (sudo)";
  }
  if (scope != 0) {
    return "kernel.yama.ptrace_scope is " + std::to_string(scope) +
           ": run mqtrack as root (sudo), or allow it with sysctl kernel.yama.ptrace_scope=0";
  }
  return "it has dropped privileges or has capabilities: run mqtrack as root (sudo)";
}

std::string TracerSentence(long tracer) {
  return "is already traced by " + ProcessName(static_cast<pid_t>(tracer)) +
         ", and only one program may; try again when that has ended";
}

}  // namespace

std::string ProcessName(pid_t pid) {
  const auto status = ReadProcStatus(pid);
  if (!status) return "process " + std::to_string(pid);
  return status->comm + " (pid " + std::to_string(pid) + ")";
}

bool HasEnded(pid_t pid, pid_t tid) {
  char state = 'X';
  StatFields(pid, tid) >> state;
  return state == 'X' || state == 'x' || state == 'Z';
}

Status CheckTraceable(pid_t pid) {
  const auto status = ReadProcStatus(pid);
  if (!status) return Error{ErrorCode::kNotFound, "there is no such process", "pid " + std::to_string(pid)};
  if (pid == ::getpid()) return Error{ErrorCode::kBadInput, "mqtrack cannot stop itself", ProcessName(pid)};
  if (!IsAlive(pid, status->start_ticks)) {
    return Error{ErrorCode::kNotFound, "has ended: it is a zombie that its parent has not collected", ProcessName(pid)};
  }
  if (IsKernelThread(pid)) {
    return Error{ErrorCode::kBadInput, "is a thread of the kernel and has no code of its own", ProcessName(pid)};
  }
  if (const long tracer = StatusNumber(pid, pid, "TracerPid"); tracer > 0) {
    return Error{ErrorCode::kCannotMeasure, TracerSentence(tracer), ProcessName(pid)};
  }
  const auto elf = ReadElfFacts(SharedFolder(pid) + "/exe", false);
  if (elf && !IsOurArchitecture(*elf)) {
    return Error{ErrorCode::kBadInput,
                 "is a program for " + DescribeArchitecture(*elf) + ", whose stacks this mqtrack cannot read",
                 ProcessName(pid)};
  }
  return {};
}

Error WhyNotTraced(pid_t pid, pid_t tid, int error) {
  if (const long tracer = StatusNumber(pid, tid, "TracerPid"); tracer > 0) {
    return {ErrorCode::kCannotMeasure, TracerSentence(tracer), ProcessName(pid)};
  }
  if (tid == pid && ReadProcStatus(pid) && HasEnded(pid, tid)) {
    return {ErrorCode::kCannotMeasure, "its main thread has ended, and cannot be traced any more", ProcessName(pid)};
  }
  if (error == EPERM || error == EACCES) {
    return {ErrorCode::kCannotMeasure, "no permission to trace it; " + WhatToDo(pid, tid), ProcessName(pid)};
  }
  return {ErrorCode::kSystem, std::string("cannot be traced: ") + std::strerror(error), ProcessName(pid)};
}

}  // namespace mqtrack::procfs
