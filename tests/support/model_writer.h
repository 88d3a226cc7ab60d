// A second implementation of the writer's side of layout.h, for tests of the reader: several threads may use one, while
// a reader reads. Kept as plain as the layout's description, so that the two can be compared by eye.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libtrack/log/layout.h"

namespace mqtrack::testing {

/// Writes into the log at `base`, which must have at least one live level and outlive it. Thread-safe; one writer at a
/// time per key, as layout.h demands.
class ModelWriter {
 public:
  explicit ModelWriter(std::byte* base) : base_(base) {}

  /// False if both buckets of every level are full.
  bool Insert(std::uint64_t key, std::uint64_t meta, log::StackId stack, log::LabelsId labels);
  /// False if the key is not there.
  bool Remove(std::uint64_t key);
  /// The bucket that holds `key`, or null.
  [[nodiscard]] log::Bucket* BucketOf(std::uint64_t key) const;

 private:
  [[nodiscard]] log::Header& header() const { return *reinterpret_cast<log::Header*>(base_); }
  bool InsertInto(log::Bucket& bucket, std::uint64_t key, std::uint64_t meta, log::StackId stack, log::LabelsId labels);
  std::byte* base_;
};

}  // namespace mqtrack::testing
