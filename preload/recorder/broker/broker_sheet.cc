#include "preload/recorder/broker/broker_sheet.h"

#include <ctime>

namespace mqtrack::recorder {
namespace {

constexpr auto kNoneIsStale = [](const auto&) { return false; };
constexpr std::uint64_t kOut = std::uint64_t{1} << 32, kIn = std::uint64_t{2} << 32;

/// What belongs to a session, by its era: a later session has another.
std::uint64_t HashOf(SessionRef owner, std::uint64_t hash) {
  return log::Mix(hash ^ std::uint64_t{owner.era} * 0x9e3779b97f4a7c15ULL);
}

std::uint64_t NowInSeconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec);
}

/// Makes `field` the earlier of the two; 0 is never.
void LowerTo(std::uint64_t& field, std::uint64_t second) {
  for (std::uint64_t there = LoadRelaxed(field); there == 0 || second < there; there = LoadRelaxed(field)) {
    if (Swap(field, there, second)) return;
  }
}

}  // namespace

constinit BrokerSheet broker_sheet;

void BrokerSheet::Start(log::BrokerFigures* figures, log::AskedFilters* asked) {
  StoreRelease(asked_, asked);
  StoreRelease(figures_, figures);
  connections_before_ = LoadRelaxed(connections_);
  sessions_.Forget();
  subscriptions_.Forget();
  messages_.Forget();
  topics_.Forget();
  if (connections_before_ != 0) Note(log::BrokerGap::kEarlier);
}

SessionRef BrokerSheet::Connected(std::uint64_t client, std::uint64_t connection, bool is_clean, Known known) {
  if (figures_ == nullptr) return {};
  constexpr int kMostAttempts = 8;  // another thread may be changing it
  const std::uint64_t key = decltype(sessions_)::KeyOf(client);
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    Session* session = sessions_.Find(key);
    if (session == nullptr) {
      const bool is_stored = known == Known::kKept && !is_clean;
      if (is_stored) Note(log::BrokerGap::kStored);
      return Begin(key, connection, is_stored);
    }
    if (!TakeOver(*session, key, connection)) continue;
    if (is_clean || known == Known::kNew) BeginEra(*session);
    return {sessions_.NumberOf(session), LoadRelaxed(session->era)};
  }
  Note(log::BrokerGap::kLostConnection);
  return {};
}

SessionRef BrokerSheet::Begin(std::uint64_t key, std::uint64_t connection, bool is_stored) {
  Session* session = sessions_.Claim(key, kNoneIsStale);
  if (session == nullptr) {
    Note(log::BrokerGap::kManySessions);
    return {};
  }
  for (unsigned level = 0; level < log::kSessionLevels; ++level)
    StoreRelaxed(figures_->session_levels[level], sessions_.AddressOf(level));
  BeginEra(*session);
  StoreRelaxed(session->is_stored, is_stored ? 1u : 0u);
  if (is_stored) AddBefore(log::BrokerBefore::kKept);
  StoreRelaxed(session->since_unix_seconds, static_cast<std::uint32_t>(NowInSeconds()));
  const SessionRef ref = {sessions_.NumberOf(session), LoadRelaxed(session->era)};
  StoreRelease(session->state, Make(State::kConnected, connection));
  Add(log::BrokerFigure::kSessions, 1);
  Add(log::BrokerFigure::kConnected, 1);
  StoreRelease(session->key, key);
  return ref;
}

bool BrokerSheet::TakeOver(Session& session, std::uint64_t key, std::uint64_t connection) {
  const std::uint64_t before = LoadAcquire(session.state);
  if (LoadAcquire(session.key) != key || StateIn(before) == State::kGone) return false;
  if (!Swap(session.state, before, Make(State::kConnected, connection))) return false;
  StoreRelaxed(session.since_unix_seconds, static_cast<std::uint32_t>(NowInSeconds()));
  if (StateIn(before) == State::kOffline) {
    AddAway(key, -1);
    Add(log::BrokerFigure::kConnected, 1);
  }
  return true;
}

void BrokerSheet::Closed(SessionRef ref, std::uint64_t connection, std::uint32_t expiry_seconds) {
  Session* session = sessions_.At(ref.number);
  if (ref.era == 0 || session == nullptr) return;
  const std::uint64_t ours = Make(State::kConnected, connection);
  if (expiry_seconds == 0) {
    if (!Swap(session->state, ours, Make(State::kGone, 0))) return;  // taken over by another connection
    Add(log::BrokerFigure::kConnected, -1);
    return GiveUp(*session);
  }
  const std::uint64_t now = NowInSeconds(), end = expiry_seconds == kNever ? kNever : now + expiry_seconds;
  const std::uint64_t key = LoadRelaxed(session->key);
  if (!Swap(session->state, ours, Make(State::kOffline, end))) return;
  StoreRelaxed(session->since_unix_seconds, static_cast<std::uint32_t>(now));
  Add(log::BrokerFigure::kConnected, -1);
  AddAway(key, 1);
  if (end != kNever && figures_ != nullptr) LowerTo(figures_->next_expiry, end);
}

/// The session, whose state is kGone by the calling thread's doing, is no more.
void BrokerSheet::GiveUp(Session& session) {
  Add(log::BrokerFigure::kSessions, -1);
  BeginEra(session);
  StoreRelease(session.key, std::uint64_t{0});
}

