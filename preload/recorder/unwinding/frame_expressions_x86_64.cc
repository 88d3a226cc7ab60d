#include "preload/recorder/unwinding/frame_expressions.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint8_t kBasedOnFramePointer = DW_OP_breg0 + cpu::kFramePointerRegister;
constexpr std::uint8_t kBasedOnStackPointer = DW_OP_breg0 + cpu::kStackPointerRegister;
constexpr std::int64_t kWord = 8;

/// rsp + 8 + ((rip & 15) >= n) * 8, of the linker's for procedure linkage tables: in the second half of a stub one more
/// word has been pushed. `rest` is what follows "rsp + 8".
bool IsLinkageStub(const TableCursor& rest, std::uint64_t& pushed_from) {
  constexpr std::size_t kVariable = 4;  // n
  constexpr std::uint8_t kRest[] = {DW_OP_breg0 + cpu::kReturnAddressColumn,
                                    0,
                                    DW_OP_lit15,
                                    DW_OP_and,
                                    DW_OP_lit0,
                                    DW_OP_ge,
                                    DW_OP_lit3,
                                    DW_OP_shl,
                                    DW_OP_plus};
  if (rest.end() - rest.at() != sizeof kRest) return false;
  for (std::size_t i = 0; i < sizeof kRest; ++i) {
    if (i != kVariable && rest.at()[i] != kRest[i]) return false;
  }
  pushed_from = static_cast<std::uint64_t>(rest.at()[kVariable]) - DW_OP_lit0;
  return true;
}

}  // namespace

// "*(rbp + n)", by which GCC and clang find the frame of a function that realigned its stack; "*(rsp + n) + 8", of
// OpenSSL's assembly; and the linker's.
FrameRow::Cfa CfaOfExpression(TableCursor expression, std::uint64_t pc) {
  using Kind = FrameRow::Cfa::Kind;
  const auto base = expression.Read<std::uint8_t>();
  if (base != kBasedOnFramePointer && base != kBasedOnStackPointer) return {};
  const bool is_stack = base == kBasedOnStackPointer;
  const std::int64_t offset = expression.ReadSleb();
  std::uint64_t pushed_from = 0;
  if (is_stack && offset == kWord && IsLinkageStub(expression, pushed_from))
    return {Kind::kRegister, cpu::kStackPointerRegister, (pc & 15) >= pushed_from ? 2 * kWord : kWord};
  if (expression.Read<std::uint8_t>() != DW_OP_deref) return {};
  std::uint64_t addend = 0;
  if (!expression.done() && expression.Read<std::uint8_t>() == DW_OP_plus_uconst) addend = expression.ReadUleb();
  if (!expression.ok() || !expression.done() || addend != (is_stack ? 8U : 0U)) return {};
  return {Kind::kMemory, is_stack ? cpu::kStackPointerRegister : cpu::kFramePointerRegister, offset};
}

bool IsFromFramePointer(TableCursor expression, std::int64_t& offset) {
  if (expression.Read<std::uint8_t>() != kBasedOnFramePointer) return false;
  offset = expression.ReadSleb();
  return expression.ok() && expression.done();
}

}  // namespace mqtrack::recorder
