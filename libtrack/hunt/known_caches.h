// Caches that grow with the rounds until they are full, which is no leak.
#pragma once

#include <string>
#include <vector>

namespace mqtrack::hunt {

/// A frame of a stack, by names.
struct NamedFrame {
  std::string module;    // base name of the file
  std::string function;
};

/// Which cache, with a bound, keeps what was made in this stack, leaf first; empty: none.
[[nodiscard]] std::string KnownCacheOf(const std::vector<NamedFrame>& stack);

}  // namespace mqtrack::hunt
