// net/http/pprof's handlers, for a process that is no Go program: the same parameters, headers and errors.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "libtrack/http/request.h"
#include "libtrack/http/response.h"
#include "libtrack/service/snapshot_desk.h"
#include "libtrack/service/target_list.h"

namespace mqtrack::service {

/// What an answer needs of the server.
struct Surroundings {
  SnapshotDesk& desk;
  /// Calls work on a thread that may block, not before a time.
  std::function<void(SnapshotDesk::Clock::time_point, std::function<void()>)> at;
  std::chrono::seconds longest_delta;  // seconds=N beyond it are refused
  TargetList& targets;
};

using Answer = std::function<void(http::Response)>;

/// `name` is what stands behind /debug/pprof/ in the path; empty: the index. Called by a thread that may block. Answers
/// once, at once or after seconds=N.
void ServePprof(const http::Request& request, const std::string& name, const Target& target, const Surroundings& around,
                const Answer& answer);

}  // namespace mqtrack::service
