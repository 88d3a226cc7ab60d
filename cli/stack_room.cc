// Rejected: raising the limit, which the command would inherit, and which only root may do where it is a hard one; a
// thread, since signals for the command are taken from one thread's mask (libtrack/process/launch.cc).
#include "cli/stack_room.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstddef>

namespace mqtrack::cli {
namespace {

constexpr std::size_t kEnoughBytes = std::size_t{1} << 20;
constexpr std::size_t kOwnBytes = std::size_t{8} << 20;

struct Call {
  int (*run)(int, char**);
  int count;
  char** words;
  int result;
};

// makecontext passes nothing but ints.
Call call;

void RunHere() { call.result = call.run(call.count, call.words); }

}  // namespace

int RunWithStackRoom(int (*run)(int, char**), int count, char** words) {
  rlimit limit{};
  const bool is_enough = ::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= kEnoughBytes;
  if (is_enough) return run(count, words);
  void* stack = ::mmap(nullptr, kOwnBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return run(count, words);
  ::mprotect(stack, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), PROT_NONE);
  call = {run, count, words, 0};
  ucontext_t here{}, there{};
  ::getcontext(&there);
  there.uc_stack.ss_sp = stack;
  there.uc_stack.ss_size = kOwnBytes;
  there.uc_link = &here;
  ::makecontext(&there, RunHere, 0);
  ::swapcontext(&here, &there);
  return call.result;
}

}  // namespace mqtrack::cli
