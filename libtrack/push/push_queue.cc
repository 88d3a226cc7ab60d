#include "libtrack/push/push_queue.h"

#include <algorithm>

namespace mqtrack::push {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kLongestRetryAfterSeconds = 3600;

}  // namespace

void PushQueue::Delay(std::int64_t retry_after_seconds) {
  const std::chrono::milliseconds wait = backoff_.Next();
  const std::chrono::seconds asked(std::min(retry_after_seconds, kLongestRetryAfterSeconds));
  next_try_ = Clock::now() + std::max<Clock::duration>(wait, asked);
}

PostOutcome PushQueue::Send(const PushPart& part) {
  const PostAnswer answer = Post(MakeRequest(store_, base_, part), credentials_);
  const PostOutcome outcome = OutcomeOf(answer);
  problem_ = answer.problem;
  if (outcome == PostOutcome::kLater) {
    Delay(answer.retry_after_seconds);
    return outcome;
  }
  backoff_.Reset();
  next_try_ = {};
  ++(outcome == PostOutcome::kStored ? sent_ : given_up_);
  if (outcome != PostOutcome::kStored) why_given_up_ = answer.problem;
  return outcome;
}

std::string PushQueue::WhyGivenUp() const {
  if (why_given_up_.empty() || spool_->why_lost().empty()) return why_given_up_ + spool_->why_lost();
  return why_given_up_ + "; " + spool_->why_lost();
}

std::string PushQueue::Reasons() const {
  const std::string why = WhyGivenUp();
  const bool is_told = problem_.empty() || problem_ == why_given_up_ || problem_ == spool_->why_lost();
  if (is_told) return why;
  return why.empty() ? problem_ : problem_ + "; " + why;
}

void PushQueue::Add(const PushPart& part) {
  const bool may_send = spool_->count() == 0 && Clock::now() >= next_try_;
  if (may_send && Send(part) != PostOutcome::kLater) return;
  (void)spool_->Add(EncodePart(part));  // it says why it lost what it lost
}

bool PushQueue::SendOne() {
  if (Clock::now() < next_try_) return false;
  const std::optional<std::string> bytes = spool_->Oldest();
  if (!bytes) return false;
  const support::Result<PushPart> part = DecodePart(*bytes, "spool");
  if (!part) {
    ++given_up_;
    why_given_up_ = part.error().ToString();
    spool_->RemoveOldest();
    return true;
  }
  if (Send(*part) == PostOutcome::kLater) return false;
  spool_->RemoveOldest();
  return true;
}

}  // namespace mqtrack::push
