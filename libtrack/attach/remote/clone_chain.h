// What a stopped thread is made to do so that its process is copied and nothing of the copying stays: system calls one
// after the other, each entered through a signal frame that lies on the stack beforehand. The thread needs nobody to go
// through them: whenever the tracer dies, it makes the calls that are left and finds itself where it was.
//
//   thread:  clone(CLONE_VM | CLONE_VFORK) ─► wait4(helper) ─► the signal frame that leads it back
//   helper:  clone() ─► exit                      the service's child for as long as the thread waits for it
//   copy:    exit_group                           made by the helper, so that it is init's when the helper is gone
//
// The helper is why: a copy that the service itself had made would stay in it as a zombie when it ends, or would have
// to send it a signal. The copy's first instruction is the one that ends it, so that it does no harm if nobody traces
// it. Exit signals are 0: waitpid(-1) of the service sees none of them. The copy shares the table of descriptors, so
// that it keeps nothing open. In clone_chain_x86_64.cc and its like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libtrack/attach/remote/remote_call.h"
#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::attach {

struct CloneChain {
  std::uint64_t address = 0;  // where `frames` must lie
  std::vector<std::byte> frames;
  std::uint64_t stack_pointer = 0;  // of the thread when it makes the first call:
  long number = 0;
  std::uint64_t arguments[6] = {};
};

/// Bytes below the thread's own signal frame that the chain takes.
[[nodiscard]] std::size_t CloneChainBytes();

/// The chain of a thread with these registers, whose signal frame lies at `frame`.
[[nodiscard]] CloneChain MakeCloneChain(const threads::CpuRegisters& registers, std::uint64_t frame,
                                        const Gadgets& gadgets);

}  // namespace mqtrack::attach
