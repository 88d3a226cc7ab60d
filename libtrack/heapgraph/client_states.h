// What is known of a broker's clients beside what they hold: connected or not, subscriptions, messages under way, by
// the recorder's table of sessions, which is read from the service's memory; and how many messages each has waiting, by
// who made its blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/dominators.h"
#include "libtrack/log/broker_sessions.h"
#include "libtrack/log/layout.h"

namespace mqtrack::heapgraph {

enum class ClientConnection : std::uint8_t {
  kUnknown,
  kConnected,
  kOffline,  // gone, and its session is to be kept
  kEnded,    // it has no session any more
};
/// "connected" and the like; empty: not known.
[[nodiscard]] std::string_view ClientConnectionName(ClientConnection connection);

/// What has no value is not known.
struct ClientState {
  ClientConnection connection = ClientConnection::kUnknown;
  std::int64_t since_unix_seconds = 0;          // of `connection`; 0: not known
  std::optional<std::uint64_t> subscriptions;   // distinct filters
  std::optional<std::uint64_t> inflight;        // messages sent to it, and not yet acknowledged
  std::optional<std::uint64_t> half_received;   // messages of QoS 2 from it, and not yet released
  std::optional<std::uint64_t> message_blocks;  // its blocks that stand for one message each
  /// Of these, messages that wait to be sent: neither of the two above.
  [[nodiscard]] std::optional<std::uint64_t> Queued() const;
};

/// Which blocks one place in the code makes; another number for each sort.
using StackPlaces = std::function<std::uint64_t(log::StackId)>;

/// The recorder's table of sessions.
class SessionTable {
 public:
  SessionTable(const log::BrokerFigures& figures, const MemorySource& memory);
  /// Without message_blocks.
  [[nodiscard]] ClientState Of(const std::string& id) const;

 private:
  [[nodiscard]] bool Has(log::BrokerGap gap) const { return (gaps_ >> static_cast<unsigned>(gap) & 1) != 0; }
  [[nodiscard]] bool ReadLevel(std::uint64_t address, std::uint64_t count, const MemorySource& memory);

  bool is_known_ = false, is_whole_ = true;
  std::uint64_t gaps_ = 0;
  std::unordered_map<std::uint64_t, log::BrokerSession> sessions_;
};

/// What CountMessages asks about blocks.
struct OwnedTree {
  const DominatorTree& tree;
  std::uint32_t first_block;                   // the tree's node of the first block
  const std::vector<std::uint32_t>& owner_of;  // by block
  std::vector<const std::string*> clients;     // by owner: the id of a client; null: it is none
};

/// How many messages each owner that is a client has, by blocks. A place in the code makes messages for clients if it
/// has made a block of one while a PUBLISH of another was handled; all that it has made count, since a retained message
/// or a will comes another way. What hangs from such a block and is of another sort is part of the message; of several
/// sorts that of which there are the most counts. Nothing: it cannot be told.
[[nodiscard]] std::vector<std::optional<std::uint64_t>> CountMessages(const HeapCapture& capture,
                                                                      const OwnedTree& owned,
                                                                      const StackPlaces& places);

}  // namespace mqtrack::heapgraph
