#include "libtrack/heapgraph/client_states.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_set>
#include <utility>

#include "libtrack/log/client_hash.h"

namespace mqtrack::heapgraph {
namespace {

constexpr std::string_view kPublish = "PUBLISH";
// The recorder's labels are cut there (docs/mqtt.md): whose session it is cannot be told from a part of its id.
constexpr std::size_t kLongestId = 64;

/// By label set of a PUBLISH: who has sent it.
std::unordered_map<log::LabelsId, std::string> PublishersOf(const log::LogContent& content) {
  std::unordered_map<log::LabelsId, std::string> publishers;
  for (const auto& [id, pairs] : content.label_sets) {
    bool is_publish = false;
    std::string client;
    for (const auto& [key, value] : pairs) {
      is_publish |= key == log::LabelKey::kMqttPacket && value == kPublish;
      if (key == log::LabelKey::kMqttClient) client = value;
    }
    if (is_publish) publishers.emplace(id, std::move(client));
  }
  return publishers;
}

}  // namespace

std::string_view ClientConnectionName(ClientConnection connection) {
  switch (connection) {
    case ClientConnection::kConnected:
      return "connected";
    case ClientConnection::kOffline:
      return "offline";
    case ClientConnection::kEnded:
      return "ended";
    case ClientConnection::kUnknown:
      break;
  }
  return {};
}

std::optional<std::uint64_t> ClientState::Queued() const {
  if (!message_blocks || !inflight || !half_received) return std::nullopt;
  const std::uint64_t under_way = *inflight + *half_received;
  return *message_blocks - std::min(*message_blocks, under_way);
}

SessionTable::SessionTable(const log::BrokerFigures& figures, const MemorySource& memory) : gaps_(figures.gaps) {
  is_known_ = figures.is_broker != 0 && figures.session_levels[0] != 0;
  for (unsigned level = 0; is_known_ && level < log::kSessionLevels; ++level) {
    if (figures.session_levels[level] != 0)
      is_whole_ &= ReadLevel(figures.session_levels[level], log::SessionsInLevel(level), memory);
  }
  // A core file need not have all of the memory.
  is_whole_ &= sessions_.size() >= figures.of[static_cast<std::size_t>(log::BrokerFigure::kSessions)];
}

/// False if it could not be read to its end. Pages that were never touched are not shown, and hold nothing.
bool SessionTable::ReadLevel(std::uint64_t address, std::uint64_t count, const MemorySource& memory) {
  constexpr std::uint64_t kWords = sizeof(log::BrokerSession) / sizeof(std::uint64_t);
  if (address % sizeof(std::uint64_t) != 0 || address > ~std::uint64_t{0} - count * sizeof(log::BrokerSession))
    return false;
  std::vector<std::uint64_t> words(count * kWords);
  const AddressRange range{address, address + words.size() * sizeof(std::uint64_t)};
  const bool is_whole = memory.Visit(range, [&](std::uint64_t at, std::span<const std::uint64_t> piece) {
    if (at < range.start || at >= range.end) return;
    const std::uint64_t first = (at - range.start) / sizeof(std::uint64_t);
    std::copy_n(piece.begin(), std::min<std::uint64_t>(piece.size(), words.size() - first),
                words.begin() + static_cast<std::ptrdiff_t>(first));
  });
  for (std::uint64_t i = 0; i < count; ++i) {
    log::BrokerSession session;
    std::memcpy(&session, words.data() + i * kWords, sizeof session);
    if (session.key > 1 && log::StateOf(session) != log::SessionState::kGone) sessions_.emplace(session.key, session);
  }
  return is_whole;
}

ClientState SessionTable::Of(const std::string& id) const {
  using Gap = log::BrokerGap;
  ClientState state;
  if (!is_known_ || id.size() >= kLongestId || Has(Gap::kLostConnection)) return state;
  const auto found = sessions_.find(log::SessionKey(id));
  if (found == sessions_.end()) {
    if (is_whole_ && !Has(Gap::kManySessions) && !Has(Gap::kEarlier)) state.connection = ClientConnection::kEnded;
    return state;
  }
  const log::BrokerSession& session = found->second;
  state.connection = log::StateOf(session) == log::SessionState::kConnected ? ClientConnection::kConnected
                                                                            : ClientConnection::kOffline;
  state.since_unix_seconds = session.since_unix_seconds;
  if (session.is_stored != 0) return state;
  if (!Has(Gap::kManySubscriptions) && !Has(Gap::kRefusals)) state.subscriptions = session.subscriptions;
  if (!Has(Gap::kManyUnacknowledged) && !Has(Gap::kUnseenWrites)) {
    state.inflight = session.unacknowledged;
    state.half_received = session.half_open;
  }
  return state;
}

std::vector<std::optional<std::uint64_t>> CountMessages(const HeapCapture& capture, const OwnedTree& owned,
                                                        const StackPlaces& places) {
  std::vector<std::optional<std::uint64_t>> counts(owned.clients.size());
  const log::LogFacts& facts = capture.content.facts;
  // Without labels of packets, or where another thread than the reader handles them, nothing tells what made a block.
  if (!places || !facts.counts_packets || facts.unlabelled[static_cast<std::size_t>(log::Unlabelled::kQueued)] != 0)
    return counts;
  const std::unordered_map<log::LabelsId, std::string> publishers = PublishersOf(capture.content);
  const auto client_of = [&](std::size_t block) { return owned.clients[owned.owner_of[block]]; };
  std::unordered_map<log::StackId, std::uint64_t> place_of;
  const auto place = [&](std::size_t block) {
    const auto [entry, is_new] = place_of.try_emplace(capture.blocks[block].stack, 0);
    if (is_new) entry->second = places(capture.blocks[block].stack);
    return entry->second;
  };
  std::unordered_set<std::uint64_t> makers;
  std::vector<bool> has_own(owned.clients.size());  // made while its own PUBLISH was handled: a message, or anything
  for (std::size_t i = 0; i < capture.blocks.size(); ++i) {
    const auto publisher = client_of(i) == nullptr ? publishers.end() : publishers.find(capture.blocks[i].labels);
    if (publisher == publishers.end()) continue;
    if (publisher->second == *client_of(i)) {
      has_own[owned.owner_of[i]] = true;
    } else {
      makers.insert(place(i));
    }
  }
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> sums;
  for (std::size_t i = 0; i < capture.blocks.size(); ++i) {
    if (client_of(i) == nullptr || !makers.contains(place(i))) continue;
    const std::uint32_t above = owned.tree.parent[owned.first_block + i];
    const std::uint32_t holder = above == kNoNode || above < owned.first_block ? kNoNode : above - owned.first_block;
    const bool is_part = holder != kNoNode && client_of(holder) != nullptr && place(holder) != place(i) &&
                         makers.contains(place(holder));
    if (!is_part) ++sums[{owned.owner_of[i], place(i)}];
  }
  for (std::size_t owner = 0; owner < counts.size(); ++owner) {
    if (owned.clients[owner] != nullptr && !(has_own[owner] && makers.empty())) counts[owner] = 0;
  }
  for (const auto& [key, count] : sums) counts[key.first] = std::max(counts[key.first].value_or(0), count);
  return counts;
}

}  // namespace mqtrack::heapgraph
