// exec: the process goes on as another program, and what the old one had alive is gone with it. Its log ends here; the
// new program, if it is recorded, starts its own. An exec that fails takes the end back. The run is told who executes
// something (run_tally.h): a program that is static, set-uid, or started without the recorder cannot say so itself.
//
// What posix_spawn executes is told by its caller, who has to look whether it can be recorded: it may have started long
// ago when its pid is known. system and popen start the shell, and do not come through here.
#include "preload/hooks/process/exec_hooks.h"

#include <alloca.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>
#include <cstring>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/process/late_log.h"
#include "preload/hooks/process/without_log.h"
#include "preload/hooks/real_functions.h"
#include "preload/recorder/log/run_tally.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

extern "C" char** environ;

namespace {

using mqtrack::hooks::CannotLoadRecorder;
using mqtrack::hooks::CountThisWithoutLog;
using mqtrack::hooks::EndRecording;
using mqtrack::hooks::IsOfAnotherRun;
using mqtrack::hooks::IsRecorded;
using mqtrack::hooks::real;
using mqtrack::hooks::StartOnce;
using mqtrack::hooks::UncountThisWithoutLog;
using mqtrack::hooks::UpdateGate;
using mqtrack::recorder::Argument;
using mqtrack::recorder::CountExecuted;
using mqtrack::recorder::CountingRun;
using mqtrack::recorder::ErrnoKeeper;
using mqtrack::recorder::KernelCall;
using mqtrack::recorder::recorder;
using mqtrack::recorder::UncountExecuted;

/// What the run is told of an exec; taken back where that fails.
class ToldExec {
 public:
  ToldExec(const char* path, char* const environment[]) {
    if (CountingRun() == 0 || recorder.sandboxed() || path == nullptr || IsOfAnotherRun(environment)) return;
    const ErrnoKeeper keep_errno;
    pid_ = static_cast<std::uint32_t>(::getpid());
    was_counted_ = UncountThisWithoutLog();
    CountExecuted(pid_, path);
  }
  void TakeBack() const {
    if (pid_ == 0) return;
    const ErrnoKeeper keep_errno;
    UncountExecuted(pid_);
    if (was_counted_) CountThisWithoutLog();
  }

 private:
  std::uint32_t pid_ = 0;
  bool was_counted_ = false;
};

/// gperftools' profiler arms a timer, which outlives an exec, and a handler, which does not: a tick that comes before
/// the new program has a handler of its own would kill that program, and the recorder's start makes time for one.
/// Stopped where the new program is to be profiled as well: its profiler arms the timer anew.
class StoppedProfileTimer {
 public:
  explicit StoppedProfileTimer(char* const environment[]) {
    if (recorder.sandboxed() || !IsProfiled(environment) || !HasHandler()) return;
    const itimerval off{};
    has_stopped_ = KernelCall(SYS_setitimer, ITIMER_PROF, Argument(&off), Argument(&before_)) == 0;
  }
  void TakeBack() const {
    if (has_stopped_) KernelCall(SYS_setitimer, ITIMER_PROF, Argument(&before_));
  }

 private:
  static bool IsProfiled(char* const environment[]) {
    constexpr char kVariable[] = "CPUPROFILE=";
    for (char* const* each = environment; each != nullptr && *each != nullptr; ++each) {
      if (std::strncmp(*each, kVariable, sizeof kVariable - 1) == 0) return true;
    }
    return false;
  }

  static bool HasHandler() {
    struct {  // the kernel's own, of which the C library's differs
      std::uintptr_t handler;
      unsigned long flags;
      void* restorer;
      std::uint64_t mask;
    } action{};
    if (KernelCall(SYS_rt_sigaction, SIGPROF, 0, Argument(&action), sizeof action.mask) != 0) return false;
    return action.handler > 1;  // neither the default nor ignored
  }

