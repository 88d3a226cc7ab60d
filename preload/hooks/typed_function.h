// A function of a library that the service may or may not use (OpenSSL, libmosquitto, Paho), with its type.
#pragma once

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/library_function.h"

namespace mqtrack::hooks {

/// True for an address in the recorder's own library.
[[nodiscard]] bool IsOurs(const void* address);

/// While it lives, this thread is in a library's function that a hook has called. Where such a function ends by jumping
/// to another one that is hooked, the return address is ours, and tells nothing of the library: this does.
class InsideLibrary {
 public:
  template <typename Function>
  explicit InsideLibrary(Function function) : before_(recorder::thread_state.library_function) {
    recorder::thread_state.library_function = reinterpret_cast<const void*>(function);
  }
  ~InsideLibrary() { recorder::thread_state.library_function = before_; }
  InsideLibrary(const InsideLibrary&) = delete;
  InsideLibrary& operator=(const InsideLibrary&) = delete;

 private:
  const void* before_;
};

template <typename Function>
class TypedFunction {
 public:
  constexpr TypedFunction(const char* symbol, const char* library) : function_(symbol, library) {}

  /// What the code at `caller` would have called without us; null if there is no such function.
  [[nodiscard]] Function For(const void* caller) {
    if (phase == Phase::kCold) StartOnce();
    if (IsOurs(caller)) caller = recorder::thread_state.library_function;
    return reinterpret_cast<Function>(function_.For(caller).function);
  }

 private:
  LibraryFunction function_;
};

}  // namespace mqtrack::hooks
