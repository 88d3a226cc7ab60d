#include "libtrack/log/block_sums.h"

#include <algorithm>
#include <cmath>

#include "libtrack/log/reader.h"

namespace mqtrack::log {
namespace {

// Poisson sampling by bytes keeps a block of s bytes with probability 1 - exp(-s / interval), so each block that was
// kept stands for the inverse of that many.
double BlocksStoodFor(std::uint64_t bytes, std::uint64_t interval) {
  const double size = static_cast<double>(std::max<std::uint64_t>(bytes, 1));
  return 1.0 / -std::expm1(-size / static_cast<double>(interval));
}

}  // namespace

BlockSums::BlockSums(std::uint64_t sample_bytes) : sample_bytes_(sample_bytes), table_(1024, 0) {}

void BlockSums::Add(const LiveEntry& block) {
  BlockGroup& group = Find(block);
  ++group.objects;
  group.bytes = SaturatingAdd(group.bytes, block.bytes);
  if (sample_bytes_ == 0) return;
  const double blocks = BlocksStoodFor(block.bytes, sample_bytes_);
  group.estimated_objects += blocks;
  group.estimated_bytes += blocks * static_cast<double>(block.bytes);
}

BlockGroup& BlockSums::Find(const LiveEntry& block) {
  if (2 * (groups_.size() + 1) > table_.size()) Grow();
  std::uint32_t& place = Probe(block.stack, block.labels, block.generation);
  if (place == 0) {
    groups_.push_back({block.stack, block.labels, block.generation});
    place = static_cast<std::uint32_t>(groups_.size());
  }
  return groups_[place - 1];
}

std::uint32_t& BlockSums::Probe(StackId stack, LabelsId labels, std::uint32_t generation) {
  const std::uint64_t key = std::uint64_t{static_cast<std::uint32_t>(stack)} << 32 | static_cast<std::uint32_t>(labels);
  std::size_t at = Mix(key + generation * 0x9e3779b97f4a7c15ULL) & (table_.size() - 1);
  for (; table_[at] != 0; at = (at + 1) & (table_.size() - 1)) {
    const BlockGroup& group = groups_[table_[at] - 1];
    if (group.stack == stack && group.labels == labels && group.generation == generation) break;
  }
  return table_[at];
}

void BlockSums::Grow() {
  table_.assign(table_.size() * 2, 0);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    Probe(groups_[i].stack, groups_[i].labels, groups_[i].generation) = static_cast<std::uint32_t>(i + 1);
  }
}

}  // namespace mqtrack::log