  itimerval before_{};
  bool has_stopped_ = false;
};

/// `path` and `environment` are what `arguments` have of them.
template <typename Function, typename... Arguments>
long Exec(const char* path, char* const environment[], Function RealFunction, Arguments... arguments) {
  const ToldExec told(path, environment);
  EndRecording(mqtrack::recorder::Recorder::End::kExec);
  const StoppedProfileTimer stopped(environment);
  const long result = RealFunction(arguments...);
  stopped.TakeBack();
  told.TakeBack();
  if (!IsRecorded()) return result;
  recorder.Resume();
  if (!recorder.recording()) UpdateGate();
  return result;
}

/// The name that a program which is executed by its descriptor is given.
const char* FirstOf(char* const arguments[]) {
  return arguments != nullptr && arguments[0] != nullptr ? arguments[0] : "";
}

using SpawnFunction = int (*)(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*,
                              char* const*, char* const*);

int Spawn(SpawnFunction real_function, pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
          const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  pid_t own = 0;
  const int error = real_function(&own, path, actions, attributes, arguments, environment);
  if (error != 0) return error;
  if (pid != nullptr) *pid = own;
  const ErrnoKeeper keep_errno;
  if (CountingRun() != 0 && !recorder.sandboxed() && !IsOfAnotherRun(environment) &&
      CannotLoadRecorder(path, environment))
    CountExecuted(static_cast<std::uint32_t>(own), path);
  return 0;
}

}  // namespace

bool mqtrack::hooks::IsProcessCall(long number) {
  return number == SYS_execve || number == SYS_execveat || number == SYS_exit_group;
}

long mqtrack::hooks::ProcessCall(long number, long a, long b, long c, long d, long e) {
  if (number == SYS_exit_group) {
    EndRecording(mqtrack::recorder::Recorder::End::kExit);
    return real.syscall(number, a, b, c, d, e, 0);
  }
  const bool is_at = number == SYS_execveat;
  const auto arguments = reinterpret_cast<char* const*>(is_at ? c : b);
  const auto environment = reinterpret_cast<char* const*>(is_at ? d : c);
  return Exec(FirstOf(arguments), environment, real.syscall, number, a, b, c, d, e, 0L);
}

#pragma GCC visibility push(default)
extern "C" {

int execve(const char* path, char* const arguments[], char* const environment[]) noexcept {
  StartOnce();
  return static_cast<int>(Exec(path, environment, real.execve, path, arguments, environment));
}
int execv(const char* path, char* const arguments[]) noexcept { return execve(path, arguments, environ); }
int execvpe(const char* file, char* const arguments[], char* const environment[]) noexcept {
  StartOnce();
  return static_cast<int>(Exec(file, environment, real.execvpe, file, arguments, environment));
}
int execvp(const char* file, char* const arguments[]) noexcept { return execvpe(file, arguments, environ); }
int fexecve(int fd, char* const arguments[], char* const environment[]) noexcept {
  StartOnce();
  return static_cast<int>(Exec(FirstOf(arguments), environment, real.fexecve, fd, arguments, environment));
}
int execveat(int folder, const char* path, char* const arguments[], char* const environment[], int flags) noexcept {
  StartOnce();
  return static_cast<int>(
      Exec(FirstOf(arguments), environment, real.execveat, folder, path, arguments, environment, flags));
}

// The arguments become an array on the stack, as in glibc: these must work in a child of vfork and in signal handlers.
// `list` stands after the terminating null pointer afterwards.
#define MQTRACK_COLLECT(first, list, collected)                                 \
  std::size_t count_ = 1;                                                       \
  va_start(list, first);                                                        \
  while (va_arg(list, char*) != nullptr) ++count_;                              \
  va_end(list);                                                                 \
  char** collected = static_cast<char**>(alloca((count_ + 1) * sizeof(char*))); \
  collected[0] = const_cast<char*>(first);                                      \
  va_start(list, first);                                                        \
  for (std::size_t i_ = 1; i_ <= count_; ++i_) collected[i_] = va_arg(list, char*)

int execl(const char* path, const char* first, ...) noexcept {
  va_list list;
  MQTRACK_COLLECT(first, list, arguments);
  va_end(list);
  return execve(path, arguments, environ);
}
int execlp(const char* file, const char* first, ...) noexcept {
  va_list list;
  MQTRACK_COLLECT(first, list, arguments);
  va_end(list);
  return execvpe(file, arguments, environ);
}
int execle(const char* path, const char* first, ...) noexcept {
  va_list list;
  MQTRACK_COLLECT(first, list, arguments);
  char* const* environment = va_arg(list, char* const*);
  va_end(list);
  return execve(path, arguments, environment);
}
#undef MQTRACK_COLLECT

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  StartOnce();
  return Spawn(real.posix_spawn, pid, path, actions, attributes, arguments, environment);
}
int posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  StartOnce();
  return Spawn(real.posix_spawnp, pid, file, actions, attributes, arguments, environment);
}

}  // extern "C"
#pragma GCC visibility pop
