// Whether the service has begun to forbid itself system calls.
#pragma once

namespace mqtrack::crash {

/// True once it has asked for a filter, or for what must come before one: from then on a call of ours that it does not
/// make itself could end it.
[[nodiscard]] bool IsSandboxed();

/// Looks the real functions up. Called once, at the start.
void FindSandboxFunctions();

}  // namespace mqtrack::crash
