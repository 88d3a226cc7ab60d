// Processes that outlive the command that `mqtrack run` started: daemons, above all (`mosquitto -d`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mqtrack::cli {

/// Marks this run: a variable in the environment, which every process started by the command inherits over fork and
/// exec, wherever it is in the process tree. Call before the command is started. Returns what logs of the run have in
/// LogFacts::run.
std::uint64_t MarkRun();

/// A living process of this run.
struct Follower {
  std::int64_t pid = 0;
  std::string name;
  std::uint32_t uid = 0;
  bool recorded = false;  // it has a log
};

/// The living processes of this run, by pid. A daemon may be about to create its log when its parent exits, so this
/// waits, up to a second, until each process has one or is gone.
[[nodiscard]] std::vector<Follower> LivingFollowers(const std::string& log_dir);

}  // namespace mqtrack::cli
