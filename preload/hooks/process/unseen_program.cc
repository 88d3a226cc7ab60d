#include "preload/hooks/process/unseen_program.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

#ifndef __WCLONE
#define __WCLONE 0x80000000
#endif

namespace mqtrack::hooks {
namespace {

using recorder::Argument;
using recorder::KernelCall;

constexpr std::size_t kStackBytes = 32768;  // of each of the two processes
constexpr std::size_t kKernelSignalSetBytes = 8;
constexpr std::uint64_t kAllSignals = ~std::uint64_t{0};

/// As the kernel has it, which differs from the C library's.
struct KernelSigaction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  std::uint64_t mask;
};

/// In the memory that all three processes share. The two that are made use system calls only, and errno of the thread
/// that waits for them.
struct Run {
  const UnseenProgram* program;
  char* program_stack;  // its upper end
  int not_started = 0;  // errno of the last execve
  int result = -EIO;
};

/// The last of what was written to `fd`.
void ReadEnd(int fd, char* text, std::size_t bytes) {
  const long end = KernelCall(SYS_lseek, fd, 0, SEEK_END);
  const long room = static_cast<long>(bytes) - 1;
  long got = end <= 0 ? 0 : KernelCall(SYS_pread64, fd, Argument(text), room, end > room ? end - room : 0);
  if (got < 0) got = 0;
  text[got] = 0;
}

/// The program, until execve. It shares the descriptors of the process that waits for it no more.
int Become(void* data) {
  Run& run = *static_cast<Run*>(data);
  const std::uint64_t none = 0;
  KernelCall(SYS_rt_sigprocmask, SIG_SETMASK, Argument(&none), 0, kKernelSignalSetBytes);
  int error = ENOENT;
  for (const char* path : run.program->candidates) {
    if (path == nullptr) break;
    KernelCall(SYS_execve, Argument(path), Argument(run.program->arguments), Argument(run.program->environment));
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
  }
  run.not_started = error;
  return 127;
}

/// 0 once the program has ended, with its status; else -ETIMEDOUT.
int WaitFor(long pid, int seconds, int& status) {
  const std::uint64_t child = std::uint64_t{1} << (SIGCHLD - 1);
  timespec now{};
  KernelCall(SYS_clock_gettime, CLOCK_MONOTONIC, Argument(&now));
  const auto deadline = now.tv_sec + seconds;
  for (;;) {
    const long ended = KernelCall(SYS_wait4, pid, Argument(&status), WNOHANG);
    if (ended == pid) return 0;
    KernelCall(SYS_clock_gettime, CLOCK_MONOTONIC, Argument(&now));
    if (now.tv_sec >= deadline) break;
    const timespec patience{deadline - now.tv_sec, 0};
    KernelCall(SYS_rt_sigtimedwait, Argument(&child), 0, Argument(&patience), kKernelSignalSetBytes);
  }
  KernelCall(SYS_kill, pid, SIGKILL);
  KernelCall(SYS_wait4, pid, Argument(&status), 0);
  return -ETIMEDOUT;
}

/// The process that waits for the program. All its signals are blocked, or a handler of the service would run in it.
int Supervise(void* data) {
  Run& run = *static_cast<Run*>(data);
  const KernelSigaction standard = {SIG_DFL, 0, nullptr, 0};
  KernelCall(SYS_rt_sigaction, SIGCHLD, Argument(&standard), 0, kKernelSignalSetBytes);
  KernelCall(SYS_close_range, 0, ~0U, 0);
  const long null = KernelCall(SYS_openat, AT_FDCWD, Argument("/dev/null"), O_RDWR);
  if (null == 0) KernelCall(SYS_dup3, null, 1, 0);
  const long said = KernelCall(SYS_memfd_create, Argument("mqtrack"), 0);
  if (null != 0 || said != 2) {
    run.result = -EMFILE;
    return 0;
  }
  const int pid = ::clone(Become, run.program_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &run);
  if (pid < 0) {
    run.result = -errno;
    return 0;
  }
  int status = 0;
  run.result = WaitFor(pid, run.program->timeout_seconds, status);
  if (run.not_started != 0) {
    run.result = -run.not_started;
  } else if (run.result == 0 && status != 0) {
    run.result = -EIO;
  }
  ReadEnd(static_cast<int>(said), run.program->said, run.program->said_bytes);
  return 0;
}

}  // namespace

int RunUnseen(const UnseenProgram& program) {
  const recorder::ErrnoKeeper keep_errno;
  program.said[0] = 0;
  void* stacks = recorder::MapMemory(nullptr, 2 * kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  if (stacks == MAP_FAILED) return -ENOMEM;
  Run run = {&program, static_cast<char*>(stacks) + kStackBytes};
  std::uint64_t mask = 0;
  KernelCall(SYS_rt_sigprocmask, SIG_SETMASK, Argument(&kAllSignals), Argument(&mask), kKernelSignalSetBytes);
  // Its exit signal is 0.
  const int pid = ::clone(Supervise, static_cast<char*>(stacks) + 2 * kStackBytes, CLONE_VM | CLONE_VFORK, &run);
  if (pid < 0) run.result = -errno;
  while (pid > 0 && KernelCall(SYS_wait4, pid, 0, __WCLONE) < 0 && errno == EINTR) {
  }
  KernelCall(SYS_rt_sigprocmask, SIG_SETMASK, Argument(&mask), 0, kKernelSignalSetBytes);
  recorder::UnmapMemory(stacks, 2 * kStackBytes);
  return run.result;
}

}  // namespace mqtrack::hooks
