// Go's runtime asks the kernel itself which alternate stack a thread has, and takes the one that it finds for its own.
// So it knows of ours, and its handlers, which it sets by the C library's sigaction, must run on it.
#pragma once

namespace mqtrack::crash {

/// True if `handler` lies in a program or library that has Go's runtime in it. Asks the loader, which takes a lock, the
/// first time that it is asked of a handler.
[[nodiscard]] bool IsOfGo(const void* handler);

}  // namespace mqtrack::crash
