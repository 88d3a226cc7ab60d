// A thread's alternate stack is made before the thread, by the thread that starts it, and taken back by a destructor of
// thread-specific data, which runs whether the thread returns, exits or is cancelled. Until then it also holds what the
// thread is to run: the allocator is not called. The start routine is jumped to, so that no frame of ours stands on the
// thread's stack. Below each stack lies a page that faults.
#include "preload/crash/alternate_stacks.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "preload/crash/filter_hooks.h"
#include "preload/crash/real_function.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::crash {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

using StartRoutine = void* (*)(void*);
struct Start {
  StartRoutine routine;
  void* argument;
};

constinit RealFunction<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)> real_create("pthread_create");

thread_local constinit void* own_stack __attribute__((tls_model("initial-exec"))) = nullptr;
pthread_key_t key;
bool has_key = false;

// Past the C library, whose functions the recorder takes for the service's.
void DropStack(void* stack) {
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  recorder::UnmapMemory(static_cast<char*>(stack) - page, page + kStackBytes);
}
void* NewStack() {
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* made = recorder::MapMemory(nullptr, page + kStackBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
  if (made == MAP_FAILED) return nullptr;
  void* stack = static_cast<char*>(made) + page;
  if (recorder::KernelCall(SYS_mprotect, recorder::Argument(stack), kStackBytes, PROT_READ | PROT_WRITE) == 0)
    return stack;
  DropStack(stack);
  return nullptr;
}

int KernelStack(const stack_t* stack, stack_t* before) {
  return static_cast<int>(recorder::KernelCall(SYS_sigaltstack, recorder::Argument(stack), recorder::Argument(before)));
}

/// Of a thread that is sandboxed the stack stays until the process ends: the kernel may use it to the last, and must
/// not be asked.
void OnThreadEnd(void* stack) {
  if (IsSandboxed()) return;
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
  if (IsSandboxed())
    DropStack(stack);
  else if (!Use(stack) || ::pthread_setspecific(key, stack) != 0)
    OnThreadEnd(stack);
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

void* EndOfOurStack(std::uintptr_t address) {
  const std::uintptr_t above = address - reinterpret_cast<std::uintptr_t>(own_stack);
  return own_stack == nullptr || above >= kStackBytes ? nullptr : static_cast<char*>(own_stack) + kStackBytes;
}

void UseOurStackAgain() {
  if (own_stack == nullptr) return;
  const int error = errno;
  (void)Use(own_stack);
  errno = error;
}

}  // namespace mqtrack::crash

#pragma GCC visibility push(default)
extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
                   void* argument) noexcept {
  using namespace mqtrack::crash;
  void* stack = has_key && !IsSandboxed() ? NewStack() : nullptr;
  if (stack == nullptr) return real_create(thread, attributes, routine, argument);
  *static_cast<Start*>(stack) = {routine, argument};
  const int result = real_create(thread, attributes, RunThread, stack);
  if (result != 0) DropStack(stack);
  return result;
}

}  // extern "C"
#pragma GCC visibility pop
