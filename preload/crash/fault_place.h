// Where a signal has interrupted a thread.
#pragma once

#include <cstdint>

namespace mqtrack::crash {

/// Of the next instruction. `context` is the third argument of a signal handler.
[[nodiscard]] std::uint64_t AddressOfFault(const void* context);

/// The return address, if what is at that address was just called; else anything. Reads the top of the interrupted
/// stack, which may fault.
[[nodiscard]] std::uint64_t CallerOfFault(const void* context);

}  // namespace mqtrack::crash
