#include "libtrack/log/seen_keys.h"

#include <algorithm>
#include <utility>

namespace mqtrack::log {
namespace {

constexpr unsigned kRegionBits = 16;
constexpr std::uint64_t kOffsetMask = (std::uint64_t{1} << kRegionBits) - 1;
constexpr std::uint64_t kBlockAlign = 8;  // the least that an allocator aligns to
constexpr std::size_t kWords = (std::size_t{1} << kRegionBits) / kBlockAlign / 64;

}  // namespace

SeenKeys::SeenKeys() : places_(1024) {}

bool SeenKeys::Insert(std::uint64_t key) {
  if (key % kBlockAlign != 0) return others_.insert(key).second;
  return InsertInto(PageOf(key >> kRegionBits), static_cast<std::uint16_t>((key & kOffsetMask) / kBlockAlign));
}

SeenKeys::Place& SeenKeys::Probe(std::uint64_t region) {
  std::size_t at = Mix(region) & (places_.size() - 1);
  while (places_[at].region_plus_1 != 0 && places_[at].region_plus_1 != region + 1)
    at = (at + 1) & (places_.size() - 1);
  return places_[at];
}

SeenKeys::Page& SeenKeys::PageOf(std::uint64_t region) {
  if (Place& known = Probe(region); known.region_plus_1 != 0) return pages_[known.page];
  if (2 * (pages_.size() + 1) > places_.size()) {
    std::vector<Place> old = std::exchange(places_, std::vector<Place>(places_.size() * 2));
    for (const Place& place : old) {
      if (place.region_plus_1 != 0) Probe(place.region_plus_1 - 1) = place;
    }
  }
  Probe(region) = {region + 1, pages_.size()};
  return pages_.emplace_back();
}

bool SeenKeys::InsertInto(Page& page, std::uint16_t unit) {
  if (page.bits == nullptr) {
    const auto end = page.listed + page.count;
    if (std::find(page.listed, end, unit) != end) return false;
    if (page.count < kMostListed) {
      page.listed[page.count++] = unit;
      return true;
    }
    MakeBitmap(page);
  }
  std::uint64_t& word = page.bits[unit / 64];
  const std::uint64_t bit = std::uint64_t{1} << unit % 64;
  if ((word & bit) != 0) return false;
  word |= bit;
  return true;
}

void SeenKeys::MakeBitmap(Page& page) {
  page.bits = std::make_unique<std::uint64_t[]>(kWords);
  for (const std::uint16_t unit : page.listed) page.bits[unit / 64] |= std::uint64_t{1} << unit % 64;
}

}  // namespace mqtrack::log
