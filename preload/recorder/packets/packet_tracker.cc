#include "preload/recorder/packets/packet_tracker.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "preload/recorder/packets/attribution.h"
#include "preload/recorder/packets/foreign_connections.h"
#include "preload/recorder/packets/packet_labels.h"
#include "preload/recorder/packets/packet_slot.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/sync/shared_count.h"

namespace mqtrack::recorder {

constinit PacketTracker packet_tracker;

namespace {

/// TCP, or a unix stream socket.
bool IsStreamSocket(int fd) {
  const ErrnoKeeper keep_errno;
  int type = 0;
  socklen_t bytes = sizeof type;
  return KernelCall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, Argument(&type), Argument(&bytes)) == 0 &&
         type == SOCK_STREAM;
}

}  // namespace

void PacketTracker::Start(bool is_on) {
  broker_sheet.Start(nullptr);
  if (was_on_) {
    for (std::size_t index = 0; index < kAll; ++index) {
      if (StateOf(index) != kUnknown) Reset(index);
    }
    for (std::uint64_t& session : sessions_) StoreRelaxed(session, std::uint64_t{0});
  }
  StoreRelaxed(recorder.header().counts_packets, std::uint64_t{is_on ? 1u : 0u});
  if (is_on) broker_sheet.Start(&recorder.header().broker, &recorder.header().asked);
  is_on_ = is_on;
  was_on_ = was_on_ || is_on;
}

void PacketTracker::ForgetClientsAfterFork(bool has_log) const {
  const bool keeps = has_log && is_on_;
  broker_sheet.Start(keeps ? &recorder.header().broker : nullptr, keeps ? &recorder.header().asked : nullptr);
}

/// Null if there is no memory for it.
PacketTracker::Slot* PacketTracker::MakeChunk(std::size_t number) {
  const ErrnoKeeper keep_errno;
  constexpr std::size_t kBytes = kChunk * sizeof(Slot);
  void* memory = MapMemory(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  if (memory == MAP_FAILED) return nullptr;
  if (Swap(chunks_[number], static_cast<Slot*>(nullptr), static_cast<Slot*>(memory))) return static_cast<Slot*>(memory);
  UnmapMemory(memory, kBytes);
  return LoadAcquire(chunks_[number]);
}

/// Nobody else uses the slot yet.
void PacketTracker::JoinSlot(std::size_t index, const char* peer, std::size_t bytes, Connection::Role role) {
  Slot* slot = SlotAt(index);
  if (slot == nullptr) return;
  constexpr char kPeer[] = "(peer ", kUnknownPeer[] = "(open before)";
  constexpr std::size_t kPeerBytes = sizeof kPeer - 1, kMost = kMaxClientBytes - kPeerBytes - 1;
  char* text = slot->before.data;
  if (bytes == 0) {
    slot->before.bytes = sizeof kUnknownPeer - 1;
    std::memcpy(text, kUnknownPeer, slot->before.bytes);
  } else {
    if (bytes > kMost) bytes = kMost;
    std::memcpy(text, kPeer, kPeerBytes);
    std::memcpy(text + kPeerBytes, peer, bytes);
    text[kPeerBytes + bytes] = ')';
    slot->before.bytes = static_cast<std::uint8_t>(kPeerBytes + bytes + 1);
  }
  slot->joins = kMostJoins;
  slot->is_named = slot->is_drained = 0;
  slot->is_linked = slot->is_skipped = 0;
  slot->link = {};
  slot->sets = {};
  slot->sent = {};
  slot->sent.is_lost = 1;
  Join(slot->connection, role);
  SetState(index, kJoining);
}

void PacketTracker::DescriptorWasOpen(int fd, const char* peer, std::size_t bytes, Connection::Role role) {
  const auto index = static_cast<std::size_t>(fd);
  if (is_on_ && index < kMaxDescriptors && IsStreamSocket(fd)) JoinSlot(index, peer, bytes, role);
}

/// What was read made no sense; perhaps we are not who we seemed to be. False: it is not tried again.
bool PacketTracker::JoinAgain(Slot& slot) {
  if (slot.joins == 0) return false;
  --slot.joins;
  Join(slot.connection);
  return true;
}

/// It has turned out to be MQTT. If it was joined, and not opened anew by a CONNECT.
void PacketTracker::NoteJoined(Slot& slot) {
  if (slot.connection.joined == 0) return;
  slot.connection.client = slot.before;
  slot.connection.has_client = 1;
  packet_labels.CountUnlabelled(log::Unlabelled::kJoined);
}

void PacketTracker::DescriptorLost(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index < kMaxDescriptors && StateOf(index) == kWebSocket) return LoseWebSocket(index);
  if (index >= kMaxDescriptors || !IsFollowed(StateOf(index))) return;
  LoseClient(index);
  SetState(index, kIgnored);
  packet_labels.CountLostConnection();
}

