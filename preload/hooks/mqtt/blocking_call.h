// What the hooks of reading and writing share: a real function that may block, and therefore is called without any
// guard.
#pragma once

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/real_functions.h"

namespace mqtrack::hooks {

template <typename Function>
void ResolveNext(Function& function, const char* symbol) {
  function = reinterpret_cast<Function>(FindNext(symbol));
}

/// Until the real functions are known, which is the moment that another thread takes to start the recorder, the kernel
/// is asked directly. Inlined, so that a thread which waits has no frame of ours but the hook's.
template <typename Function, typename Direct, typename... Arguments>
[[gnu::always_inline]] inline auto CallReal(const Function& function, Direct direct, Arguments... arguments)
    -> decltype(function(arguments...)) {
  if (recorder::LoadAcquire(gate.is_open) == 0 && phase == Phase::kCold) [[unlikely]]
    StartOnce();
  return function != nullptr ? function(arguments...) : static_cast<decltype(function(arguments...))>(direct());
}

}  // namespace mqtrack::hooks
