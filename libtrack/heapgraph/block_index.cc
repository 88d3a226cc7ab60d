#include "libtrack/heapgraph/block_index.h"

namespace mqtrack::heapgraph {
namespace {

constexpr std::uint32_t kNothing = 0xffffffff;

}  // namespace

BlockIndex::BlockIndex(const std::vector<log::LiveEntry>& blocks) : blocks_(blocks), places_(1024, 0) {
  if (blocks.empty()) return;
  lowest_ = blocks.front().handle;
  span_ = EndOf(blocks.back()) - lowest_;
  for (std::size_t i = 0; i < blocks.size(); ++i) Enter(static_cast<std::uint32_t>(i));
}

void BlockIndex::Enter(std::uint32_t block) {
  const std::uint64_t start = blocks_[block].handle, last = EndOf(blocks_[block]) - 1;
  for (std::uint64_t number = start >> kStretchBits; number <= last >> kStretchBits; ++number) {
    const std::uint64_t first_address = number << kStretchBits, last_address = first_address + (1u << kStretchBits) - 1;
    Stretch& stretch = AddStretch(number);
    if (start <= first_address && last >= last_address) {
      stretch.block = block;
      continue;
    }
    if (stretch.table == kWhole) {
      stretch.table = static_cast<std::uint32_t>(tables_.size() / kGranules);
      tables_.resize(tables_.size() + kGranules, kNothing);
    }
    const std::uint64_t from = start < first_address ? 0 : (start - first_address) >> kGranuleBits;
    const std::uint64_t to = last > last_address ? kGranules - 1 : (last - first_address) >> kGranuleBits;
    std::uint32_t* table = &tables_[std::size_t{stretch.table} * kGranules];
    for (std::uint64_t granule = from; granule <= to; ++granule) {
      if (table[granule] == kNothing) table[granule] = block;
    }
  }
}

BlockIndex::Stretch& BlockIndex::AddStretch(std::uint64_t number) {
  if (!stretches_.empty() && stretches_.back().number == number) return stretches_.back();
  if (2 * (stretches_.size() + 1) > places_.size()) Grow();
  std::size_t at = log::Mix(number) & (places_.size() - 1);
  while (places_[at] != 0) at = (at + 1) & (places_.size() - 1);
  stretches_.push_back({number, kWhole, kNothing});
  places_[at] = static_cast<std::uint32_t>(stretches_.size());
  return stretches_.back();
}

void BlockIndex::Grow() {
  places_.assign(places_.size() * 2, 0);
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    std::size_t at = log::Mix(stretches_[i].number) & (places_.size() - 1);
    while (places_[at] != 0) at = (at + 1) & (places_.size() - 1);
    places_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

const BlockIndex::Stretch* BlockIndex::FindStretch(std::uint64_t number) const {
  for (std::size_t at = log::Mix(number) & (places_.size() - 1); places_[at] != 0;
       at = (at + 1) & (places_.size() - 1)) {
    if (stretches_[places_[at] - 1].number == number) return &stretches_[places_[at] - 1];
  }
  return nullptr;
}

BlockId BlockIndex::Search(std::uint64_t address) const {
  const Stretch* stretch = FindStretch(address >> kStretchBits);
  if (stretch == nullptr) return BlockId::kNone;
  if (stretch->table == kWhole) return static_cast<BlockId>(stretch->block);
  const std::uint64_t granule = (address >> kGranuleBits) & (kGranules - 1);
  std::uint32_t block = tables_[std::size_t{stretch->table} * kGranules + granule];
  if (block == kNothing) return BlockId::kNone;
  for (; block < blocks_.size() && blocks_[block].handle <= address; ++block) {
    if (address < EndOf(blocks_[block])) return static_cast<BlockId>(block);
  }
  return BlockId::kNone;
}

}  // namespace mqtrack::heapgraph
