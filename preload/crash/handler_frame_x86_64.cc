// The kernel's frame (arch/x86/include/asm/sigframe.h), from the top of a handler's stack on:
//
//   return address | ucontext | siginfo | ... | state of the floating point unit, on a multiple of 64 | end of the
//   stack
//
// The ucontext points at that state. The return address leads to a call of rt_sigreturn, which looks for the ucontext
// at the stack pointer: a frame may lie anywhere.
#include <sys/syscall.h>
#include <ucontext.h>

#include "preload/crash/handler_frame.h"
#include "preload/recorder/sync/kernel_call.h"

extern "C" [[gnu::visibility("hidden")]] void mqtrack_crash_call_on_stack(void* stack_end, void (*function)(void*),
                                                                          void* argument);

namespace mqtrack::crash {
namespace {

constexpr std::uintptr_t kReturnAddress = sizeof(void*);
constexpr std::uintptr_t kRedZone = 128;  // below the stack pointer, in use all the same (System V ABI)
constexpr std::uintptr_t kAlignment = 64;

/// With the kernel's sets of signals. All are held back, so that a fault ends the process.
void SetMask(std::uint64_t mask, std::uint64_t* before) {
  (void)recorder::KernelCall(SYS_rt_sigprocmask, SIG_SETMASK, recorder::Argument(&mask), recorder::Argument(before),
                             sizeof mask);
}

}  // namespace

bool IsCalledByKernel(const void* frame, const void* context) {
  return reinterpret_cast<std::uintptr_t>(frame) + 2 * sizeof(void*) == reinterpret_cast<std::uintptr_t>(context);
}

std::uintptr_t InterruptedStack(const void* context) {
  return static_cast<std::uintptr_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RSP]);
}

void JumpOnInterruptedStack(int signal, const siginfo_t* info, const void* context, const void* stack_end,
                            void (*handler)(int, siginfo_t*, void*)) {
  const std::uintptr_t frame = reinterpret_cast<std::uintptr_t>(context) - kReturnAddress;
  const std::uintptr_t words = (reinterpret_cast<std::uintptr_t>(stack_end) - frame) / sizeof(std::uint64_t);
  std::uintptr_t moved = InterruptedStack(context) - kRedZone - words * sizeof(std::uint64_t);
  moved -= (moved - frame) % kAlignment;
  std::uint64_t mask = 0;
  SetMask(~std::uint64_t{0}, &mask);
  const auto* from = reinterpret_cast<const volatile std::uint64_t*>(frame);
  auto* to = reinterpret_cast<volatile std::uint64_t*>(moved);
  // From the top on, as a stack grows.
  for (std::uintptr_t word = words; word-- > 0;) to[word] = from[word];
  auto* there = reinterpret_cast<ucontext_t*>(moved + kReturnAddress);
  const auto state = reinterpret_cast<std::uintptr_t>(there->uc_mcontext.fpregs);
  if (state > frame && state < reinterpret_cast<std::uintptr_t>(stack_end))
    there->uc_mcontext.fpregs = reinterpret_cast<fpregset_t>(state - frame + moved);
  SetMask(mask, nullptr);
  asm volatile(
      "mov %[frame], %%rsp\n\t"
      "jmp *%[handler]"
      :
      : [frame] "c"(moved), [handler] "b"(handler), "D"(signal),
        "S"(reinterpret_cast<std::uintptr_t>(info) - frame + moved), "d"(there), "a"(0)
      : "memory");
  __builtin_unreachable();
}

void CallOnStack(void* stack_end, void (*function)(void*), void* argument) {
  mqtrack_crash_call_on_stack(stack_end, function, argument);
}

}  // namespace mqtrack::crash

asm(R"(
.pushsection .text
.globl mqtrack_crash_call_on_stack
.hidden mqtrack_crash_call_on_stack
.type mqtrack_crash_call_on_stack, @function
mqtrack_crash_call_on_stack:
  .cfi_startproc
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  mov %rsp, %rbp
  .cfi_def_cfa_register %rbp
  mov %rdi, %rsp
  mov %rdx, %rdi
  call *%rsi
  leave
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
.size mqtrack_crash_call_on_stack, . - mqtrack_crash_call_on_stack
.popsection
)");
