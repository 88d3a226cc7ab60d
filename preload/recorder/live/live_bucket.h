// One bucket of the live table, as its writers use it. See libtrack/log/layout.h for the protocol.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

/// Which slots of `bucket` hold `key`, a bit each.
inline std::uint32_t SlotsWith(const log::Bucket& bucket, std::uint64_t key) {
  std::uint32_t slots = 0;
#pragma GCC unroll 5
  for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i)
    slots |= static_cast<std::uint32_t>(LoadRelaxed(bucket.keys[i]) == key) << i;
  return slots;
}

}  // namespace mqtrack::recorder
