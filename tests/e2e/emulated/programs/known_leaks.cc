// Leaves known blocks behind, each by a way of its own through the stack: every size stands for one function, which is
// called as often as the table in leaks.py says. Then says "ready", and ends when its input does.
#include <alloca.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#define NOT_INLINED extern "C" __attribute__((noinline))

namespace {

void* volatile kept;

void Keep(void* block) { kept = block; }

}  // namespace

NOT_INLINED void leak_plain() { Keep(malloc(101)); }

/// More than a push or a pair's offset reaches, above what the frame keeps of its caller.
NOT_INLINED void leak_below_buffer(int seed) {
  char buffer[40000];
  memset(buffer, seed, sizeof buffer);
  Keep(buffer);
  leak_plain();
  Keep(buffer);
}

NOT_INLINED void leak_new() { Keep(new char[211]); }

/// The size of its frame is known at run time only: it is found by the frame pointer.
NOT_INLINED void leak_behind_alloca(std::size_t bytes) {
  void* room = alloca(bytes);
  memset(room, 1, bytes);
  Keep(room);
  Keep(calloc(1, 701));
  Keep(room);
}

NOT_INLINED void leak_in_thread() { Keep(malloc(307)); }

NOT_INLINED int leak_deep(int depth) {
  if (depth == 0) {
    Keep(malloc(907));
    return 1;
  }
  return leak_deep(depth - 1) + depth;
}

NOT_INLINED void throw_it(int what) {
  Keep(&what);
  if (what != 0) throw std::runtime_error("thrown on purpose");
}

NOT_INLINED void leak_after_catch() {
  try {
    throw_it(1);
  } catch (const std::runtime_error&) {
    Keep(malloc(503));
  }
}

NOT_INLINED void leak_in_handler() { Keep(malloc(601)); }

/// Goes on behind the instruction that has raised the signal.
NOT_INLINED void on_trap(int, siginfo_t*, void* context) {
  leak_in_handler();
#if defined(__aarch64__)
  static_cast<ucontext_t*>(context)->uc_mcontext.pc += 4;
#else
  (void)context;
#endif
}

/// Calls nothing, and so need not save where it returns to.
NOT_INLINED long trap_in_leaf(long value) {
#if defined(__aarch64__)
  asm volatile("brk #0");
#else
  asm volatile("int3");
#endif
  return value * 3 + 1;
}

NOT_INLINED long interrupted_caller(long value) { return trap_in_leaf(value) + 1; }

NOT_INLINED int leak_in_child() {
  const pid_t child = fork();
  if (child == 0) {
    Keep(malloc(401));
    _exit(7);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

NOT_INLINED void grow_by_realloc() {
  void* block = malloc(10);
  for (std::size_t bytes = 100; bytes <= 800; bytes += 100) block = realloc(block, bytes + 9);
  Keep(block);
}

int main() {
  struct sigaction action = {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, nullptr);
  for (int i = 0; i < 3; ++i) leak_below_buffer(i);
  for (int i = 0; i < 2; ++i) leak_new();
  for (int i = 0; i < 5; ++i) leak_behind_alloca(static_cast<std::size_t>(100 + i * 1000));
  for (int i = 0; i < 6; ++i) Keep(reinterpret_cast<void*>(static_cast<long>(leak_deep(i * 4))));
  for (int i = 0; i < 4; ++i) std::thread(leak_in_thread).join();
  for (int i = 0; i < 3; ++i) leak_after_catch();
  for (int i = 0; i < 2; ++i) Keep(reinterpret_cast<void*>(interrupted_caller(i)));
  if (leak_in_child() != 7) return 1;
  for (int i = 0; i < 2; ++i) grow_by_realloc();
  puts("ready");
  fflush(stdout);
  char end;
  while (read(STDIN_FILENO, &end, 1) > 0) {
  }
  return 0;
}
