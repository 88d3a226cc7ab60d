#include "libtrack/attach/filter_check.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "libtrack/attach/call_filter.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/threads/seized_thread.h"

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

namespace mqtrack::attach {
namespace {

using log::AttachCalls;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr auto kLongestStop = std::chrono::seconds(2);
constexpr std::size_t kMostFilters = 64;

enum class Need {
  kAllowed,   // it must work
  kHarmless,  // it may be refused: the recorder then knows a little less
};
/// An argument that may be anything.
constexpr std::nullopt_t kAny = std::nullopt;
struct NeededCall {
  const char* name;
  Need need;
  PossibleCall call;
};

constexpr std::uint64_t kPrivate = MAP_PRIVATE | MAP_ANONYMOUS, kUnbacked = kPrivate | MAP_NORESERVE;

/// Of any call made from outside, and to give memory back.
const NeededCall kForTheCall[] = {
    {"mmap", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ | PROT_WRITE, kUnbacked}}},
    {"mmap of code", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ | PROT_EXEC, kUnbacked}}},
    {"munmap", Need::kAllowed, {SYS_munmap, {}}},
    {"rt_sigreturn", Need::kAllowed, {SYS_rt_sigreturn, {}}},
    {"mprotect", Need::kAllowed, {SYS_mprotect, {kAny, kAny, PROT_READ | PROT_WRITE}}},
    {"mprotect", Need::kAllowed, {SYS_mprotect, {kAny, kAny, PROT_READ}}},
    {"mmap", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ | PROT_WRITE, kPrivate}}},
    {"openat", Need::kAllowed, {SYS_openat, {kAny, kAny, O_RDONLY | O_CLOEXEC}}},
    {"read", Need::kAllowed, {SYS_read, {}}},
    {"close", Need::kAllowed, {SYS_close, {}}},
    {"futex", Need::kAllowed, {SYS_futex, {}}},
};

/// Of the dynamic loader.
const NeededCall kForLoading[] = {
    {"mmap of a file", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ, kAny, kAny}}},
    {"mmap of a file", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ | PROT_WRITE, kAny, kAny}}},
    {"mmap of code", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ | PROT_EXEC, kAny, kAny}}},
    {"mprotect", Need::kAllowed, {SYS_mprotect, {kAny, kAny, PROT_NONE}}},
    {"brk", Need::kAllowed, {SYS_brk, {}}},
    {"pread64", Need::kHarmless, {SYS_pread64, {}}},
};

const NeededCall kForDescriptors[] = {
    {"socketpair", Need::kAllowed, {SYS_socketpair, {}}},
    {"recvmsg", Need::kAllowed, {SYS_recvmsg, {}}},
};

/// Of a recorder that makes few calls (preload/recorder/log/filtered_log.cc), while it starts and later.
const NeededCall kOfFew[] = {
    {"write", Need::kAllowed, {SYS_write, {}}},
    {"openat", Need::kAllowed, {SYS_openat, {}}},
    {"mmap of the log", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ | PROT_WRITE, MAP_SHARED, kAny}}},
    {"rt_sigprocmask", Need::kAllowed, {SYS_rt_sigprocmask, {}}},
};

/// Of one that may make all, as long as the service runs, in its children, and when it reads /proc.
const NeededCall kOfAll[] = {
    {"fstat", Need::kAllowed, {SYS_fstat, {}}},
    {"newfstatat", Need::kAllowed, {SYS_newfstatat, {}}},
    {"ftruncate", Need::kAllowed, {SYS_ftruncate, {}}},
    {"madvise", Need::kAllowed, {SYS_madvise, {}}},
    {"mmap of the log", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_NONE, kAny, kAny}}},
    {"mmap", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS}}},
    {"mmap", Need::kAllowed, {SYS_mmap, {kAny, kAny, PROT_READ | PROT_WRITE, kUnbacked | MAP_FIXED}}},
    {"getpid", Need::kAllowed, {SYS_getpid, {}}},
    {"getuid", Need::kAllowed, {SYS_getuid, {}}},
    {"geteuid", Need::kAllowed, {SYS_geteuid, {}}},
    {"mkdir", Need::kHarmless, {SYS_mkdir, {}}},
    {"unlink", Need::kHarmless, {SYS_unlink, {}}},
    {"unlinkat", Need::kHarmless, {SYS_unlinkat, {}}},
    {"pwrite64", Need::kHarmless, {SYS_pwrite64, {}}},
    {"fallocate", Need::kHarmless, {SYS_fallocate, {}}},
    {"fstatfs", Need::kHarmless, {SYS_fstatfs, {}}},
    {"statfs", Need::kHarmless, {SYS_statfs, {}}},
    {"prlimit64", Need::kHarmless, {SYS_prlimit64, {}}},
    {"sigaltstack", Need::kHarmless, {SYS_sigaltstack, {}}},
    {"prctl", Need::kHarmless, {SYS_prctl, {PR_GET_NAME}}},
    {"readlink", Need::kHarmless, {SYS_readlink, {}}},
    {"getcwd", Need::kHarmless, {SYS_getcwd, {}}},
    {"fcntl", Need::kHarmless, {SYS_fcntl, {kAny, F_GETFD}}},
    {"getdents64", Need::kHarmless, {SYS_getdents64, {}}},
    {"getsockopt", Need::kHarmless, {SYS_getsockopt, {}}},
    {"getpeername", Need::kHarmless, {SYS_getpeername, {}}},
    {"getsockname", Need::kHarmless, {SYS_getsockname, {}}},
    {"sched_yield", Need::kHarmless, {SYS_sched_yield, {}}},
    {"timer_gettime", Need::kHarmless, {SYS_timer_gettime, {}}},
    {"timerfd_gettime", Need::kHarmless, {SYS_timerfd_gettime, {}}},
    {"getitimer", Need::kHarmless, {SYS_getitimer, {}}},
};

