// Where a signal has interrupted a thread.
#pragma once

#include <cstdint>

namespace mqtrack::crash {

struct FaultPlace {
  std::uint64_t address = 0;  // of the next instruction
  std::uint64_t caller = 0;   // the return address, if `address` was just called; else anything. 0: not known
};

/// `context` is the third argument of a signal handler. Reads the top of the interrupted stack, which may fault.
[[nodiscard]] FaultPlace PlaceOfFault(const void* context);

}  // namespace mqtrack::crash