/// What belonged to the session until now does not any more.
void BrokerSheet::BeginEra(Session& session) {
  StoreRelease(session.era, AddRelaxed(eras_, 1u) + 1);
  StoreRelaxed(session.is_stored, 0u);
  Add(log::BrokerFigure::kSubscriptions, -static_cast<std::int64_t>(Exchange(session.subscriptions, std::uint64_t{0})));
  Add(log::BrokerFigure::kUnacknowledged,
      -static_cast<std::int64_t>(Exchange(session.unacknowledged, std::uint64_t{0})));
  Add(log::BrokerFigure::kHalfOpen, -static_cast<std::int64_t>(Exchange(session.half_open, std::uint64_t{0})));
}

BrokerSheet::Session* BrokerSheet::SessionOf(SessionRef ref) const {
  Session* session = ref.era != 0 ? sessions_.At(ref.number) : nullptr;
  return session != nullptr && LoadAcquire(session->era) == ref.era ? session : nullptr;
}

bool BrokerSheet::Enter(OwnedPlaces& places, SessionRef owner, std::uint64_t hash, Counter counter,
                        log::BrokerFigure figure, log::BrokerGap gap) {
  Session* session = SessionOf(owner);
  if (session == nullptr) return false;
  const std::uint64_t key = OwnedPlaces::KeyOf(HashOf(owner, hash));
  if (places.Find(key) != nullptr) return false;
  Owned* place = places.Claim(key, [this](const Owned& entry) {
    return SessionOf({LoadRelaxed(entry.owner.number), LoadRelaxed(entry.owner.era)}) == nullptr;
  });
  if (place == nullptr) {
    Note(gap);
    return false;
  }
  StoreRelaxed(place->owner.number, owner.number);
  StoreRelaxed(place->owner.era, owner.era);
  if (!places.Publish(place, key)) return false;
  AddShared(session->*counter, 1);
  Add(figure, 1);
  return true;
}

void BrokerSheet::Remove(OwnedPlaces& places, SessionRef owner, std::uint64_t hash, Counter counter,
                         log::BrokerFigure figure) {
  Session* session = SessionOf(owner);
  if (session == nullptr) return;
  const std::uint64_t key = OwnedPlaces::KeyOf(HashOf(owner, hash));
  Owned* place = places.Find(key);
  if (place == nullptr || !OwnedPlaces::Remove(place, key)) return;
  AddShared(session->*counter, ~std::uint64_t{0});
  Add(figure, -1);
}

bool BrokerSheet::Subscribed(SessionRef session, std::uint64_t filter) {
  return Enter(subscriptions_, session, filter, &Session::subscriptions, log::BrokerFigure::kSubscriptions,
               log::BrokerGap::kManySubscriptions);
}
void BrokerSheet::Unsubscribed(SessionRef session, std::uint64_t filter) {
  Remove(subscriptions_, session, filter, &Session::subscriptions, log::BrokerFigure::kSubscriptions);
}
void BrokerSheet::Sent(SessionRef session, std::uint16_t packet) {
  (void)Enter(messages_, session, kOut | packet, &Session::unacknowledged, log::BrokerFigure::kUnacknowledged,
              log::BrokerGap::kManyUnacknowledged);
}
void BrokerSheet::Acknowledged(SessionRef session, std::uint16_t packet) {
  Remove(messages_, session, kOut | packet, &Session::unacknowledged, log::BrokerFigure::kUnacknowledged);
}
void BrokerSheet::Opened(SessionRef session, std::uint16_t packet) {
  (void)Enter(messages_, session, kIn | packet, &Session::half_open, log::BrokerFigure::kHalfOpen,
              log::BrokerGap::kManyUnacknowledged);
}
void BrokerSheet::Released(SessionRef session, std::uint16_t packet) {
  Remove(messages_, session, kIn | packet, &Session::half_open, log::BrokerFigure::kHalfOpen);
}

void BrokerSheet::Retained(std::uint64_t topic) {
  if (figures_ == nullptr) return;
  Add(log::BrokerFigure::kRetainedSet, 1);
  const std::uint64_t key = decltype(topics_)::KeyOf(topic);
  if (topics_.Find(key) != nullptr) return;
  Topic* place = topics_.Claim(key, kNoneIsStale);
  if (place == nullptr) return Note(log::BrokerGap::kManyRetained);
  if (topics_.Publish(place, key)) Add(log::BrokerFigure::kRetained, 1);
}

void BrokerSheet::Cleared(std::uint64_t topic) {
  if (figures_ == nullptr) return;
  Add(log::BrokerFigure::kRetainedCleared, 1);
  const std::uint64_t key = decltype(topics_)::KeyOf(topic);
  Topic* place = topics_.Find(key);
  if (place != nullptr && decltype(topics_)::Remove(place, key)) Add(log::BrokerFigure::kRetained, -1);
}

void BrokerSheet::ExpireNow() {
  const std::uint64_t now = NowInSeconds();
  const std::uint64_t next = LoadRelaxed(figures_->next_expiry);
  // Who makes it 0 looks at all sessions; those that end meanwhile make it their own time.
  if (next == 0 || now < next || !Swap(figures_->next_expiry, next, std::uint64_t{0})) return;
  ExpireBy(now);
}

void BrokerSheet::ExpireBy(std::uint64_t second) {
  std::uint64_t next = kNever;
  sessions_.ForEach([&](Session& session) {
    const std::uint64_t state = LoadAcquire(session.state), end = state & kStateValue;
    if (StateIn(state) != State::kOffline || end == kNever) return;
    if (end > second) {
      if (end < next) next = end;
    } else if (Swap(session.state, state, Make(State::kGone, 0))) {
      AddAway(LoadRelaxed(session.key), -1);
      GiveUp(session);
    }
  });
  if (next != kNever) LowerTo(figures_->next_expiry, next);
}

}  // namespace mqtrack::recorder
