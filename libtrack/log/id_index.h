// A set of arena ids, each with a dense number in order of first insertion. Open addressing in one flat array: a
// snapshot looks up one id per live block, so the cost of a node per entry would dominate it.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/log/layout.h"

namespace mqtrack::log {

/// Not thread-safe.
class IdIndex {
 public:
  static constexpr std::uint32_t kMissing = 0xffffffff;

  IdIndex() : table_(64) {}

  /// The number of `id`, new or old.
  std::uint32_t Insert(std::uint32_t id) {
    if (2 * (ids_.size() + 1) > table_.size()) Grow();
    Entry& entry = Probe(id);
    if (entry.number_plus_1 == 0) {
      ids_.push_back(id);
      entry = {id, static_cast<std::uint32_t>(ids_.size())};
    }
    return entry.number_plus_1 - 1;
  }
  /// The number of `id`, or kMissing.
  [[nodiscard]] std::uint32_t Find(std::uint32_t id) const {
    return const_cast<IdIndex*>(this)->Probe(id).number_plus_1 - 1;
  }
  /// All ids, by number.
  [[nodiscard]] const std::vector<std::uint32_t>& ids() const { return ids_; }

 private:
  struct Entry {
    std::uint32_t id, number_plus_1;
  };
  Entry& Probe(std::uint32_t id) {
    std::size_t at = Mix(id) & (table_.size() - 1);
    while (table_[at].number_plus_1 != 0 && table_[at].id != id) at = (at + 1) & (table_.size() - 1);
    return table_[at];
  }
  void Grow() {
    table_.assign(table_.size() * 2, Entry{});
    for (std::size_t i = 0; i < ids_.size(); ++i) Probe(ids_[i]) = {ids_[i], static_cast<std::uint32_t>(i + 1)};
  }

  std::vector<Entry> table_;  // a power of two, at most half full
  std::vector<std::uint32_t> ids_;
};

}  // namespace mqtrack::log
