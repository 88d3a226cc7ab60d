// A function of a library that the service may or may not use, and that it may load late, privately, or more than once.
// It is looked up when the service calls it; nothing is ever loaded for it.
#pragma once

#include <cstdint>

namespace mqtrack::hooks {

/// Constant-initialised, never destroyed. Thread-safe; the first call from each library takes the loader's lock.
class LibraryFunction {
 public:
  /// `library`: the beginning of its file name. A function of another library that happens to have the same name is
  /// found too, for the hook to pass on to, but is not `is_it`.
  constexpr LibraryFunction(const char* symbol, const char* library) : symbol_(symbol), library_(library) {}

  struct Found {
    void* function = nullptr;  // null: the process has none
    bool is_it = false;
  };
  /// What the code at `caller` would have called without us.
  [[nodiscard]] Found For(const void* caller);

 private:
  [[nodiscard]] void* Global();

  const char* symbol_;
  const char* library_;
  // What the whole process shares, as of an era: two words, as in recorder/rule_cache.cc.
  std::uint64_t check_ = 0, global_ = 0;
};

}  // namespace mqtrack::hooks
