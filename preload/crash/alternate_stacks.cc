// A thread's alternate stack is made before the thread, by the thread that starts it, and taken back by a destructor of
// thread-specific data, which runs whether the thread returns, exits or is cancelled. Until then it also holds what the
// thread is to run: the allocator is not called. The start routine is jumped to, so that no frame of ours stands on the
// thread's stack.
#include "preload/crash/alternate_stacks.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "preload/crash/fatal_signals.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::crash {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

using StartRoutine = void* (*)(void*);
struct Start {
  StartRoutine routine;
  void* argument;
};

thread_local constinit void* own_stack __attribute__((tls_model("initial-exec"))) = nullptr;
pthread_key_t key;
bool has_key = false;

// Past the C library, whose functions the recorder takes for the service's.
void* NewStack() {
  void* made = recorder::MapMemory(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  return made == MAP_FAILED ? nullptr : made;
}
void DropStack(void* stack) { recorder::UnmapMemory(stack, kStackBytes); }

int KernelStack(const stack_t* stack, stack_t* before) {
  return static_cast<int>(
      recorder::KernelCall(SYS_sigaltstack, recorder::Argument(stack), recorder::Argument(before)));
}

void OnThreadEnd(void* stack) {
  const int error = errno;
  stack_t now{};
  if (KernelStack(nullptr, &now) == 0 && now.ss_sp == stack) {
    const stack_t none{nullptr, SS_DISABLE, 0};
    (void)KernelStack(&none, nullptr);
  }
  own_stack = nullptr;
  DropStack(stack);
  errno = error;
}

bool Use(void* stack) {
  const stack_t ours{stack, 0, kStackBytes};
  if (KernelStack(&ours, nullptr) != 0) return false;
  own_stack = stack;
  return true;
}

[[gnu::noinline]] Start Begin(void* stack) {
  const Start start = *static_cast<Start*>(stack);
  if (!Use(stack) || ::pthread_setspecific(key, stack) != 0) OnThreadEnd(stack);
  return start;
}

void* RunThread(void* stack) {
  const Start start = Begin(stack);
  return start.routine(start.argument);
}

}  // namespace

void GiveMainThreadStack() {
  has_key = ::pthread_key_create(&key, OnThreadEnd) == 0;
  stack_t now{};
  if (KernelStack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
  void* stack = NewStack();
  if (stack != nullptr && !Use(stack)) DropStack(stack);
}

bool IsOurStack(const stack_t& stack) { return own_stack != nullptr && stack.ss_sp == own_stack; }

}  // namespace mqtrack::crash

#pragma GCC visibility push(default)
extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
                   void* argument) noexcept {
  using namespace mqtrack::crash;
  using Function = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static constinit Function real = nullptr;
  if (real == nullptr) real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "pthread_create"));
  // In a service with alternate stacks of its own, a thread without one has none.
  void* stack = has_key && !DoesServiceHaveStacks() ? NewStack() : nullptr;
  if (stack == nullptr) return real(thread, attributes, routine, argument);
  *static_cast<Start*>(stack) = {routine, argument};
  const int result = real(thread, attributes, RunThread, stack);
  if (result != 0) DropStack(stack);
  return result;
}

}  // extern "C"
#pragma GCC visibility pop
