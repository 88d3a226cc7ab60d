// What the recorder hashes clients' ids to, for whoever reads its tables: a table tells of a client whose id is known.
#pragma once

#include <cstdint>
#include <string_view>

#include "libtrack/log/broker_sessions.h"
#include "libtrack/log/layout.h"

namespace mqtrack::log {

/// FNV-1a, mixed. The recorder does so as the packet's bytes come in.
[[nodiscard]] constexpr std::uint64_t HashOfId(std::string_view id) {
  std::uint64_t hash = kTextHashBegin;
  for (const char byte : id) hash = (hash ^ static_cast<unsigned char>(byte)) * kTextHashStep;
  return Mix(hash);
}

/// Under which key the session of the client with this id is kept.
[[nodiscard]] constexpr std::uint64_t SessionKey(std::string_view id) { return TableKey(HashOfId(id)); }

}  // namespace mqtrack::log