/// The calling thread handles a packet from now on: whether what it makes is to be in the loop that has read it. A
/// client library may return from there before it hands the message on.
static inline void NoteInLoop(ThreadState& thread, const Connection& connection) {
  // Where it is not known yet who we are, rather too little has labels than too much.
  const bool is_client = connection.role == Connection::Role::kClient;
  if (is_client) thread.loop_locks = 0;  // and what it locks then says nothing
  const bool is_in_loop = !is_client && IsLoopActive();
  thread.turn = static_cast<std::uint8_t>((thread.turn & ~kInLoop) | (is_in_loop ? kInLoop : 0));
}

/// Bytes were taken that only say that this thread handles a packet, perhaps a new one. With more threads than one its
/// labels are looked up at once: the next packet of the connection may be another thread's.
inline void PacketTracker::NoteQuietly(Slot& slot, bool is_first) {
  ThreadState& thread = thread_state;
  if (is_first) {
    ++slot.packets;
    NoteInLoop(thread, slot.connection);
  } else if (thread.packet_from == &slot && thread.packet_number == slot.packets && thread.in_packet != InPacket::kNo &&
             !HasHead(slot.connection)) {
    return;
  }
  thread.packet_from = &slot;
  thread.packet_number = slot.packets;
  thread.in_packet = InPacket::kUnlabelled;
  if (!IsOnlyThread()) Label(slot);
}

[[gnu::always_inline]] inline void PacketTracker::Follow(std::size_t index, const void* bytes, std::size_t count) {
  Slot* slot = SlotAt(index);
  const State state = StateOf(index);
  if (slot == nullptr || !SwapShared(slot->is_busy, 0, 1)) [[unlikely]] {
    if (IsFollowed(state)) packet_labels.CountLostConnection();
    LoseClient(index);
    return SetState(index, kIgnored);
  }
  const bool is_first = slot->connection.phase == Connection::Phase::kFirstByte;
  if (IsFollowed(state) && TakeQuietly(slot->connection, bytes, count)) [[likely]] {
    if (const PacketType type = Completed(slot->connection); type != PacketType::kNone)
      packet_labels.CountReceived(type);
    NoteQuietly(*slot, is_first);
    if (recorder.trace().IsOn()) [[unlikely]]
      TraceQuietly(index, *slot, is_first);
    if (state == kServed) FollowQuietly(*slot, is_first, bytes, count);
  } else {
    if (slot->is_skipped != 0) GoOnWithSkipped(*slot, 0);
    Feed(index, *slot, bytes, count);
    if (StateOf(index) == kServed) FollowClient(*slot, bytes, count);
  }
  NoteTurn(*slot);
  StoreRelease(slot->is_busy, std::uint64_t{0});
}

/// The thread has read from the connection, and has the labels of the packet. In a loop with a mutex of its own, only
/// the first read after one that gave nothing is made because the descriptor has become ready, and is handled at once;
/// further ones are made for later.
inline void PacketTracker::NoteTurn(Slot& slot) {
  ThreadState& thread = thread_state;
  const bool was_drained = slot.is_drained != 0;
  slot.is_drained = 0;
  if (thread.loop_locks == 0 || (thread.turn & kQueues) == 0 || was_drained) [[likely]]
    return;
  if (thread.loop_locks == 1) {
    thread.turn |= kReadAhead;
    thread.ahead_slot = &slot;
    slot.ahead_labels = thread.in_packet == InPacket::kLabelled ? thread.labels : 0;
  } else {
    packet_labels.CountUnlabelled(log::Unlabelled::kQueued);
  }
  PacketLabels::End();
}

void PacketTracker::ThreadPolled() {
  ThreadState& thread = thread_state;
  const bool handles_next = (thread.turn & kReadAhead) != 0 && IsOnlyThread();
  if ((thread.turn & kReadAhead) != 0 && !handles_next) packet_labels.CountUnlabelled(log::Unlabelled::kQueued);
  if (thread.loop_mutex != nullptr) thread.turn |= kQueues;
  thread.turn = static_cast<std::uint8_t>((thread.turn & kQueues) | (handles_next ? kHandlesNext : 0));
  thread.loop_locks = 0;
  PacketLabels::End();
}

