// Stacks, label sets and modules: the records that live entries refer to. Private to the reader.
#pragma once

#include <vector>

#include "libtrack/log/directory.h"
#include "libtrack/log/id_index.h"
#include "libtrack/log/reader.h"

namespace mqtrack::log {

/// The records that live entries refer to.
struct References {
  IdIndex stacks, labels;

  /// Of LiveEntry or BlockGroup. Neighbours often refer to the same.
  template <typename Entry>
  void AddAll(const std::vector<Entry>& entries) {
    StackId stack{};
    LabelsId set{};
    for (const Entry& entry : entries) {
      if (entry.stack != stack) stacks.Insert(static_cast<std::uint32_t>(stack = entry.stack));
      if (entry.labels != set) labels.Insert(static_cast<std::uint32_t>(set = entry.labels));
    }
  }
};

/// Every stack of the index and of `referred_to`, sorted by id.
[[nodiscard]] support::Result<std::vector<Stack>> ReadStacks(const LogView& view, IdIndex referred_to);

/// Every label set of `referred_to`, sorted by id.
[[nodiscard]] support::Result<std::vector<std::pair<LabelsId, LabelPairs>>> ReadLabelSets(const LogView& view,
                                                                                          const IdIndex& referred_to);

/// The module table as it is now.
[[nodiscard]] support::Result<std::vector<LogModule>> ReadModules(const LogView& view);

}  // namespace mqtrack::log
