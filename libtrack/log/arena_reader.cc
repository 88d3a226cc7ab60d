#include "libtrack/log/arena_reader.h"

#include <algorithm>
#include <cstring>

#include "libtrack/support/byte_text.h"

namespace mqtrack::log {
namespace {

using support::Result;
using support::Status;

// What is left of the arena segment that holds `offset`; 0 if none does.
std::uint64_t BytesLeft(const std::vector<Segment>& arenas, std::uint64_t offset) {
  auto after = std::upper_bound(arenas.begin(), arenas.end(), offset,
                                [](std::uint64_t value, const Segment& segment) { return value < segment.offset; });
  if (after == arenas.begin()) return 0;
  const Segment& segment = *--after;
  const std::uint64_t inside = offset - segment.offset;
  return inside < segment.bytes ? segment.bytes - inside : 0;
}

// Checks that an id names a place in the arena with room for a record of `bytes` that begins with `tag`.
Result<std::uint64_t> CheckRecord(const LogView& view, const std::vector<Segment>& arenas, std::uint32_t id,
                                  std::uint64_t bytes, std::uint32_t tag, const char* what) {
  const std::uint64_t offset = std::uint64_t{id} * kArenaAlign;
  if (BytesLeft(arenas, offset) < bytes) {
    return view.Malformed(offset, std::string("reference to a ") + what, "a place inside the arena", id);
  }
  const std::uint32_t found = Load(*view.At<std::uint32_t>(offset));
  if (found != tag) return view.Malformed(offset, std::string("tag of a ") + what, std::to_string(tag), found);
  return offset;
}

Result<Stack> ReadStack(const LogView& view, const std::vector<Segment>& arenas, std::uint32_t id) {
  const Result<std::uint64_t> checked = CheckRecord(view, arenas, id, sizeof(StackRecord), kStackTag, "stack");
  if (!checked) return checked.error();
  const std::uint64_t offset = *checked;
  const auto& record = *view.At<StackRecord>(offset);
  const std::uint32_t depth = record.depth;
  const std::uint64_t bytes = sizeof(StackRecord) + std::uint64_t{depth} * sizeof(std::uint64_t);
  if (depth > kMaxFrames || bytes > BytesLeft(arenas, offset)) {
    return view.Malformed(offset + offsetof(StackRecord, depth), "depth of a stack",
                          "at most " + std::to_string(kMaxFrames) + ", within the arena", depth);
  }
  Stack stack;
  stack.id = static_cast<StackId>(id);
  stack.flags = record.flags;
  stack.modules = record.modules;
  if (stack.modules > kMaxModules) {
    return view.Malformed(offset + offsetof(StackRecord, modules), "number of modules of a stack",
                          "at most " + std::to_string(kMaxModules), stack.modules);
  }
  if ((stack.flags & kStackSynthetic) != 0) stack.synthetic = static_cast<SyntheticStack>(record.hash);
  const auto* addresses = view.At<std::uint64_t>(offset + sizeof(StackRecord));
  stack.addresses.assign(addresses, addresses + depth);
  stack.alloc_objects = Load(record.alloc_objects);
  stack.alloc_bytes = Load(record.alloc_bytes);
  return stack;
}

Result<LabelPairs> ReadLabels(const LogView& view, const std::vector<Segment>& arenas, std::uint32_t id) {
  const Result<std::uint64_t> checked = CheckRecord(view, arenas, id, sizeof(LabelsRecord), kLabelsTag, "label set");
  if (!checked) return checked.error();
  const std::uint64_t offset = *checked;
  const auto& record = *view.At<LabelsRecord>(offset);
  const std::uint16_t count = record.count;
  const std::uint16_t bytes = record.bytes;
  if (sizeof(LabelsRecord) + bytes > BytesLeft(arenas, offset)) {
    return view.Malformed(offset + offsetof(LabelsRecord, bytes), "size of a label set", "an end within the arena",
                          bytes);
  }
  const auto* data = view.At<unsigned char>(offset + sizeof(LabelsRecord));
  LabelPairs pairs;
  std::size_t at = 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (at + 2 > bytes || at + 2 + data[at + 1] > bytes) {
      return view.Malformed(offset + sizeof(LabelsRecord) + at, "label " + std::to_string(i),
                            "an end within the set's " + std::to_string(bytes) + " bytes", at);
    }
    const auto key = static_cast<LabelKey>(data[at]);
    const std::size_t length = data[at + 1];
    pairs.emplace_back(key, std::string(reinterpret_cast<const char*>(data + at + 2), length));
    at += 2 + length;
  }
  return pairs;
}

// The ids that are one; 0 is none.
std::vector<std::uint32_t> Sorted(const IdIndex& index) {
  std::vector<std::uint32_t> ids = index.ids();
  std::erase(ids, 0u);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<LogModule> ReadModule(const LogView& view, const Module& record) {
  if (record.start >= record.end) {
    return view.Malformed(view.OffsetOf(&record.end), "end of a module",
                          "above its start " + std::to_string(record.start), record.end);
  }
  if (record.build_id_bytes > sizeof record.build_id) {
    return view.Malformed(view.OffsetOf(&record.build_id_bytes), "length of a build id",
                          "at most " + std::to_string(sizeof record.build_id), record.build_id_bytes);
  }
  LogModule module;
  module.start = record.start;
  module.end = record.end;
  module.bias = record.bias;
  module.build_id = support::EncodeHex({reinterpret_cast<const char*>(record.build_id), record.build_id_bytes});
  module.is_main = record.is_main != 0;
  module.path.assign(record.path, ::strnlen(record.path, sizeof record.path));
  return module;
}

}  // namespace

Result<std::vector<Stack>> ReadStacks(const LogView& view, IdIndex ids) {
  Result<Directory> directory = ReadDirectory(view);
  if (!directory) return directory.error();
  for (const Segment& index : directory->indexes) {
    const auto* slots = view.At<StackIndexEntry>(index.offset);
    for (std::uint64_t i = 0; i < index.count; ++i) {
      const auto id = static_cast<std::uint32_t>(Load(slots[i]));
      if (id != 0) ids.Insert(id);
    }
  }
  directory = ReadDirectory(view);  // again: an entry read just now may lie in an arena added just now
  if (!directory) return directory.error();
  std::vector<Stack> stacks;
  stacks.reserve(ids.ids().size());
  for (const std::uint32_t id : Sorted(ids)) {
    Result<Stack> stack = ReadStack(view, directory->arenas, id);
    if (!stack) return stack.error();
    stacks.push_back(std::move(*stack));
  }
  return stacks;
}

Result<std::vector<std::pair<LabelsId, LabelPairs>>> ReadLabelSets(const LogView& view, const IdIndex& ids) {
  Result<Directory> directory = ReadDirectory(view);
  if (!directory) return directory.error();
  std::vector<std::pair<LabelsId, LabelPairs>> sets;
  for (const std::uint32_t id : Sorted(ids)) {
    Result<LabelPairs> pairs = ReadLabels(view, directory->arenas, id);
    if (!pairs) return pairs.error();
    sets.emplace_back(static_cast<LabelsId>(id), std::move(*pairs));
  }
  return sets;
}

Result<std::vector<LogModule>> ReadModules(const LogView& view) {
  Result<Directory> directory = ReadDirectory(view);
  if (!directory) return directory.error();
  const std::uint32_t count = Load(view.header().module_count);
  const std::uint64_t capacity = directory->modules ? directory->modules->count : 0;
  if (count > capacity) {
    return view.Malformed(offsetof(Header, module_count), "number of modules", "at most " + std::to_string(capacity),
                          count);
  }
  std::vector<LogModule> modules;
  for (std::uint32_t i = 0; i < count; ++i) {
    Result<LogModule> module = ReadModule(view, view.At<Module>(directory->modules->offset)[i]);
    if (!module) return module.error();
    modules.push_back(std::move(*module));
  }
  return modules;
}

}  // namespace mqtrack::log