void PacketTracker::HandleReadAhead() {
  ThreadState& thread = thread_state;
  auto* slot = static_cast<Slot*>(const_cast<void*>(thread.ahead_slot));
  thread.turn &= kQueues;
  thread.packet_from = slot;
  thread.packet_number = slot->packets;
  thread.in_packet = InPacket::kUnlabelled;
  if (slot->ahead_labels == 0) return;
  thread.labels = slot->ahead_labels;
  thread.in_packet = InPacket::kLabelled;
}

/// A thread that reads from another connection is done with the packet that it had; and so is one whose loop handles
/// what it reads at once, if it finds no more on the packet's own.
void PacketTracker::GaveNothing(std::size_t index, bool is_open) {
  ThreadState& thread = thread_state;
  Slot* slot = SlotAt(index);
  if (slot == nullptr) return;
  if (is_open) {
    slot->is_drained = 1;
    thread.turn |= kQueues;
  }
  if (!is_open || thread.packet_from != slot || thread.loop_mutex != nullptr) PacketLabels::End();
}

/// Where we are the client, what we wrote says which one. It is noted after the call, which may be later than its
/// answer is read elsewhere.
void PacketTracker::AdoptClient(Slot& slot) {
  Connection& connection = slot.connection;
  if (connection.role != Connection::Role::kClient || connection.has_client != 0 ||
      LoadAcquire(slot.is_client_known) == 0)
    return;
  connection.client = slot.written.client;
  connection.has_client = 1;
}

/// The slot is the calling thread's.
void PacketTracker::Label(Slot& slot) {
  Handling handling;
  Describe(slot.connection, pool_, handling);
  AdoptClient(slot);
  packet_labels.Begin(slot.connection, handling, slot.sets);
}

void PacketTracker::LabelPacket() {
  ThreadState& thread = thread_state;
  Slot& slot = *static_cast<Slot*>(thread.packet_from);
  if (!IsOnlyThread()) {  // others may be reading from it
    packet_labels.CountUnlabelled(log::Unlabelled::kQueued);
    return PacketLabels::End();
  }
  thread.labels = thread.name_labels;
  if (!SwapShared(slot.is_busy, 0, 1)) return;  // in a signal handler: what it interrupted still needs the labels
  if (slot.packets == thread.packet_number)
    Label(slot);
  else
    PacketLabels::End();
  StoreRelease(slot.is_busy, std::uint64_t{0});
}

void PacketTracker::Feed(std::size_t index, Slot& slot, const void* bytes, std::size_t count) {
  Connection& connection = slot.connection;
  const State state = StateOf(index);
  if (!IsFollowed(state) && state != kJoining) {
    connection = {};
    slot.sets = {};
    slot.is_named = 0;
    slot.is_linked = 1;
    slot.is_skipped = 0;
    slot.link = {};
    slot.is_drained = state == kTried ? 1 : 0;
    if (state == kConnecting)
      connection.role = Connection::Role::kClient;
    else
      slot.sent = {};
    SetState(index, kFollowed);
  }
  ++slot.packets;
  thread_state.packet_from = &slot;
  thread_state.packet_number = slot.packets;
  Handling handling;
  switch (recorder::Feed(connection, pool_, bytes, count, handling)) {
    case Fed::kUnproven:
      return PacketLabels::End();
    case Fed::kPacket:
      if (state == kJoining) [[unlikely]] {
        NoteJoined(slot);
        SetState(index, kJoining, kFollowed);
      }
      packet_labels.CountReceived(handling.completed);
      AdoptClient(slot);
      NoteInLoop(thread_state, connection);
      packet_labels.Begin(connection, handling, slot.sets);
      if (recorder.trace().IsOn()) [[unlikely]]
        TraceFed(index, slot, handling, state);
      if (slot.is_named == 0 && connection.has_client != 0 && connection.role != Connection::Role::kClient &&
          (index < kMaxDescriptors || slot.descriptor != 0)) {
        slot.is_named = 1;
        const std::size_t descriptor = index < kMaxDescriptors ? index : slot.descriptor - 1;
        packet_labels.NameConnection(static_cast<int>(descriptor), connection);
      }
      if (connection.role == Connection::Role::kClient) broker_sheet.Note(log::BrokerGap::kBridges);
      // Unless another thread has closed it meanwhile.
      SetState(index, kFollowed, connection.role == Connection::Role::kServer ? kServed : kFollowed);
      break;
    case Fed::kLostSync:
      packet_labels.CountReceived(handling.completed);
      packet_labels.CountLostConnection();
      LoseClient(index);
      [[fallthrough]];
    case Fed::kNotMqtt:
      if (state == kJoining && slot.joins == kMostJoins) NoteForeign(bytes, count);
      if (state != kJoining || !JoinAgain(slot)) SetState(index, kIgnored);
      PacketLabels::End();
      break;
  }
}

