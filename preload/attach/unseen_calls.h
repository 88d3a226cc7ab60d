// Notes in the log that a loaded file calls functions of an allocator's own interface, which have no hooks: readers
// then say that the heap is not known.
#pragma once

namespace mqtrack::redirection {

/// Looks at every file that is loaded now. Takes the loader's lock: while the recorder starts or is attached, no more.
/// Files that are loaded later are looked at when the first stack runs through them; of those, weak references are not
/// believed, since only the loader knows what became of them.
void NoteUnseenCalls();

}  // namespace mqtrack::redirection
