#include "preload/recorder/unwinding/cfi.h"

#include <cstddef>
#include <cstring>

#include "preload/recorder/unwinding/frame_entry.h"
#include "preload/recorder/unwinding/frame_program.h"
#include "preload/recorder/unwinding/frame_step.h"
#include "preload/recorder/unwinding/loaded_objects.h"

namespace mqtrack::recorder {
namespace {

bool Fits(std::int64_t value) { return value >= -(std::int64_t{1} << 24) && value < (std::int64_t{1} << 24); }

FrameRule RuleOfRow(const FrameRow& row) {
  using Where = FrameRow::Where;
  FrameRule rule;
  if (row.return_address.where == Where::kUndefined) {
    rule.cfa = FrameRule::Cfa::kOutermost;
    return rule;
  }
  if (!(row.return_address.where == Where::kAtCfa
            ? cpu::ReturnPlace::IsAtCfa(row.return_address.offset, rule.return_place)
            : row.return_address.where == Where::kSame && cpu::ReturnPlace::IsSame(rule.return_place)))
    return {};
  const bool in_memory = row.cfa.kind == FrameRow::Cfa::Kind::kMemory;
  if (row.cfa.kind == FrameRow::Cfa::Kind::kUnknown || !Fits(row.cfa.offset)) return {};
  const bool is_saved = row.frame_pointer.where != Where::kSame;
  if (row.cfa.reg == cpu::kStackPointerRegister) {
    rule.cfa = in_memory ? FrameRule::Cfa::kFromStack : FrameRule::Cfa::kStackPointer;
  } else if (row.cfa.reg == cpu::kFramePointerRegister) {
    rule.cfa = in_memory ? FrameRule::Cfa::kFromMemory : FrameRule::Cfa::kFramePointer;
  } else {
    return {};
  }
  // Where the frame was realigned the frame pointer is saved beside it, and nowhere else.
  const Where expected = rule.cfa == FrameRule::Cfa::kFromMemory ? Where::kFromFrame : Where::kAtCfa;
  if (is_saved && (row.frame_pointer.where != expected || !Fits(row.frame_pointer.offset))) return {};
  rule.cfa_offset = static_cast<std::int32_t>(row.cfa.offset);
  if (is_saved) {
    rule.frame_pointer = FrameRule::FramePointer::kSaved;
    rule.frame_pointer_offset = static_cast<std::int32_t>(row.frame_pointer.offset);
  }
  return rule;
}

FrameRule RuleOfEntry(const FrameEntry& entry, std::uint64_t pc) {
  if (entry.signal_frame) {
    FrameRule rule;
    rule.cfa = FrameRule::Cfa::kSignalFrame;
    return rule;
  }
  FrameRow row;
  return RunFrameProgram(entry, pc, row) ? RuleOfRow(row) : FrameRule{};
}

/// Of code that no table covers. `pc` as for FindRule.
FrameRule WithoutTable(std::uint64_t pc) {
  FrameRule rule;
  if (IsSignalReturn(pc + 1))
    rule.cfa = FrameRule::Cfa::kSignalFrame;
  else if (CanFindObjects())
    rule.cfa = FrameRule::Cfa::kFrameChain;
  return rule;
}

}  // namespace

void InitialiseCfi() { InitialiseLoadedObjects(); }

FrameRule FindRule(std::uint64_t pc, CodeRange* owner) {
  LoadedObject object;
  if (!FindObject(pc, object) || object.unwind_header == nullptr) return WithoutTable(pc);
  const ReadableRange range = ReadableAround(object, reinterpret_cast<std::uintptr_t>(object.unwind_header));
  std::uint64_t words[2];  // of the search table: where .eh_frame begins, how many functions there are
  if (range.low == nullptr || range.high - object.unwind_header < static_cast<std::ptrdiff_t>(sizeof words)) return {};
  if (owner != nullptr) {
    std::memcpy(words, object.unwind_header, sizeof words);
    *owner = {object.start, object.end,
              (words[0] * 31 + words[1]) * 31 + reinterpret_cast<std::uintptr_t>(object.unwind_header)};
  }
  FrameEntry entry;
  return FindFrameEntry({object.unwind_header, range.low, range.high}, pc, entry) ? RuleOfEntry(entry, pc)
                                                                                  : WithoutTable(pc);
}

}  // namespace mqtrack::recorder
