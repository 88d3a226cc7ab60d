// Connections that may well be MQTT, and whose packets will not be seen all the same: noticed by their first bytes, so
// that reports can say what is missing.
#pragma once

#include <cstddef>

#include "libtrack/log/layout.h"

namespace mqtrack::recorder {

/// What they tell: kWebSocket, kTls, or kCount, which is neither.
[[nodiscard]] log::Unlabelled WhatIsForeign(const void* bytes, std::size_t count);

/// True if they begin a request that may ask for a web socket further on.
[[nodiscard]] bool IsHttpRequest(const void* bytes, std::size_t count);

/// What a connection that could not be joined turned out to be: its latest bytes, at least one. Counts what goes over to WebSockets, and TLS
/// (Unlabelled::kWebSocket, kTls): of OpenSSL's connections the first bytes are read by calls that look like the
/// service's own, so these are counted too, and its sessions apart.
void NoteForeign(const void* bytes, std::size_t count);

}  // namespace mqtrack::recorder
