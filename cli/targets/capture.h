// A snapshot as a file: its name, its encoding, and what a user is told about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/messages.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// What a snapshot holds, for a summary.
struct CaptureSummary {
  std::string target;      // as the recorder names the process, or what the user wrote
  std::string type, unit;  // of `value`: inuse_space, or what a foreign profile opens on
  std::int64_t value = 0;
  std::int64_t blocks = -1;  // -1: the profile does not count them
  std::int64_t stacks = 0;   // distinct ones
  std::int64_t losses = 0;   // -1: unknown, or not a recording of ours
  bool is_all_seen = true;   // false: blocks were made or freed past the recorder
  std::int64_t sample_bytes = 0;
  std::string generation;  // empty: unknown
};

[[nodiscard]] CaptureSummary Summarise(const profile::Profile& profile, const std::string& target);

/// "mosquitto (pid 4711): 1.2 MiB live in 3,456 blocks from 120 stacks, exact, nothing missed".
[[nodiscard]] std::string SummarySentence(const CaptureSummary& summary);

/// "mosquitto-4711-20261121T101500Z.pb.gz", in the current folder and not yet taken. Made from the process's name and
/// pid where the profile knows them, else from `target`.
[[nodiscard]] std::string DefaultFileName(const profile::Profile& profile, const std::string& target);

/// `text` as a part of a file name: anything unusual becomes "-".
[[nodiscard]] std::string FileNamePart(std::string_view text);

/// Writes `profile` to `path` for every pprof viewer, with drop_frames set so that they too hide pure allocation
/// functions. Says on stderr what was captured.
[[nodiscard]] support::Status WriteCapture(profile::Profile& profile, const std::string& path);

/// Notes of the recorder and the symbolizer that travel in the profile, as notes and warnings.
void PrintCaptureNotes(const profile::Profile& profile, const std::string& target, const Messages& messages);

}  // namespace mqtrack::cli
