// Which recordings of one name are one service's: several processes may bear a name at once, as two brokers do.
#pragma once

#include <string>
#include <vector>

#include "libtrack/history/history_store.h"

namespace mqtrack::history {

/// One recording, as far as telling services apart takes.
struct RecordingSpan {
  SeriesKey key;
  UnixMillis first = 0, last = 0;  // between these it ran
  std::string command;             // command line; empty: not known
};

/// The recordings of the service whose recording `key` is, oldest first: `key`, and those of what ran there before.
/// `spans`: all recordings of its name. While no two of them ran at once, each one before `key` is the service's. Else
/// only those of the same command line are, and of these none that ran at once with another. Pure.
[[nodiscard]] std::vector<SeriesKey> CourseOf(const SeriesKey& key, const std::vector<RecordingSpan>& spans);

/// True if two of them ran at once, so that CourseOf asks for their command lines.
[[nodiscard]] bool AnyAtOnce(const std::vector<RecordingSpan>& spans);

}  // namespace mqtrack::history
