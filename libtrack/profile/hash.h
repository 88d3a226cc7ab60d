// Hashing of the model's parts, for the tables that find equal ones.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace mqtrack::profile {

/// Accumulates a 64-bit hash; not for hostile-collision resistance, only for spread.
class Hash {
 public:
  void Add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9e3779b97f4a7c15u;
    state_ ^= state_ >> 29;
  }
  void Add(std::string_view text) { Add(std::uint64_t{std::hash<std::string_view>{}(text)}); }
  [[nodiscard]] std::size_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x2545f4914f6cdd1du;
};

}  // namespace mqtrack::profile
