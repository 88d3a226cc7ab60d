// One pass over the live entries, of which there may be many: flat open addressing, no node per group.
#include "libtrack/snapshot/live_groups.h"

#include <utility>

namespace mqtrack::snapshot {
namespace {

class GroupTable {
 public:
  GroupTable() : table_(1024, 0) {}

  LiveGroup& Find(std::uint32_t stack, std::uint32_t labels, std::uint32_t generation, std::uint64_t started) {
    if (2 * (groups_.size() + 1) > table_.size()) Grow();
    std::uint32_t& place = Probe(stack, labels, generation, started);
    if (place == 0) {
      LiveGroup& group = groups_.emplace_back();
      group.stack = stack;
      group.labels = labels;
      group.generation = generation;
      group.started_unix_seconds = started;
      place = static_cast<std::uint32_t>(groups_.size());
    }
    return groups_[place - 1];
  }
  std::vector<LiveGroup> Take() && { return std::move(groups_); }

 private:
  std::uint32_t& Probe(std::uint32_t stack, std::uint32_t labels, std::uint32_t generation, std::uint64_t started) {
    const std::uint64_t key = std::uint64_t{stack} << 32 | labels;
    std::size_t at = log::Mix(key + generation * 0x9e3779b97f4a7c15ULL + (started << 40)) & (table_.size() - 1);
    for (; table_[at] != 0; at = (at + 1) & (table_.size() - 1)) {
      const LiveGroup& group = groups_[table_[at] - 1];
      if (group.stack == stack && group.labels == labels && group.generation == generation &&
          group.started_unix_seconds == started)
        break;
    }
    return table_[at];
  }
  void Grow() {
    table_.assign(table_.size() * 2, 0);
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      const LiveGroup& group = groups_[i];
      Probe(group.stack, group.labels, group.generation, group.started_unix_seconds) =
          static_cast<std::uint32_t>(i + 1);
    }
  }

  std::vector<std::uint32_t> table_;  // index + 1 into groups_; a power of two, at most half full
  std::vector<LiveGroup> groups_;
};

}  // namespace

std::vector<LiveGroup> GroupLive(const log::LogContent& content, const StackTable& stacks) {
  using log::SaturatingAdd;
  GroupTable table;
  const auto add_blocks = [&](const log::BlockGroup& blocks) {
    LiveGroup& group =
        table.Find(stacks.NumberOf(blocks.stack), static_cast<std::uint32_t>(blocks.labels), blocks.generation, 0);
    constexpr auto kHeap = static_cast<std::size_t>(log::Kind::kHeapBlock);
    group.count[kHeap] += blocks.objects;
    group.bytes[kHeap] = SaturatingAdd(group.bytes[kHeap], blocks.bytes);
    group.estimated_objects += blocks.estimated_objects;
    group.estimated_bytes += blocks.estimated_bytes;
  };
  log::BlockSums single(content.facts.SamplingInterval());  // of blocks that were read one by one
  for (const log::LiveEntry& entry : content.live) {
    if (entry.kind == log::Kind::kHeapBlock) {
      single.Add(entry);
      continue;
    }
    LiveGroup& group = table.Find(stacks.NumberOf(entry.stack), static_cast<std::uint32_t>(entry.labels),
                                  entry.generation, StartOf(entry.kind, entry.handle));
    const auto kind = static_cast<std::size_t>(entry.kind);
    ++group.count[kind];
    group.bytes[kind] = SaturatingAdd(group.bytes[kind], entry.bytes);
  }
  for (const log::BlockGroup& blocks : std::move(single).Take()) add_blocks(blocks);
  for (const log::BlockGroup& blocks : content.blocks) add_blocks(blocks);
  return std::move(table).Take();
}

}  // namespace mqtrack::snapshot
