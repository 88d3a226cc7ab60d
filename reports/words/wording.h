// The words that all tables and reports share, so that they say the same thing the same way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/analysis/forecast.h"
#include "libtrack/analysis/side.h"

namespace mqtrack::reports {

/// What a sample type counts, in words: "live bytes" of inuse_space, "threads" of threads, or "thread" if `count` is 1;
/// else the type's own name.
[[nodiscard]] std::string TypeInWords(std::string_view sample_type, std::int64_t count = 0);

/// "1 object", "2 objects", with separators of thousands.
[[nodiscard]] std::string Plural(std::int64_t count, std::string_view singular);

/// "+4.3 MiB in 25,000 objects" without the second part where there is none.
[[nodiscard]] std::string Amount(std::int64_t value, std::string_view unit, bool has_objects, std::int64_t objects);

/// The process of a profile: the recorder's name for it, else the program's, else "profile".
[[nodiscard]] std::string ProcessName(const analysis::Side& side);

/// Whole seconds from base to newer; 0 if either time is unknown or they do not follow each other.
[[nodiscard]] std::int64_t ElapsedSeconds(const analysis::Side& base, const analysis::Side& newer);

/// " (3.2 MiB per hour)" of what grew in `seconds`; empty where it did not, or the time is too short to say so.
[[nodiscard]] std::string HourlyRate(std::int64_t growth, std::int64_t seconds, std::string_view unit);

/// "at this rate (3.2 MiB per hour) the memory of cgroup /x is used up in 4 h 10 min, or sooner for what the allocator
/// adds".
[[nodiscard]] std::string ForecastSentence(const analysis::Forecast& forecast);

/// "src/retain.c:123", "src/retain.c", "in libssl.so.3", or empty. `caller`, if not empty, is added: "in mosquitto,
/// called by retain__store".
[[nodiscard]] std::string Where(std::string_view file, std::int64_t line, std::string_view module,
                                std::string_view caller = {});

/// `text` as one word of a shell command.
[[nodiscard]] std::string ShellWord(const std::string& text);

}  // namespace mqtrack::reports
