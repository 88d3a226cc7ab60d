// A debuginfod server, asked by build id for the debug files that this machine lacks, through elfutils' libdebuginfod.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::symbolize {

struct DebugServerOptions {
  std::string urls = {};     // separated by blanks; empty: DEBUGINFOD_URLS of the environment
  bool ask_for_all = false;  // also for files that are not the distribution's
  std::chrono::milliseconds time_limit = std::chrono::seconds(90);  // for all questions together
  std::uint64_t most_bytes = std::uint64_t{4} << 30;                // of one answer
  /// Called about once a second while something is fetched, with the bytes so far and in all (0: not known), and once
  /// more with `file` empty at the end. May be unset.
  std::function<void(const std::string& file, std::uint64_t bytes, std::uint64_t total)> progress = {};
};

/// True for what a distribution installs: below /usr (but not /usr/local), /lib, /bin, /sbin. A service's own files
/// lie elsewhere, and their build ids are nobody's business.
[[nodiscard]] bool IsDistributionFile(const std::string& path);

/// What the servers answered, none of which sent a file.
struct ServerAnswers {
  std::string cache;    // the folder in which answers are kept
  std::string failure;  // of the last server that failed; one that answered that it has none did not
  int servers = 0, failed = 0;
};
/// `words`: what libdebuginfod says of one question (debuginfod_set_verbose_fd). Empty if it has asked nobody.
[[nodiscard]] ServerAnswers ReadServerAnswers(std::string_view words);

/// Answers, also that there is none, are kept in the cache that all clients of debuginfod share. Once all servers fail
/// or the time is up, nothing more is asked. One question at a time, from any thread. Sets variables of the environment
/// for the library.
class DebugServer {
 public:
  enum class What { kDebug, kCode };

  /// An error if libdebuginfod is not installed, or if there is no URL.
  [[nodiscard]] static support::Result<std::shared_ptr<DebugServer>> Open(DebugServerOptions options);
  ~DebugServer();
  DebugServer(const DebugServer&) = delete;
  DebugServer& operator=(const DebugServer&) = delete;

  /// The path of what belongs to `build_id`, which `file` was recorded with. Nothing if the server has none or may not
  /// be asked for it; then `note` says so if that is because a server failed.
  [[nodiscard]] std::optional<std::string> Find(What what, const std::string& build_id, const std::string& file,
                                                std::string& note);
  /// What was found is not of that build id: it goes from the cache, so that it is asked for again another time.
  static std::string Discard(const std::string& path);

 private:
  struct Library;
  DebugServer(DebugServerOptions options, std::unique_ptr<Library> library);
  [[nodiscard]] static int OnProgress(void* client, long bytes, long total);
  [[nodiscard]] std::string WhyItFailed(int error) const;
  void TellOfFailedServers(What what, const std::string& build_id, std::string& note);

  std::mutex one_question_;
  DebugServerOptions options_;
  std::unique_ptr<Library> library_;
  std::chrono::steady_clock::time_point deadline_;  // of the question that is being asked
  std::chrono::milliseconds left_;
  std::string file_;     // that is being asked for
  std::string problem_;  // not empty: nothing more is asked
  bool too_large_ = false, out_of_time_ = false, showed_progress_ = false;
};

}  // namespace mqtrack::symbolize
