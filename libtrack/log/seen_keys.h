// The keys met so far while a live table is read. Heap blocks are neighbours, so most keys cost a bit or two.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "libtrack/log/layout.h"

namespace mqtrack::log {

/// An exact set of live-table keys. The keys of 64 KiB of addresses share a page: a short list, or from 61 keys on a
/// bitmap of 1 KiB. So the set of a full heap takes 1/64 of the heap. Not thread-safe.
class SeenKeys {
 public:
  SeenKeys();
  /// False if the key was there already.
  bool Insert(std::uint64_t key);

 private:
  static constexpr std::size_t kMostListed = 60;
  struct Page {
    std::uint16_t count = 0;  // of `listed`
    std::uint16_t listed[kMostListed] = {};
    std::unique_ptr<std::uint64_t[]> bits;  // a bit per eight bytes, once the list was full
  };
  struct Place {
    std::uint64_t region_plus_1;  // 0: empty
    std::uint64_t page;           // index into pages_
  };
  Page& PageOf(std::uint64_t region);
  Place& Probe(std::uint64_t region);
  static bool InsertInto(Page& page, std::uint16_t unit);
  static void MakeBitmap(Page& page);

  std::vector<Place> places_;  // a power of two, at most half full
  std::vector<Page> pages_;
  std::unordered_set<std::uint64_t> others_;  // keys that are no multiples of eight
};

}  // namespace mqtrack::log