/// The C library's stat is made of one of these, which one depends on its version; a service whose filter leaves only
/// one of them knows which.
const NeededCall kStat[] = {
    {"newfstatat", Need::kAllowed, {SYS_newfstatat, {}}},
    {"fstat", Need::kAllowed, {SYS_fstat, {}}},
};

bool IsMet(const CallFilters& filters, const NeededCall& needed) {
  const CallAnswer worst = needed.need == Need::kAllowed ? CallAnswer::kAllowed : CallAnswer::kRefused;
  return std::all_of(filters.begin(), filters.end(),
                     [&](const auto& filter) { return WorstAnswer(filter, needed.call) <= worst; });
}

/// The first that is not met; null if all are.
template <std::size_t N>
const NeededCall* FirstUnmet(const CallFilters& filters, const NeededCall (&calls)[N]) {
  const auto* unmet = std::find_if_not(std::begin(calls), std::end(calls),
                                       [&](const NeededCall& call) { return IsMet(filters, call); });
  return unmet == std::end(calls) ? nullptr : unmet;
}

Error Forbidden(const NeededCall& call) {
  return {ErrorCode::kCannotMeasure,
          std::string("runs under a system call filter (seccomp) that does not allow ") + call.name +
              ", which the recorder needs: start it with `mqtrack run`, or add the call to the filter (systemd: "
              "SystemCallFilter=, docker: --security-opt seccomp=)",
          {}};
}

/// 0: none, 1: strict, 2: filters.
int ModeOf(pid_t pid, pid_t tid) {
  const std::string task = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid);
  int mode = 0;
  procfs::ReadProcLine(task + "/status", "Seccomp:") >> mode;
  return mode;
}

Error Unreadable(pid_t pid, int error) {
  const std::string where = "runs under a system call filter (seccomp) that ";
  const std::string advice = ", and without that nobody knows whether the recorder is safe there: ";
  if (error == EACCES || error == EPERM) {
    return {ErrorCode::kCannotMeasure,
            where + "only a process with the capability SYS_ADMIN and no filter of its own may read" + advice +
                "run mqtrack as root outside of the container, or start the service with `mqtrack run`",
            procfs::ProcessName(pid)};
  }
  return {ErrorCode::kCannotMeasure,
          where + "this kernel does not show (" + std::strerror(error) + ")" + advice +
              "start the service with `mqtrack run`",
          procfs::ProcessName(pid)};
}

/// Adds those of one thread; false, with errno, if they cannot be read. A thread that has ended has none.
bool ReadFiltersOf(pid_t pid, pid_t tid, CallFilters& filters) {
  const auto thread = threads::SeizedThread::Seize(pid, tid);
  if (thread == nullptr) return errno == ESRCH;
  thread->Interrupt();
  if (!thread->WaitStopped(threads::Clock::now() + kLongestStop)) {
    errno = EBUSY;
    return thread->gone();
  }
  for (std::size_t i = 0; i < kMostFilters; ++i) {
    const long count = ::ptrace(static_cast<__ptrace_request>(PTRACE_SECCOMP_GET_FILTER), tid, i, nullptr);
    if (count < 0) return errno == ENOENT;
    std::vector<sock_filter> filter(static_cast<std::size_t>(count));
    if (::ptrace(static_cast<__ptrace_request>(PTRACE_SECCOMP_GET_FILTER), tid, i, filter.data()) != count)
      return false;
    const auto same = [&](const std::vector<sock_filter>& known) {
      return known.size() == filter.size() &&
             std::memcmp(known.data(), filter.data(), filter.size() * sizeof(sock_filter)) == 0;
    };
    if (std::none_of(filters.begin(), filters.end(), same)) filters.push_back(std::move(filter));
  }
  errno = E2BIG;
  return false;
}

}  // namespace

Result<CallFilters> ReadCallFilters(pid_t pid) {
  CallFilters filters;
  for (const pid_t tid : threads::ThreadsOf(pid)) {
    const int mode = ModeOf(pid, tid);
    if (mode == 0) continue;
    if (mode != SECCOMP_MODE_FILTER) {
      return Error{ErrorCode::kCannotMeasure,
                   "runs in seccomp's strict mode, which allows nothing but read and write, so it cannot be recorded",
                   procfs::ProcessName(pid)};
    }
    if (!ReadFiltersOf(pid, tid, filters)) return Unreadable(pid, errno);
  }
  return filters;
}

Result<AttachCalls> ChooseCalls(const CallFilters& filters, const CallPurpose& purpose) {
  if (filters.empty()) return AttachCalls::kAll;
  const NeededCall* unmet = FirstUnmet(filters, kForTheCall);
  if (unmet == nullptr && purpose.loads_library) unmet = FirstUnmet(filters, kForLoading);
  if (unmet == nullptr && purpose.passes_descriptors) unmet = FirstUnmet(filters, kForDescriptors);
  if (unmet == nullptr && purpose.starts_recording) unmet = FirstUnmet(filters, kOfFew);
  if (unmet == nullptr &&
      std::none_of(std::begin(kStat), std::end(kStat), [&](const NeededCall& call) { return IsMet(filters, call); }))
    unmet = kStat;
  if (unmet != nullptr) return Forbidden(*unmet);
  return FirstUnmet(filters, kOfAll) == nullptr ? AttachCalls::kAll : AttachCalls::kFew;
}

}  // namespace mqtrack::attach
