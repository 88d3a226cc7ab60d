// What code does next, where that is to return: then it is certain where its return address lies, whether it keeps a
// frame pointer or not. CPython's trampolines for perf are such code. One implementation per architecture.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// How a frame ends.
struct Epilogue {
  bool leaves = false;         // the stack pointer is first taken from the frame pointer
  std::uint32_t dropped = 0;   // bytes that are then dropped from the stack
  bool pops = false;           // the frame pointer is then popped; the return address lies behind it
  std::uint32_t released = 0;  // bytes that go with what is popped, and with the return address
};

/// True if the code at `pc` does nothing but end its frame. The memory there need not be code, nor readable. One system
/// call, or a second one near the end of a page; never faults; async-signal-safe; errno is kept.
[[nodiscard]] bool FindEpilogue(std::uint64_t pc, Epilogue& epilogue);

}  // namespace mqtrack::recorder
