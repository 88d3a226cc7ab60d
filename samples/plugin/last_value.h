// The last value seen, for a dashboard that asks "what was it just now?". Two implementations behind this one header,
// chosen at link time: last_value_leaky.cc and last_value_fixed.cc. Called on the broker's only thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace sample {

/// Keeps a copy of `payload`, cut or padded to `bytes` bytes, as the last value. `bytes` must not be 0.
void RememberLastValue(std::string_view payload, std::size_t bytes);

/// Drops what is kept; called when the broker unloads the plugin.
void ForgetLastValue();

}  // namespace sample
