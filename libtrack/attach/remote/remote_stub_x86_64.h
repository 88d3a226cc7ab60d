// The instructions that are run in the service, and the block of memory through which they are told what to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mqtrack::attach {

/// At the start of the scratch memory; the instructions know these offsets.
struct StubBlock {
  std::uint64_t dlopen;  // 0: call `function` at once
  std::uint64_t path;
  std::uint64_t dlerror;
  std::uint64_t dlsym;
  std::uint64_t name;
  std::uint64_t request;
  std::uint64_t function;  // out, if it was looked up
  std::uint64_t result;    // out
  std::uint64_t done;      // out: 1 when everything has been called
  std::uint64_t frame;     // of the signal frame, beyond its first word
  std::uint64_t spins;     // how long to wait, once done, for the tracer to take over
  std::uint64_t reserved[5];
  char error[512];  // out: what dlerror said
};
static_assert(offsetof(StubBlock, done) == 64 && offsetof(StubBlock, spins) == 80 && offsetof(StubBlock, error) == 128);

/// Position-independent. Entered with rbx at the StubBlock and the stack pointer 16-aligned; ends in rt_sigreturn.
[[nodiscard]] std::span<const std::byte> StubCode();

}  // namespace mqtrack::attach