void PacketTracker::FollowDescriptor(int fd, const void* bytes, std::size_t count) {
  const auto index = static_cast<std::size_t>(fd);
  if (StateOf(index) == kWaker) return PacketLabels::End();
  if (StateOf(index) == kRequest) return PacketLabels::End();
  if (StateOf(index) == kWebSocket) return WebSocketRead(index, bytes, count);
  if (IsNew(StateOf(index))) [[unlikely]] {
    const log::Unlabelled foreign = WhatIsForeign(bytes, count);
    if (foreign == log::Unlabelled::kWebSocket && (recorder.sandboxed() || IsStreamSocket(fd)))
      return BeginWebSocket(index, bytes, count);
    if (IsHttpRequest(bytes, count) && (recorder.sandboxed() || IsStreamSocket(fd))) {
      SetState(index, kRequest);
      return PacketLabels::End();
    }
    if (foreign != log::Unlabelled::kCount) packet_labels.CountUnlabelled(foreign);
    // A CONNECT says what it is; a CONNACK is short enough to be met in a file.
    const unsigned char first = *static_cast<const unsigned char*>(bytes);
    const bool is_socket = MayBegin(first) && (recorder.sandboxed() ? first == 0x10 : IsStreamSocket(fd));
    if (!is_socket) return SetState(index, kIgnored);
  }
  Follow(index, bytes, count);
}

/// A client has sent this, and the slot is the calling thread's.
void PacketTracker::FollowClient(Slot& slot, const void* bytes, std::size_t count) {
  if (slot.is_linked != 0) [[likely]]
    return slot.link.Read(broker_sheet, bytes, count);
  // It was met in its middle: from the next packet on.
  if (slot.connection.phase != Connection::Phase::kFirstByte) return;
  slot.link.Join(broker_sheet, slot.connection.version);
  slot.is_linked = 1;
}

/// The same of bytes that were taken quietly. Most packets do not matter, and are passed over: a broker reads each in
/// three steps.
inline void PacketTracker::FollowQuietly(Slot& slot, bool is_first, const void* bytes, std::size_t count) {
  const Connection& connection = slot.connection;
  if (is_first) {
    slot.is_skipped = slot.is_linked != 0 && slot.link.MaySkip(connection.first) ? 1 : 0;
    broker_sheet.Expire();
  }
  if (slot.is_skipped == 0) return FollowClient(slot, bytes, count);
  const bool begins_body = connection.read != 0 && connection.read == count;
  if (!begins_body || static_cast<PacketType>(connection.first >> 4) != PacketType::kPuback) return;
  const auto* body = static_cast<const unsigned char*>(bytes);
  if (count >= 2) return slot.link.Acknowledged(broker_sheet, static_cast<std::uint16_t>(body[0] << 8 | body[1]));
  GoOnWithSkipped(slot, count);
  slot.link.Read(broker_sheet, bytes, count);
}

/// The link is told of the packet at hand from `back` bytes before here on.
void PacketTracker::GoOnWithSkipped(Slot& slot, std::size_t back) {
  const Connection& connection = slot.connection;
  slot.is_skipped = 0;
  if (connection.phase == Connection::Phase::kFirstByte) return;
  PacketFrame frame = {};
  frame.first = connection.first;
  frame.length = connection.length;
  frame.length_bytes = connection.length_bytes;
  frame.has_length = connection.phase == Connection::Phase::kBody ? 1 : 0;
  if (frame.has_length != 0) frame.left = connection.length - connection.read + static_cast<std::uint32_t>(back);
  slot.link.Resume(broker_sheet, frame);
}

/// What a client sends is not seen any more, if it is one.
void PacketTracker::LoseClient(std::size_t index) {
  if (StateOf(index) != kServed) return;
  broker_sheet.Note(log::BrokerGap::kLostConnection);
  if (Slot* slot = SlotAt(index)) slot->link.Closed(broker_sheet);
}

