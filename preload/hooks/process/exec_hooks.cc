// exec: the process goes on as another program, and what the old one had alive is gone with it. Its log ends here; the
// new program, if it is recorded, starts its own. An exec that fails takes the end back.
//
// glibc's own posix_spawn, system and popen do not come through here: they run in a child of vfork.
#include <alloca.h>
#include <unistd.h>

#include <cstdarg>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/process/late_log.h"
#include "preload/hooks/real_functions.h"

extern "C" char** environ;

namespace {

using mqtrack::hooks::EndRecording;
using mqtrack::hooks::IsRecorded;
using mqtrack::hooks::real;
using mqtrack::hooks::StartOnce;
using mqtrack::hooks::UpdateGate;
using mqtrack::recorder::recorder;

template <typename Function, typename... Arguments>
int Exec(Function RealFunction, Arguments... arguments) {
  EndRecording(mqtrack::recorder::Recorder::End::kExec);
  const int result = RealFunction(arguments...);
  if (!IsRecorded()) return result;
  recorder.Resume();
  if (!recorder.recording()) UpdateGate();
  return result;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int execve(const char* path, char* const arguments[], char* const environment[]) noexcept {
  StartOnce();
  return Exec(real.execve, path, arguments, environment);
}
int execv(const char* path, char* const arguments[]) noexcept { return execve(path, arguments, environ); }
int execvpe(const char* file, char* const arguments[], char* const environment[]) noexcept {
  StartOnce();
  return Exec(real.execvpe, file, arguments, environment);
}
int execvp(const char* file, char* const arguments[]) noexcept { return execvpe(file, arguments, environ); }
int fexecve(int fd, char* const arguments[], char* const environment[]) noexcept {
  StartOnce();
  return Exec(real.fexecve, fd, arguments, environment);
}
int execveat(int folder, const char* path, char* const arguments[], char* const environment[], int flags) noexcept {
  StartOnce();
  return Exec(real.execveat, folder, path, arguments, environment, flags);
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

}  // extern "C"
#pragma GCC visibility pop
