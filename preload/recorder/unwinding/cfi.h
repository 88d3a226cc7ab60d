// Call-frame information: from a code address to the rule that finds the caller's frame.
//
// Reads .eh_frame as the Linux Standard Base and the processor's ABI describe it (CIE, FDE, the DW_CFA instructions of
// DWARF 5 section 6.4), in the memory of the process itself. The module is found with glibc's _dl_find_object, which
// takes no lock (loaded_objects.h): dl_iterate_phdr, which libunwind and older unwinders call, takes the loader's lock,
// and a service that holds a lock of its own while it allocates can deadlock with a thread that is in dlopen.
#pragma once

#include <cstdint>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/unwinding/code_owners.h"

namespace mqtrack::recorder {

/// How to get from a frame to its caller. Only what compilers emit for call sites; anything else in a table is
/// kUnknown.
struct FrameRule {
  enum class Cfa : std::uint8_t {
    kUnknown = 0,   // cannot be proved: stop
    kStackPointer,  // CFA = stack pointer + cfa_offset
    kFramePointer,  // CFA = frame pointer + cfa_offset
    kFromMemory,    // CFA = *(frame pointer + cfa_offset): a function that realigned its stack
    kFromStack,     // CFA = above the return address at *(stack pointer + cfa_offset): assembly that aligned its stack
    kSignalFrame,   // the kernel's signal frame at the stack pointer
    kOutermost,     // no caller
    kFrameChain,    // no table covers the code: by its frame pointer, where that is proved (frame_chain.h)
  };
  enum class FramePointer : std::uint8_t { kSame = 0, kSaved };
  Cfa cfa = Cfa::kUnknown;
  FramePointer frame_pointer = FramePointer::kSame;
  std::int32_t cfa_offset = 0;
  std::int32_t frame_pointer_offset = 0;  // from the CFA (from the frame pointer, if kFromMemory)
  [[no_unique_address]] cpu::ReturnPlace return_place;
};

/// Binds the lookup of loaded objects. Without it (glibc before 2.35, other C libraries) every rule is kUnknown.
/// Called before the first FindRule.
void InitialiseCfi();

/// The rule at `pc`, an address inside the call instruction (return address - 1) or, for the frame that a signal
/// interrupted, the exact address. Takes no lock, allocates nothing; async-signal-safe.
/// `owner`, unless null, gets the object that the rule is of, if there is one.
[[nodiscard]] FrameRule FindRule(std::uint64_t pc, CodeRange* owner = nullptr);

}  // namespace mqtrack::recorder
