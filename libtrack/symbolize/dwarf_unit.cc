#include "libtrack/symbolize/dwarf_unit.h"

#include <dwarf.h>

#include <algorithm>
#include <utility>

namespace mqtrack::symbolize {
namespace {

constexpr int kMaxDepth = 200;

std::int64_t UnsignedAttribute(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) return 0;
  return value < (std::uint64_t{1} << 31) ? static_cast<std::int64_t>(value) : 0;
}

}  // namespace

DwarfUnit::DwarfUnit(Dwarf_Die lines_unit, Dwarf_Die tree, const std::vector<std::uint64_t>& addresses,
                     DwarfNames& names, SourcePaths& paths)
    : lines_unit_(lines_unit), tree_(tree), addresses_(addresses), names_(names), paths_(paths) {
  Walk(&tree_, kNone, 0, false);
  // Functions nested in others or in classes are rare, and looking for them means to visit everything.
  if (!EveryAddressHasFunction()) {
    nodes_.clear();
    spans_.clear();
    Walk(&tree_, kNone, 0, true);
  }
  std::sort(spans_.begin(), spans_.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
}

bool DwarfUnit::HasAddressIn(std::uint64_t start, std::uint64_t end) const {
  const auto first = std::lower_bound(addresses_.begin(), addresses_.end(), start);
  return first != addresses_.end() && *first < end;
}

bool DwarfUnit::EveryAddressHasFunction() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> covered;
  for (const Span& span : spans_) covered.emplace_back(span.start, span.end);
  std::sort(covered.begin(), covered.end());
  std::uint64_t end = 0;
  auto next = covered.begin();
  for (const std::uint64_t address : addresses_) {
    for (; next != covered.end() && next->first <= address; ++next) end = std::max(end, next->second);
    if (address >= end) return false;
  }
  return true;
}

std::size_t DwarfUnit::AddFunction(Dwarf_Die* die, int tag, std::size_t parent_node) {
  bool added = false;
  Dwarf_Addr base = 0, start = 0, end = 0;
  for (std::ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &start, &end)) > 0;) {
    if (!HasAddressIn(start, end)) continue;
    spans_.push_back({start, end, nodes_.size()});
    added = true;
  }
  if (!added) return kNone;
  const std::uint32_t depth = parent_node == kNone ? 0 : nodes_[parent_node].depth + 1;
  nodes_.push_back({*die, parent_node, depth, tag == DW_TAG_inlined_subroutine});
  return nodes_.size() - 1;
}

void DwarfUnit::Walk(Dwarf_Die* parent, std::size_t parent_node, int depth, bool everywhere) {
  Dwarf_Die child;
  if (depth > kMaxDepth || dwarf_child(parent, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    std::size_t node = parent_node;
    switch (tag) {
      case DW_TAG_subprogram:
      case DW_TAG_inlined_subroutine:
        node = AddFunction(&child, tag, parent_node);
        if (node == kNone && !(everywhere && tag == DW_TAG_subprogram)) continue;
        break;
      case DW_TAG_namespace:
      case DW_TAG_module:
      case DW_TAG_lexical_block:
      case DW_TAG_try_block:
      case DW_TAG_catch_block:
        break;
      case DW_TAG_structure_type:
      case DW_TAG_class_type:
      case DW_TAG_union_type:
        if (!everywhere) continue;
        break;
      default:
        continue;
    }
    Walk(&child, node, depth + 1, everywhere);
  } while (dwarf_siblingof(&child, &child) == 0);
}

std::size_t DwarfUnit::DeepestAt(std::uint64_t address) {
  for (; next_span_ < spans_.size() && spans_[next_span_].start <= address; ++next_span_) {
    open_.push_back(spans_[next_span_]);
  }
  std::erase_if(open_, [address](const Span& span) { return span.end <= address; });
  std::size_t deepest = kNone;
  for (const Span& span : open_) {
    if (deepest == kNone || nodes_[span.node].depth > nodes_[deepest].depth) deepest = span.node;
  }
  return deepest;
}

const char* DwarfUnit::CallFile(Dwarf_Die* die) {
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  const auto index = static_cast<std::size_t>(UnsignedAttribute(die, DW_AT_call_file));
  if (dwarf_getsrcfiles(&tree_, &files, &count) != 0 || index >= count) return nullptr;
  return paths_.Of(&lines_unit_, dwarf_filesrc(files, index, nullptr, nullptr));
}

std::vector<DwarfFrame> DwarfUnit::FramesAt(std::size_t index) {
  const std::uint64_t address = addresses_[index];
  DwarfFrame frame;
  if (Dwarf_Line* line = dwarf_getsrc_die(&lines_unit_, address)) {
    int number = 0;
    if (dwarf_lineno(line, &number) == 0) frame.line = number;
    frame.file = paths_.Of(&lines_unit_, dwarf_linesrc(line, nullptr, nullptr));
  }
  std::vector<DwarfFrame> frames;
  for (std::size_t at = DeepestAt(address); at != kNone; at = nodes_[at].parent) {
    Node& node = nodes_[at];
    frame.function = names_.Of(&node.die);
    frames.push_back(frame);
    if (!node.inlined) return frames;
    frame = {nullptr, CallFile(&node.die), UnsignedAttribute(&node.die, DW_AT_call_line)};
  }
  // No function, or inlined ones without the function around them: what is known of the outermost is the line.
  if (frame.file != nullptr || frame.line != 0) frames.push_back(frame);
  return frames;
}

}  // namespace mqtrack::symbolize
