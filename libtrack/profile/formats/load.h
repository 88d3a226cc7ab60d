// Any heap profile a user may hold, recognised by its content: pprof (gzipped or raw), gperftools and jemalloc heap
// text, Go's debug=1 text (heap, goroutine, threadcreate).
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

enum class Format { kPprof, kGperftoolsHeap, kJemallocHeap, kGoText, kUnknown };

/// Recognises by content only.
[[nodiscard]] Format DetectFormat(std::string_view bytes);

/// Parses `bytes` in whatever accepted format; kUnknown is an error that lists the accepted ones.
[[nodiscard]] support::Result<Profile> ParseProfile(std::string_view bytes, const std::string& where);

/// Reads and parses a file ("-" is standard input).
[[nodiscard]] support::Result<Profile> LoadProfile(const std::string& path);

}  // namespace mqtrack::profile
