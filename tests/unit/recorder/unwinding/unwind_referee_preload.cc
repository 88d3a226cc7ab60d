// Preloaded into a real program of one thread: every call of malloc, and every tick of a timer, compares our unwinder
// with libunwind. MQTRACK_REFEREE_OUT names the file for what came of it. Not the recorder, and not to be used with it.
#include <dlfcn.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "preload/recorder/unwinding/cfi.h"
#include "tests/unit/recorder/unwinding/unwind_comparison.h"

namespace mqtrack::recorder {
namespace {

Tally tally;
bool comparing = false;  // off until the program is up, and while a comparison is at work
void* (*real_malloc)(std::size_t) = nullptr;

void CompareOnce(bool in_signal) {
  // libunwind is no safer in a second thread than this tally is.
  if (!comparing || ::syscall(SYS_gettid) != ::getpid()) return;
  comparing = false;
  CompareUnwinders(tally, in_signal);
  comparing = true;
}

void OnTimer(int) {
  const int saved = errno;
  CompareOnce(true);
  errno = saved;
}

__attribute__((constructor)) void Start() {
  InitialiseCfi();
  struct sigaction action {};
  action.sa_handler = OnTimer;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGPROF, &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGPROF;
  timer_t timer{};
  ::timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer);
  const itimerspec every{{0, 500'000}, {0, 500'000}};
  ::timer_settime(timer, 0, &every, nullptr);
  comparing = true;
}

__attribute__((destructor)) void End() {
  comparing = false;
  const char* path = std::getenv("MQTRACK_REFEREE_OUT");
  std::FILE* out = path != nullptr ? std::fopen(path, "w") : nullptr;
  if (out == nullptr) return;
  PrintTally(out, tally);
  std::fclose(out);
}

}  // namespace
}  // namespace mqtrack::recorder

extern "C" __attribute__((visibility("default"), noinline)) void* malloc(std::size_t size) {
  using mqtrack::recorder::real_malloc;
  if (real_malloc == nullptr) real_malloc = reinterpret_cast<decltype(real_malloc)>(::dlsym(RTLD_NEXT, "malloc"));
  mqtrack::recorder::CompareOnce(false);
  return real_malloc(size);
}
