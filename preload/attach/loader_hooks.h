// Hooks that only an attach needs: to notice libraries that are loaded later. Under LD_PRELOAD the loader binds those
// to the recorder by itself, so these are no exports, and a preloaded process never meets them.
#pragma once

#include <cstdint>
#include <span>

namespace mqtrack::redirection {

struct LoaderHook {
  const char* name;
  std::uintptr_t hook;
};
[[nodiscard]] std::span<const LoaderHook> LoaderHooks();
/// Looks the real ones up. Called once, before they are put into place.
void ResolveLoaderFunctions();

}  // namespace mqtrack::redirection
