#include "preload/recorder/unwinding/frame_program.h"

#include "preload/recorder/unwinding/frame_expressions.h"
#include "preload/recorder/unwinding/table_cursor.h"

namespace mqtrack::recorder {
namespace {

// The upper two bits of some instructions are the instruction, the lower six its operand.
constexpr std::uint8_t kInstructionBits = 0xc0, kOperandBits = 0x3f;

using Where = FrameRow::Where;

/// Runs DW_CFA instructions up to the row that covers `pc`.
class FrameProgram {
 public:
  FrameProgram(const FrameEntry& entry, std::uint64_t pc) : entry_(entry), location_(entry.start), pc_(pc) {}

  [[nodiscard]] bool Run(const FrameCode& code) {
    TableCursor in(code.begin, code.end);
    while (!in.done() && !passed_) {
      if (!Step(in)) return false;
    }
    return in.ok();
  }
  /// The row at hand is what DW_CFA_restore goes back to.
  void KeepInitial() { initial_ = row_; }
  [[nodiscard]] const FrameRow& row() const { return row_; }

 private:
  static constexpr int kMaxSaved = 8;

  [[nodiscard]] bool Step(TableCursor& in) {
    const auto instruction = in.Read<std::uint8_t>();
    const std::uint64_t operand = instruction & kOperandBits;
    switch (instruction & kInstructionBits) {
      case DW_CFA_advance_loc:
        AdvanceBy(operand);
        return true;
      case DW_CFA_offset:
        SetSaved(operand, Where::kAtCfa, Unsigned(in) * entry_.data_align);
        return true;
      case DW_CFA_restore:
        Restore(operand);
        return true;
      default:
        return StepLocation(instruction, in) || StepCfa(instruction, in) || StepRegister(instruction, in) ||
               StepState(instruction, in);
    }
  }

  // Each of the next four is false for instructions of another group, of which it reads nothing.

  [[nodiscard]] bool StepLocation(std::uint8_t instruction, TableCursor& in) {
    switch (instruction) {
      case DW_CFA_set_loc:
        AdvanceTo(in.ReadEncoded(entry_.pointer_encoding, 0));
        return true;
      case DW_CFA_advance_loc1:
        AdvanceBy(in.Read<std::uint8_t>());
        return true;
      case DW_CFA_advance_loc2:
        AdvanceBy(in.Read<std::uint16_t>());
        return true;
      case DW_CFA_advance_loc4:
        AdvanceBy(in.Read<std::uint32_t>());
        return true;
      default:
        return false;
    }
  }

  [[nodiscard]] bool StepCfa(std::uint8_t instruction, TableCursor& in) {
    switch (instruction) {
      case DW_CFA_def_cfa: {
        const std::uint64_t reg = in.ReadUleb();
        row_.cfa = {FrameRow::Cfa::Kind::kRegister, reg, Unsigned(in)};
        return true;
      }
      case DW_CFA_def_cfa_sf: {
        const std::uint64_t reg = in.ReadUleb();
        row_.cfa = {FrameRow::Cfa::Kind::kRegister, reg, in.ReadSleb() * entry_.data_align};
        return true;
      }
      case DW_CFA_def_cfa_register:
        row_.cfa.reg = in.ReadUleb();
        return true;
      case DW_CFA_def_cfa_offset:
        row_.cfa.offset = Unsigned(in);
        return true;
      case DW_CFA_def_cfa_offset_sf:
        row_.cfa.offset = in.ReadSleb() * entry_.data_align;
        return true;
      case DW_CFA_def_cfa_expression:
        row_.cfa = CfaOfExpression(in.ReadBlock(), pc_);
        return true;
      default:
        return false;
    }
  }

  [[nodiscard]] bool StepRegister(std::uint8_t instruction, TableCursor& in) {
    switch (instruction) {
      case DW_CFA_offset_extended:
      case DW_CFA_offset_extended_sf: {
        const std::uint64_t reg = in.ReadUleb();
        const std::int64_t offset = instruction == DW_CFA_offset_extended ? Unsigned(in) : in.ReadSleb();
        SetSaved(reg, Where::kAtCfa, offset * entry_.data_align);
        return true;
      }
      case DW_CFA_restore_extended:
        Restore(in.ReadUleb());
        return true;
      case DW_CFA_undefined:
        SetSaved(in.ReadUleb(), Where::kUndefined, 0);
        return true;
      case DW_CFA_same_value:
        SetSaved(in.ReadUleb(), Where::kSame, 0);
        return true;
      case DW_CFA_register:
      case DW_CFA_val_offset:
      case DW_CFA_val_offset_sf:
        SetSaved(in.ReadUleb(), Where::kElsewhere, 0);
        in.ReadUleb();
        return true;
      case DW_CFA_expression:
      case DW_CFA_val_expression: {
        const std::uint64_t reg = in.ReadUleb();
        const TableCursor expression = in.ReadBlock();
        std::int64_t offset = 0;
        const bool is_known = instruction == DW_CFA_expression && IsFromFramePointer(expression, offset);
        SetSaved(reg, is_known ? Where::kFromFrame : Where::kElsewhere, offset);
        return true;
      }
      default:
        return false;
    }
  }

  [[nodiscard]] bool StepState(std::uint8_t instruction, TableCursor& in) {
    switch (instruction) {
      case DW_CFA_nop:
        return true;
      case DW_CFA_remember_state:
        if (saved_ == kMaxSaved) return false;
        states_[saved_++] = row_;
        return true;
      case DW_CFA_restore_state:
        if (saved_ == 0) return false;
        row_ = states_[--saved_];
        return true;
      case DW_CFA_GNU_args_size:
        in.ReadUleb();
        return true;
      default:
        return cpu::IsReturnAddressInstruction(instruction);
    }
  }

  static std::int64_t Unsigned(TableCursor& in) { return static_cast<std::int64_t>(in.ReadUleb()); }
  void AdvanceBy(std::uint64_t delta) { AdvanceTo(location_ + delta * entry_.code_align); }
  void AdvanceTo(std::uint64_t next) {
    if (next > pc_)
      passed_ = true;
    else
      location_ = next;
  }
  void SetSaved(std::uint64_t reg, Where where, std::int64_t offset) {
    if (reg == cpu::kFramePointerRegister) row_.frame_pointer = {where, offset};
    if (reg == entry_.return_register) row_.return_address = {where, offset};
  }
  void Restore(std::uint64_t reg) {
    if (reg == cpu::kFramePointerRegister) row_.frame_pointer = initial_.frame_pointer;
    if (reg == entry_.return_register) row_.return_address = initial_.return_address;
  }

  const FrameEntry& entry_;
  std::uint64_t location_;
  const std::uint64_t pc_;
  bool passed_ = false;
  FrameRow row_, initial_;
  FrameRow states_[kMaxSaved];
  int saved_ = 0;
};

}  // namespace

bool RunFrameProgram(const FrameEntry& entry, std::uint64_t pc, FrameRow& row) {
  FrameProgram program(entry, pc);
  if (!program.Run(entry.common)) return false;
  program.KeepInitial();
  if (!program.Run(entry.own)) return false;
  row = program.row();
  return true;
}

}  // namespace mqtrack::recorder