/// Of a connection that there is no room for.
void PacketTracker::NoteUnfollowed(const void* bytes) {
  if (*static_cast<const unsigned char*>(bytes) == kConnectByte) broker_sheet.Note(log::BrokerGap::kLostConnection);
}

/// The slot's `is_written` is the calling thread's.
inline void PacketTracker::AddSent(std::size_t index, Slot& slot, const void* bytes, std::size_t count,
                                   bool is_broker) {
  const bool was_lost = slot.sent.is_lost != 0;
  PacketCounts counts = {};
  const SentState state = {slot.link, broker_sheet};
  if (!FollowSent(slot.sent, bytes, count, counts, is_broker ? &state : nullptr) && !was_lost) {
    packet_labels.CountUncountedSender();
    if (is_broker) broker_sheet.Note(log::BrokerGap::kUnseenWrites);
  }
  packet_labels.CountSent(counts);
  if (recorder.trace().IsOn()) [[unlikely]]
    TraceSent(index, slot, counts);
}

void PacketTracker::CountSent(std::size_t index, const void* bytes, std::size_t count) {
  Slot* slot = SlotAt(index);
  if (slot == nullptr) return;
  if (!Swap(slot->is_written, 0u, 1u)) return StoreRelease(slot->is_sent_missed, 1u);
  if (LoadAcquire(slot->is_sent_missed) != 0) [[unlikely]] {
    StoreRelease(slot->is_sent_missed, 0u);
    if (slot->sent.is_lost == 0) packet_labels.CountUncountedSender();
    if (StateOf(index) == kServed) broker_sheet.Note(log::BrokerGap::kUnseenWrites);
    slot->sent = {};
    slot->sent.is_lost = 1;
  }
  AddSent(index, *slot, bytes, count, StateOf(index) == kServed);
  StoreRelease(slot->is_written, 0u);
}

void PacketTracker::NoteWritten(std::size_t index, const void* bytes, std::size_t count) {
  const State before = StateOf(index);
  const bool is_descriptor = index < kMaxDescriptors;
  if (IsNew(before) && is_descriptor && !recorder.sandboxed() && !IsStreamSocket(static_cast<int>(index)))
    return SetState(index, before, kIgnored);
  Slot* slot = SlotAt(index);
  if (slot == nullptr || !Swap(slot->is_written, 0u, 1u)) return;
  if (IsNew(before) || before == kJoining) {
    StoreRelease(slot->is_client_known, 0u);
    slot->written = {};
    if (before != kJoining) slot->sent = {};
  }
  // Once something was read, only a CONNECT that was answered before it could be noted is still of interest.
  if (!IsFollowed(before) || LoadRelaxed(slot->is_client_known) == 0) {
    Handling handling;
    const Fed fed = recorder::Feed(slot->written, pool_, bytes, count, handling);
    const bool is_client = fed == Fed::kPacket && slot->written.role == Connection::Role::kServer;
    const bool goes_on = before == kJoining && !is_client;  // it was no CONNECT
    if (is_client && !IsFollowed(before)) {
      if (before == kJoining) slot->sent = {};
      AddSent(index, *slot, bytes, count, false);
    }
    if (!IsFollowed(before) && LoadRelaxed(slot->is_client_known) == 0 && !goes_on)
      SetState(index, before, is_client ? kConnecting : kIgnored);
    if (is_client && slot->written.has_client != 0) StoreRelease(slot->is_client_known, 1u);
  }
  StoreRelease(slot->is_written, 0u);
}

void PacketTracker::Reset(std::size_t index) {
  const State before = StateOf(index);
  SetState(index, kUnknown);
  if (before == kIgnored || before == kWaker || before == kRequest) return;
  if (before == kWebSocket) return SessionEnded(KeyOfWebSocket(index));
  Slot* slot = SlotAt(index);
  if (slot == nullptr) return;
  StoreRelease(slot->is_client_known, 0u);
  slot->link.Closed(broker_sheet);
  ThreadState& thread = thread_state;
  if (thread.packet_from == slot) PacketLabels::End();
  if (IsFollowed(before) && recorder.trace().IsOn()) [[unlikely]]
    TraceClosed(index);
  if (thread.ahead_slot == slot) thread.turn &= static_cast<std::uint8_t>(kInLoop | kQueues);
}

std::size_t PacketTracker::FirstWay(const void* session) const {
  return log::Mix(reinterpret_cast<std::uintptr_t>(session)) % (kMaxSessions / kWays) * kWays;
}

