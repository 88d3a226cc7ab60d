// The recorder's unwinder: exact stacks from call-frame information, in tens of nanoseconds a frame or less.
//
// Not libunwind, although its stacks are the reference that tests compare with: used inside a service, libunwind 1.6
// keeps a pipe open, reads from it and writes to it by number (a service that closes descriptors it does not know gets
// a stray byte in its own file), calls dl_iterate_phdr under the loader's lock, and changes the signal mask at every
// miss.
#pragma once

#include <cstdint>

#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::recorder {

struct Unwound {
  std::uint32_t depth = 0;
  bool truncated = false;   // there were more than `max` frames
  bool incomplete = false;  // a frame that could not be proved: unwinding ended there
  bool has_end = false;     // what lies in the return address's place of the outermost frame is `end`, which is none
                            // (else its rule says that it has no caller)
  bool repeatable = false;  // another walk that reads the same return addresses would end the same way
  std::uint64_t end = 0;
};

/// Writes up to `max` return addresses, leaf first. A frame interrupted by a signal is given as its address + 1, so
/// that "address - 1" lies inside the instruction for every frame. Takes no lock, allocates nothing, never faults;
/// async-signal-safe.
[[nodiscard]] Unwound Unwind(StartFrame start, std::uint64_t* addresses, std::uint32_t max);

/// Where on the stack a function's return address stands, and which it is. Address 0: not known.
struct ReturnSlot {
  std::uintptr_t address = 0;
  std::uint64_t value = 0;
};

/// That of the function which has called the hook at `start`. While it is active, the value stands there. As cheap as
/// one frame of Unwind, and as safe.
[[nodiscard]] ReturnSlot CallerReturnSlot(StartFrame start);

}  // namespace mqtrack::recorder
