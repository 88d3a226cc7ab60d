#include "preload/recorder/unwinding/cfi.h"

#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <cstring>

#include "preload/recorder/unwinding/frame_entry.h"
#include "preload/recorder/unwinding/frame_program.h"

namespace mqtrack::recorder {
namespace {

using FindObjectFunction = int (*)(void*, dl_find_object*);
FindObjectFunction find_object = nullptr;

bool Fits(std::int64_t value) { return value >= -(std::int64_t{1} << 24) && value < (std::int64_t{1} << 24); }

FrameRule RuleOfRow(const FrameRow& row) {
  using Where = FrameRow::Where;
  FrameRule rule;
  if (row.return_address.where == Where::kUndefined) {
    rule.cfa = FrameRule::Cfa::kOutermost;
    return rule;
  }
  if (row.return_address.where != Where::kAtCfa || row.return_address.offset != cpu::kReturnAddressOffset) return {};
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

}  // namespace

void InitialiseCfi() { find_object = reinterpret_cast<FindObjectFunction>(::dlsym(RTLD_DEFAULT, "_dl_find_object")); }

FrameRule FindRule(std::uint64_t pc, CodeRange* object) {
  dl_find_object found;
  if (find_object == nullptr || find_object(reinterpret_cast<void*>(pc), &found) != 0) return {};
  if (found.dlfo_eh_frame == nullptr) return {};
  const UnwindTables tables{static_cast<const std::uint8_t*>(found.dlfo_eh_frame),
                            static_cast<const std::uint8_t*>(found.dlfo_map_start),
                            static_cast<const std::uint8_t*>(found.dlfo_map_end)};
  if (object != nullptr) {
    // The header of the search table: where .eh_frame begins, how many functions there are, where the first one is.
    std::uint64_t words[2];
    std::memcpy(words, found.dlfo_eh_frame, sizeof words);
    *object = {reinterpret_cast<std::uintptr_t>(found.dlfo_map_start),
               reinterpret_cast<std::uintptr_t>(found.dlfo_map_end),
               (words[0] * 31 + words[1]) * 31 + reinterpret_cast<std::uintptr_t>(found.dlfo_eh_frame)};
  }
  FrameEntry entry;
  return FindFrameEntry(tables, pc, entry) ? RuleOfEntry(entry, pc) : FrameRule{};
}

bool FindObject(std::uint64_t pc, LoadedObject& object) {
  dl_find_object found;
  if (find_object == nullptr || find_object(reinterpret_cast<void*>(pc), &found) != 0) return false;
  object.start = reinterpret_cast<std::uintptr_t>(found.dlfo_map_start);
  object.end = reinterpret_cast<std::uintptr_t>(found.dlfo_map_end);
  object.bias = found.dlfo_link_map->l_addr;
  object.name = found.dlfo_link_map->l_name;
  return true;
}

}  // namespace mqtrack::recorder