std::size_t PacketTracker::PlaceOf(const void* session) {
  const auto key = reinterpret_cast<std::uint64_t>(session);
  const std::size_t first = FirstWay(session);
  for (std::size_t way = first; way < first + kWays; ++way) {
    if (LoadRelaxed(sessions_[way]) == key) return way;
  }
  for (std::size_t way = first; way < first + kWays; ++way) {
    if (LoadRelaxed(sessions_[way]) == 0 && Swap(sessions_[way], std::uint64_t{0}, key)) return way;
  }
  return kMaxSessions;
}

/// It does not begin as MQTT does. Where the recorder was attached it may have been open before.
void PacketTracker::BeginUnknownSession(std::size_t index) {
  SetState(index, kIgnored);
  if (recorder.IsAttached()) JoinSlot(index, nullptr, 0, Connection::Role::kUnknown);
}

void PacketTracker::SessionRead(const void* session, const void* bytes, std::size_t count) {
  const std::size_t place = PlaceOf(session);
  if (place == kMaxSessions) return NoteUnfollowed(bytes);
  const std::size_t index = kMaxDescriptors + place;
  if (StateOf(index) == kRequest) return PacketLabels::End();
  if (StateOf(index) == kWebSocket) return WebSocketRead(index, bytes, count);
  if (StateOf(index) == kUnknown) {
    packet_labels.CountUnlabelled(log::Unlabelled::kTlsSession);
    if (WhatIsForeign(bytes, count) == log::Unlabelled::kWebSocket) return BeginWebSocket(index, bytes, count);
    if (IsHttpRequest(bytes, count)) {
      SetState(index, kRequest);
      return PacketLabels::End();
    }
    if (Slot* slot = SlotAt(index)) slot->descriptor = 0;
    if (!MayBegin(*static_cast<const unsigned char*>(bytes))) BeginUnknownSession(index);
  }
  if (StateOf(index) != kIgnored) Follow(index, bytes, count);
}

std::size_t PacketTracker::FindPlaceOf(const void* session) const {
  const std::size_t first = FirstWay(session);
  std::size_t way = first;
  while (way < first + kWays && LoadRelaxed(sessions_[way]) != reinterpret_cast<std::uint64_t>(session)) ++way;
  return way < first + kWays ? way : kMaxSessions;
}

void PacketTracker::SessionGaveNothing(const void* session) {
  const std::size_t place = FindPlaceOf(session);
  if (place == kMaxSessions) return;
  const std::size_t index = kMaxDescriptors + place;
  if (IsFollowed(StateOf(index))) return GaveNothing(index, true);
  if (StateOf(index) == kWebSocket) WebSocketGaveNothing(index, true);
}

void PacketTracker::SessionWritten(const void* session, const void* bytes, std::size_t count) {
  const bool may_be_connect = *static_cast<const unsigned char*>(bytes) == kConnectByte;
  const std::size_t place = may_be_connect ? PlaceOf(session) : FindPlaceOf(session);
  if (place == kMaxSessions || StateOf(kMaxDescriptors + place) == kIgnored) return;
  Written(kMaxDescriptors + place, bytes, count);
}

void PacketTracker::SessionEnded(const void* session) {
  const auto key = reinterpret_cast<std::uint64_t>(session);
  const std::size_t first = FirstWay(session);
  for (std::size_t way = first; way < first + kWays; ++way) {
    if (LoadRelaxed(sessions_[way]) != key) continue;
    if (StateOf(kMaxDescriptors + way) != kUnknown) Reset(kMaxDescriptors + way);
    StoreRelease(sessions_[way], std::uint64_t{0});
  }
}

/// What a web socket carries.
void PacketTracker::FollowInWebSocket(std::size_t index, const unsigned char* bytes, std::size_t count) {
  const std::size_t place = PlaceOf(KeyOfWebSocket(index));
  if (place == kMaxSessions) return NoteUnfollowed(bytes);
  const std::size_t inner = kMaxDescriptors + place;
  if (StateOf(inner) == kUnknown) {
    Slot* slot = SlotAt(inner);
    if (slot == nullptr || !MayBegin(*bytes)) return SetState(inner, kIgnored);
    slot->descriptor = index < kMaxDescriptors ? static_cast<std::uint32_t>(index + 1) : 0;
  }
  if (StateOf(inner) != kIgnored) Follow(inner, bytes, count);
}

}  // namespace mqtrack::recorder
