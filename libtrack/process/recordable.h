// Whether a program can be recorded, found out before it is started.
#pragma once

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::process {

/// Checks that `program` (resolved through PATH) can be recorded: exists, executable, dynamically linked (a script's
/// interpreter counts), of this architecture, not set-uid/set-gid or with file capabilities unless we are that user. An
/// error says what is the matter and what to do.
[[nodiscard]] support::Status CheckRecordable(const std::string& program);

/// A warning in one sentence if the program defines an allocator of its own (jemalloc or tcmalloc linked in, a
/// sanitizer), which hides from the recorder what is allocated through it; empty otherwise.
[[nodiscard]] std::string OwnAllocatorWarning(const std::string& program);

/// False only if it is known that the program has no allocator of its own, be it linked into it or Go's: one of which
/// no block was recorded has made none.
[[nodiscard]] bool MayHaveUnseenAllocator(const std::string& program);

/// "mallocx in bridge": the first function of an allocator's own interface that the program itself calls, which the
/// recorder does not see (libtrack/log/unseen_call.h); empty if it calls none. What its libraries call is found out
/// when it runs.
[[nodiscard]] std::string FindUnseenCall(const std::string& program);

}  // namespace mqtrack::process
