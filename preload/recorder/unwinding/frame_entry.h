// The entry of .eh_frame that describes a function: which one covers an address, and what its CIE and FDE say.
#pragma once

#include <cstdint>

#include "preload/recorder/cpu/cpu.h"

namespace mqtrack::recorder {

/// The tables of the object that contains an address.
struct UnwindTables {
  const std::uint8_t* header = nullptr;  // .eh_frame_hdr
  const std::uint8_t* low = nullptr;     // lowest and highest mapped address of the object: nothing outside is read
  const std::uint8_t* high = nullptr;
};

/// DW_CFA instructions.
struct FrameCode {
  const std::uint8_t* begin = nullptr;
  const std::uint8_t* end = nullptr;
};

/// A function, as far as a rule needs it.
struct FrameEntry {
  std::uint64_t code_align = 1;
  std::int64_t data_align = 1;
  std::uint64_t return_register = cpu::kReturnAddressColumn;
  std::uint8_t pointer_encoding = 0;  // DW_EH_PE_*
  bool has_augmentation = false, signal_frame = false;
  std::uint64_t start = 0;  // address of the function
  FrameCode common, own;    // of the CIE, and of the FDE
};

/// The entry that covers `pc`. False if there is none, or it is of a kind that compilers do not make.
[[nodiscard]] bool FindFrameEntry(const UnwindTables& tables, std::uint64_t pc, FrameEntry& entry);

}  // namespace mqtrack::recorder
