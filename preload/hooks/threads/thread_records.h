// How the life of a thread is recorded, for the hooks that hear of a part of it.
//
// A thread is one entry from before the real pthread_create until nothing of it is left: it was joined, or it ended
// and is detached. Its end is noticed by a destructor of thread-specific data, which runs whether it returns, exits or
// is cancelled; the start routine is jumped to, so that no frame of ours stands on the thread's stack.
#pragma once

#include <pthread.h>

#include "preload/hooks/threads/thread_slots.h"
#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::hooks {

/// Called once, at start-up. Without it no thread is recorded.
void PrepareThreads();
/// A thread is about to be made, with these attributes (null: the default ones). Null: it is not to be recorded.
[[nodiscard]] ThreadSlot* NewThread(const pthread_attr_t* attributes, void* (*routine)(void*), void* argument,
                                    recorder::StartFrame frame);
/// It could not be made after all.
void AbandonThread(ThreadSlot& slot, recorder::StartFrame frame);
/// The start routine to pass on for a thread that is recorded; its argument is the slot.
void* RunThread(void* slot);

/// Called before the real join: the slot of `thread`, or null if it has not begun to run. For ThreadJoined.
[[nodiscard]] ThreadSlot* JoiningThread(pthread_t thread);
/// `thread` has been joined: nothing of it is left.
void ThreadJoined(ThreadSlot* slot, pthread_t thread, recorder::StartFrame frame);
/// Called before the real detach, since nothing may be left of the thread after it; the result is for ThreadDetached.
[[nodiscard]] ThreadSlot* DetachingThread(pthread_t thread);
void ThreadDetached(ThreadSlot* slot, recorder::StartFrame frame);
/// The name of `thread` was set by another thread, or by itself.
void ThreadNamed(pthread_t thread, const char* name, recorder::StartFrame frame);
void OwnThreadNamed(const char* name, recorder::StartFrame frame);

/// Enters what runs already when the recorder is put into a process, while all hooks still pass through.
void RecordThreadsBefore(const log::ThreadBefore* threads, std::size_t count);

/// In a child of fork: only the thread that called fork lives on.
void ForgetThreadsAfterFork();
/// The same where its log is new, and knows no threads.
void RecordThreadAfterFork();

}  // namespace mqtrack::hooks
