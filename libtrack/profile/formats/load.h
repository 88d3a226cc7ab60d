// Any profile a user may hold, recognised by its content: pprof (gzipped or raw), gperftools and jemalloc heap text,
// CPU and contention profiles, Go's text, Java's.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

enum class Format {
  kPprof,
  kGperftoolsHeap,
  kJemallocHeap,
  kGoText,
  kGoroutineDump,
  kContention,
  kJavaText,
  kCpuProfile,
  kNamed,  // a part of names ("--- symbol"), or the line "--- heap" alone, before one of the others
  kUnknown
};

/// Recognises by content only. Of text, what the program or the allocator printed before the profile is skipped.
[[nodiscard]] Format DetectFormat(std::string_view bytes);

/// Parses `bytes` in whatever accepted format. Of kUnknown the error says what the file is, if that is known, and else
/// lists the accepted ones.
[[nodiscard]] support::Result<Profile> ParseProfile(std::string_view bytes, const std::string& where);

/// Reads and parses a file ("-" is standard input).
[[nodiscard]] support::Result<Profile> LoadProfile(const std::string& path);

}  // namespace mqtrack::profile
