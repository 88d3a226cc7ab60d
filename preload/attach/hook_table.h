// Which functions are hooked, taken from the recorder's own list of exports: what `LD_PRELOAD` would interpose, an
// attach redirects, and a new hook needs to be entered nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::redirection {

/// One function that calls are led to.
struct Hook {
  const char* name;
  std::uint64_t name_hash;
  std::uintptr_t hook;
  std::uintptr_t original;  // what the process's own modules call; 0 of what they call only where the recorder is
};

/// Filled once, when the recorder is loaded; afterwards read-only.
class HookTable {
 public:
  static constexpr std::size_t kCapacity = 512;

  /// Enters every exported hook whose original the process has now. Called outside the loader; may be called again,
  /// which finds originals that were loaded since.
  void Fill();
  /// Null if calls of `name` are left alone.
  [[nodiscard]] const Hook* Find(const char* name, std::size_t name_bytes) const;
  /// Null if `address` is no hook of ours.
  [[nodiscard]] const Hook* FindByHook(std::uintptr_t address) const;
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  void Add(const char* name, std::uintptr_t hook);
  Hook hooks_[kCapacity] = {};
  std::size_t count_ = 0;
};

}  // namespace mqtrack::redirection
