// The DWARF expressions that occur in unwind tables, recognised rather than computed: what compilers, the linker and
// OpenSSL's assembly write for this processor.
#pragma once

#include <cstdint>

#include "preload/recorder/unwinding/frame_program.h"
#include "preload/recorder/unwinding/table_cursor.h"

namespace mqtrack::recorder {

/// The CFA that `expression` gives at `pc`; kUnknown if it is none of those.
[[nodiscard]] FrameRow::Cfa CfaOfExpression(TableCursor expression, std::uint64_t pc);

/// True if `expression` is "frame pointer + offset".
[[nodiscard]] bool IsFromFramePointer(TableCursor expression, std::int64_t& offset);

}  // namespace mqtrack::recorder
