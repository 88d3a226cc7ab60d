// Sends parts, one after another, oldest first: at once while the store answers, from the spool when it is back.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "libtrack/push/http_post.h"
#include "libtrack/push/push_part.h"
#include "libtrack/push/push_request.h"
#include "libtrack/push/spool.h"
#include "libtrack/support/backoff.h"

namespace mqtrack::push {

/// Not thread-safe.
class PushQueue {
 public:
  PushQueue(Store store, std::string base, Credentials credentials, std::unique_ptr<Spool> spool)
      : store_(store), base_(std::move(base)), credentials_(std::move(credentials)), spool_(std::move(spool)) {}

  /// Sends it, or keeps it in the spool if it cannot be sent now or others wait there.
  void Add(const PushPart& part);
  /// Sends one of the spool, if that is due. False: there is nothing to do until `next_try`.
  bool SendOne();

  [[nodiscard]] std::chrono::steady_clock::time_point next_try() const { return next_try_; }
  [[nodiscard]] const Spool& spool() const { return *spool_; }
  /// What went wrong last; empty while all is well.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Parts that the store has, and those that it or the spool would not take.
  [[nodiscard]] std::int64_t sent() const { return sent_; }
  [[nodiscard]] std::int64_t given_up() const { return given_up_ + spool_->lost(); }
  /// Why the latest of them were; empty: none was. A store that was away and is back says nothing of it.
  [[nodiscard]] std::string WhyGivenUp() const;
  /// All that went wrong last, each reason once.
  [[nodiscard]] std::string Reasons() const;

 private:
  [[nodiscard]] PostOutcome Send(const PushPart& part);
  void Delay(std::int64_t retry_after_seconds);

  Store store_;
  std::string base_;
  Credentials credentials_;
  std::unique_ptr<Spool> spool_;
  std::string why_given_up_;
  std::string problem_;
  std::chrono::steady_clock::time_point next_try_{};
  support::Backoff backoff_{std::chrono::seconds(1), std::chrono::seconds(300)};
  std::int64_t sent_ = 0, given_up_ = 0;
};

}  // namespace mqtrack::push
