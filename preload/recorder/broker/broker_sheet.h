// The balance sheet of what a broker has to hold, kept by what its clients and it told each other: who is connected,
// whose session is kept, what each is subscribed to, which topics have a retained message, what is under way.
//
// Its totals stand in the log's header, where readers see them. Behind them are tables of hashes, private to the
// process and bounded: who is told of what does not fit is the reader, by a gap. A session that ends takes what
// belongs to it along without a search: each has an era, and entries of another era than their session's are stale.
#pragma once

#include <cstdint>

#include "libtrack/log/broker_before.h"
#include "libtrack/log/broker_sessions.h"
#include "libtrack/log/layout.h"
#include "preload/recorder/broker/hashed_places.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/shared_count.h"

namespace mqtrack::recorder {

/// A session for as long as it is what it was when this was made. All zero: none.
struct SessionRef {
  std::uint32_t number;
  std::uint32_t era;
};

/// All members may be called from any thread and from signal handlers, keep errno, allocate nothing and never block.
/// Where there is no log, nothing is kept.
class BrokerSheet {
 public:
  static constexpr std::uint32_t kNever = ~std::uint32_t{0};
  /// What the broker's answer said: whether it had the session already.
  enum class Known : std::uint8_t { kNotSaid, kNew, kKept };

  /// From now on, and with nothing of what was before; both are those of a new log. Null: nothing is kept.
  void Start(log::BrokerFigures* figures, log::AskedFilters* asked = nullptr);
  void Note(log::BrokerGap gap) {
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(gap);
    if (figures_ != nullptr && (LoadRelaxed(figures_->gaps) & bit) == 0) OrRelaxed(figures_->gaps, bit);
  }
  /// A client has asked to be connected to this process.
  void MarkBroker() {
    if (figures_ != nullptr && LoadRelaxed(figures_->is_broker) == 0)
      StoreRelaxed(figures_->is_broker, std::uint64_t{1});
  }

  /// A number for a connection that no other one has.
  [[nodiscard]] std::uint64_t NewConnection() { return AddRelaxed(connections_, std::uint64_t{1}) + 1; }
  /// False: it is one of a parent, or from before an attach.
  [[nodiscard]] bool Has(std::uint64_t connection) const { return connection > connections_before_; }
  /// The client with this id is accepted, on this connection: another one that it has is about to be closed. None if
  /// there is no room.
  [[nodiscard]] SessionRef Connected(std::uint64_t client, std::uint64_t connection, bool is_clean, Known known);
  /// Its connection has ended, and the session is kept for so many seconds.
  void Closed(SessionRef session, std::uint64_t connection, std::uint32_t expiry_seconds);
  /// A client that was connected before the recorder came has gone. Its own are none of the clients that are counted.
  void LeftBefore() { AddBefore(log::BrokerBefore::kLeft); }
  void AddWill(bool is_set) { Add(log::BrokerFigure::kWills, is_set ? 1 : -1); }

  /// False: it was there before.
  bool Subscribed(SessionRef session, std::uint64_t filter);
  void Unsubscribed(SessionRef session, std::uint64_t filter);
  /// A SUBSCRIBE has named another filter than its first.
  void NoteUnnamedFilter() {
    if (asked_ != nullptr) AddRelaxed(asked_->unnamed, std::uint64_t{1});
  }
  /// A message with this packet identifier is under way to the client.
  void Sent(SessionRef session, std::uint16_t packet);
  void Acknowledged(SessionRef session, std::uint16_t packet);
  /// One of QoS 2 has come from it.
  void Opened(SessionRef session, std::uint16_t packet);
  void Released(SessionRef session, std::uint16_t packet);

  void Retained(std::uint64_t topic);
  void Cleared(std::uint64_t topic);

  /// Lets sessions go whose time is over. To be called often: looks at the clock only if there is such a time.
  void Expire() {
    if (figures_ != nullptr && LoadRelaxed(figures_->next_expiry) != 0) ExpireNow();
  }

 private:
  /// The totals are the sums of their counts.
  using Session = log::BrokerSession;
  using State = log::SessionState;
  struct Owned {
    std::uint64_t key;
    SessionRef owner;
  };
  struct Topic {
    std::uint64_t key;
  };
  using OwnedPlaces = HashedPlaces<Owned, 9, 4, 4>;
  using Counter = std::uint64_t Session::*;

  static constexpr unsigned kStateShift = log::kSessionStateShift;
  static constexpr std::uint64_t kStateValue = (std::uint64_t{1} << kStateShift) - 1;
  [[nodiscard]] static std::uint64_t Make(State state, std::uint64_t value) {
    return static_cast<std::uint64_t>(state) << kStateShift | (value & kStateValue);
  }
  [[nodiscard]] static State StateIn(std::uint64_t state) { return static_cast<State>(state >> kStateShift); }

  void Add(log::BrokerFigure figure, std::int64_t count) {
    if (figures_ != nullptr)
      AddShared(figures_->of[static_cast<std::size_t>(figure)], static_cast<std::uint64_t>(count));
  }
  void AddBefore(log::BrokerBefore count) {
    if (figures_ != nullptr) AddShared(figures_->of[static_cast<std::size_t>(count)], 1);
  }
  /// One more, or one less, of the sessions with this key is kept for a client that is gone.
  void AddAway(std::uint64_t key, std::int16_t count) {
    Add(log::BrokerFigure::kOffline, count);
    if (asked_ != nullptr) AddRelaxed(asked_->away[log::AskedFilters::PlaceOf(key)], static_cast<std::uint16_t>(count));
  }
  [[nodiscard]] SessionRef Begin(std::uint64_t key, std::uint64_t connection, bool is_stored);
  [[nodiscard]] bool TakeOver(Session& session, std::uint64_t key, std::uint64_t connection);
  void GiveUp(Session& session);
  void BeginEra(Session& session);
  [[nodiscard]] Session* SessionOf(SessionRef ref) const;
  [[nodiscard]] bool Enter(OwnedPlaces& places, SessionRef owner, std::uint64_t hash, Counter counter,
                           log::BrokerFigure figure, log::BrokerGap gap);
  void Remove(OwnedPlaces& places, SessionRef owner, std::uint64_t hash, Counter counter, log::BrokerFigure figure);
  void ExpireBy(std::uint64_t second);
  void ExpireNow();

  log::BrokerFigures* figures_ = nullptr;
  log::AskedFilters* asked_ = nullptr;
  std::uint64_t connections_ = 0, connections_before_ = 0;
  std::uint32_t eras_ = 0;
  HashedPlaces<Session, log::kFirstSessionBits, log::kSessionStepBits, log::kSessionLevels> sessions_;
  OwnedPlaces subscriptions_, messages_;
  HashedPlaces<Topic, 12, 3, 4> topics_;
};

/// The one of this process.
extern BrokerSheet broker_sheet;

}  // namespace mqtrack::recorder
