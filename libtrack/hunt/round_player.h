// Plays an operation's steps against a broker. Everything is waited for: a round has ended when the broker has ended
// every connection of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "libtrack/hunt/doors.h"
#include "libtrack/hunt/operation.h"
#include "libtrack/mqtt/connection.h"
#include "libtrack/support/result.h"

namespace mqtrack::hunt {

/// A client that stays connected while rounds are played, and tells when the broker has come so far. Not thread-safe.
class Observer {
 public:
  /// `is_interrupted`, which may be empty and outlives the observer, ends every wait, with an error that says so.
  Observer(const Doors& doors, const std::function<bool()>& is_interrupted)
      : doors_(doors), is_interrupted_(is_interrupted) {}
  /// Returns when the broker has answered: it has then seen what others sent before. Connects if need be.
  [[nodiscard]] support::Status Sync();
  /// Keeps one question under way, so that the broker has something to do: mosquitto looks after web sockets once in
  /// each turn of its loop, which turns ten times a second otherwise. What to wait for along with others; null if there
  /// is no connection.
  [[nodiscard]] mqtt::Connection* Stir();
  /// Ends its connection.
  void Leave();
  [[nodiscard]] const std::function<bool()>& is_interrupted() const { return is_interrupted_; }

 private:
  [[nodiscard]] support::Status Connect();
  /// Takes packets until one is of `type`: true; or there is no whole one.
  [[nodiscard]] support::Result<bool> Take(mqtt::Type type);
  [[nodiscard]] support::Status WaitFor(mqtt::Type type);

  const Doors& doors_;
  const std::function<bool()>& is_interrupted_;
  mqtt::Connection connection_;
  bool has_asked_ = false;  // in Stir, and no answer was seen
};

/// One round of one operation. Not thread-safe.
class RoundPlayer {
 public:
  RoundPlayer(const Doors& doors, Observer& observer, const Operation& operation, std::uint64_t round)
      : doors_(doors), observer_(observer), operation_(operation), round_(round) {}
  ~RoundPlayer();

  /// The step with this number. An error says what the broker did instead of what the step waits for.
  [[nodiscard]] support::Status DoStep(std::size_t number);
  /// Ends the connections that are left, and waits until the broker has done so too.
  [[nodiscard]] support::Status End();
  /// All steps and the end.
  [[nodiscard]] support::Status Play();

 private:
  struct Peer {
    mqtt::Connection connection;
    std::uint32_t seen = 0;       // packet types that came and were not yet waited for, by bit
    std::uint16_t packet_id = 0;  // of the last packet that had one
    bool is_used = false;
    bool is_web_socket = false;
  };
  [[nodiscard]] support::Status Do(const Step& step, Peer& peer);
  [[nodiscard]] support::Status Open(const Step& step, Peer& peer);
  [[nodiscard]] support::Status Finish(Peer& peer);
  /// Moves all connections on until `done`, or fails after a time in which any broker answers.
  [[nodiscard]] support::Status Wait(const std::function<bool()>& done, const char* what);
  static void TakePackets(Peer& peer);
  [[nodiscard]] std::string OfRound(std::string bytes) const;

  static constexpr std::size_t kPeers = 8;
  const Doors& doors_;
  Observer& observer_;
  const Operation& operation_;
  std::uint64_t round_;
  std::array<Peer, kPeers> peers_;
};

/// Plays so many rounds of an operation, each to its end. `next_round` counts on, so that no two rounds bear one
/// number. `is_interrupted`, which may be empty, ends them within a fraction of a second, with an error that says so.
[[nodiscard]] support::Status PlayRounds(const Doors& doors, const Operation& operation, std::int64_t rounds,
                                         std::uint64_t& next_round, const std::function<bool()>& is_interrupted);

}  // namespace mqtrack::hunt
