// Whose the live heap is, and what is said about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/text/look_facts.h"

namespace mqtrack::reports {

/// Of an MQTT client. What has no value is not known.
struct ClientRow {
  std::string state;                    // "connected", "offline", "ended"; empty: not known
  std::int64_t since_unix_seconds = 0;  // 0: not known
  std::optional<std::int64_t> message_blocks, queued, inflight, half_received, subscriptions;
};

struct OwnerRow {
  std::string kind, name;
  std::int64_t blocks = 0, bytes = 0;
  std::int64_t blocks_by_all = 0, bytes_by_all = 0;  // with words that may be stale
  ClientRow client = {};                             // if it is one
};

struct OwnersOptions {
  std::string name, process;     // as the user wrote it; as the process is called
  std::vector<OwnerRow> owners;  // most bytes first
  std::int64_t blocks = 0, bytes = 0;
  LookFacts look;
  std::vector<std::string> notes;
  std::int64_t now_unix_seconds = 0;  // when it was looked
  std::size_t rows = 20;              // 0: all
  bool colour = false;
  int width_columns = 0;
};

}  // namespace mqtrack::reports
