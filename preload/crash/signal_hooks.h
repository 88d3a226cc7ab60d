// The functions by which a service sets handlers and their stacks.
#pragma once

namespace mqtrack::crash {

/// Looks the C library's own up. Called once, at the start, so that handlers have nothing to look up.
void FindSignalFunctions();

}  // namespace mqtrack::crash
