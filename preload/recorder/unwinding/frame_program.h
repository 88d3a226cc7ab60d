// The DW_CFA instructions of a function (DWARF 5, section 6.4.2), run up to one address.
#pragma once

#include <cstdint>

#include "preload/recorder/unwinding/frame_entry.h"

namespace mqtrack::recorder {

/// One row of the virtual unwind table, for the registers that the recorder follows.
struct FrameRow {
  enum class Where : std::uint8_t { kSame, kAtCfa, kFromFrame, kUndefined, kElsewhere };
  struct Saved {
    Where where;
    std::int64_t offset = 0;
  };
  struct Cfa {
    enum class Kind : std::uint8_t {
      kUnknown,
      kRegister,  // register + offset
      kMemory,    // what lies at register + offset says it: see FrameRule::Cfa
    };
    Kind kind = Kind::kUnknown;
    std::uint64_t reg = cpu::kStackPointerRegister;
    std::int64_t offset = 0;
  };
  Cfa cfa;
  Saved frame_pointer{Where::kSame}, return_address{cpu::kReturnPlaceVaries ? Where::kSame : Where::kElsewhere};
};

/// The row that covers `pc`. False if the program is malformed or uses what the recorder does not follow.
[[nodiscard]] bool RunFrameProgram(const FrameEntry& entry, std::uint64_t pc, FrameRow& row);

}  // namespace mqtrack::recorder
