// Label sets with one label more, remembered: to enter a region costs a look-up, not the making of a set.
#pragma once

#include <cstdint>

#include "preload/recorder/labels/bounded_names.h"
#include "preload/recorder/labels/label_table.h"

namespace mqtrack::recorder {

/// Thread-safe, lock-free, async-signal-safe.
class NamedSets {
 public:
  /// Sets that are made of any name. Beyond these the name is `(other)`; beyond further kMostOther the set stays as it
  /// is.
  static constexpr std::uint32_t kMost = 6000, kMostOther = 1000;

  /// The set `base` with the label `key`, whose value is the text of `name`; with kNone, without such a label.
  [[nodiscard]] log::LabelsId With(LabelTable& labels, log::LabelsId base, log::LabelKey key, const BoundedNames& names,
                                   std::uint16_t name);

  /// In a child of fork, alone: forgets sets that are not in its copy of the log.
  void RepairAfterFork(const LabelTable& labels);

 private:
  static constexpr std::uint32_t kEntries = 32768;
  /// Two words that fit each other only if one writer wrote both.
  struct Entry {
    std::uint64_t check;  // key ^ Mix(labels); 0: free
    std::uint64_t labels;
  };

  [[nodiscard]] bool Find(std::uint64_t key, log::LabelsId& labels) const;
  void Remember(std::uint64_t key, log::LabelsId labels);

  std::uint32_t made_ = 0, made_other_ = 0;
  Entry entries_[kEntries] = {};
};

}  // namespace mqtrack::recorder
