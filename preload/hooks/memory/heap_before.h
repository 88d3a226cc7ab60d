// What the heap holds when a log begins that does not know its blocks.
#pragma once

namespace mqtrack::hooks {

/// Looks up what RecordHeapBefore needs. Not in a child of fork: another thread may have held the loader's lock.
void ResolveHeapFigures();

/// Enters all of it as one thing, as glibc's allocator counts it; nothing if the process has another one.
void RecordHeapBefore();

}  // namespace mqtrack::hooks
