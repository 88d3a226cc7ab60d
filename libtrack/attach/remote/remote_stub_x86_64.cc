#include "libtrack/attach/remote/remote_stub_x86_64.h"

extern "C" const std::byte mqtrack_stub_begin[], mqtrack_stub_end[];

__asm__(R"(
  .pushsection .rodata
  .globl mqtrack_stub_begin
  .hidden mqtrack_stub_begin
mqtrack_stub_begin:
  cmpq $0, 0(%rbx)
  je 1f
  movq 8(%rbx), %rdi
  movl $2, %esi                 # RTLD_NOW | RTLD_LOCAL
  call *0(%rbx)                 # dlopen
  testq %rax, %rax
  jz 2f
  movq %rax, %rdi
  movq 32(%rbx), %rsi
  call *24(%rbx)                # dlsym
  testq %rax, %rax
  jz 2f
  movq %rax, 48(%rbx)
1:
  movq 40(%rbx), %rdi
  call *48(%rbx)                # the function
  movq %rax, 56(%rbx)
  jmp 4f
2:
  call *16(%rbx)                # dlerror
  testq %rax, %rax
  jz 4f
  leaq 128(%rbx), %rdi
  movl $511, %ecx
3:
  movb (%rax), %dl
  movb %dl, (%rdi)
  testb %dl, %dl
  jz 4f
  incq %rax
  incq %rdi
  decl %ecx
  jnz 3b
4:
  movq 80(%rbx), %r12
  movq $1, 64(%rbx)             # done: from here on the tracer takes over, if it lives
5:
  pause
  decq %r12
  jnz 5b
  movq 72(%rbx), %rsp
  movl $15, %eax                # rt_sigreturn
  syscall
  .globl mqtrack_stub_end
  .hidden mqtrack_stub_end
mqtrack_stub_end:
  .popsection
)");

namespace mqtrack::attach {

std::span<const std::byte> StubCode() { return {mqtrack_stub_begin, mqtrack_stub_end}; }

}  // namespace mqtrack::attach
