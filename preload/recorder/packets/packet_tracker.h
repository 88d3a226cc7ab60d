// Which connections a process follows: one packet follower for each descriptor, and for each TLS session, that turned
// out to carry MQTT. What is read from them becomes labels of the reading thread. Of what is written a CONNECT is
// read: where the process is a client, the packets that it reads do not say which of its clients they are for. All
// others are counted. Where the process is a broker, both directions tell what it has to hold (broker/client_link.h).
//
// Of a connection that goes over to WebSockets what its frames carry is followed like a TLS session of its own, by a
// key that is no address.
//
// Connections that were open when the recorder was attached are joined in their middle (packet_follower.h), at the
// start of any read: that is where most services begin a packet. Their client's id was said before; in its place stands
// what is known, the peer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/packets/packet_follower.h"
#include "preload/recorder/packets/packet_labels.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {

/// All members may be called from any thread and from signal handlers, keep errno, allocate nothing and never block.
/// Where two threads read from one connection at once, it is given up: nobody knows in which order.
class PacketTracker {
 public:
  /// As often it is looked whether a packet begins at the start of a read, of what was open before.
  static constexpr std::uint8_t kMostJoins = 16;
  /// Descriptors from here on are not followed.
  static constexpr std::size_t kMaxDescriptors = 65536;
  /// TLS sessions followed at a time; further ones are not.
  static constexpr std::size_t kMaxSessions = 8192;

  /// Follows what is opened from now on; what was followed before is forgotten. `is_on` false: nothing is followed.
  void Start(bool is_on);
  [[nodiscard]] bool is_on() const { return is_on_; }

  /// The service has read these bytes, at least one, from a descriptor.
  void DescriptorRead(int fd, const void* bytes, std::size_t count) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= kMaxDescriptors) [[unlikely]]
      return NoteUnfollowed(bytes);
    if (StateOf(index) == kIgnored) return;
    FollowDescriptor(fd, bytes, count);
  }
  /// A read has given nothing: there was nothing now (`is_open`), or there will be no more.
  void DescriptorGaveNothing(int fd, bool is_open) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= kMaxDescriptors) return;
    const State state = StateOf(index);
    if (IsFollowed(state)) return GaveNothing(index, is_open);
    if (state == kWebSocket) return WebSocketGaveNothing(index, is_open);
    if ((state != kUnknown && state != kJoining) || !is_open) return;
    if (state == kUnknown) SetState(index, state, kTried);
    thread_state.turn |= kQueues;
  }
  /// The service has written these bytes, at least one.
  void DescriptorWritten(int fd, const void* bytes, std::size_t count) {
    const auto index = static_cast<std::size_t>(fd);
    if (IgnoresWrites(fd)) return;
    Written(index, bytes, count);
  }
  /// True if DescriptorWritten would do nothing, whatever is written.
  [[nodiscard]] bool IgnoresWrites(int fd) const {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= kMaxDescriptors) return true;
    const State state = StateOf(index);
    return state == kIgnored || state == kWaker;
  }
  /// The descriptor was opened or closed, or the peer has ended its connection: whatever comes next is another one.
  void DescriptorChanged(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index < kMaxDescriptors && StateOf(index) != kUnknown) Reset(index);
  }
  /// It was opened, and what is read from it only says that there is other work: a timer, an eventfd, a pipe.
  void DescriptorWakes(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (is_on_ && index < kMaxDescriptors) SetState(index, kWaker);
  }
  /// This one was open before the recorder came, and is a connection of a stream socket. `peer`: whom it leads to,
  /// without a port that was chosen at random; empty: not known. `role`: ours, as far as it can be known. To be called
  /// before any thread reads from it.
  void DescriptorWasOpen(int fd, const char* peer, std::size_t bytes, Connection::Role role);
  /// The service got bytes from a descriptor that we could not see: its connection can no longer be followed.
  void DescriptorLost(int fd);

  /// The same for what it read from a TLS session, known by the address of its SSL.
  void SessionRead(const void* session, const void* bytes, std::size_t count);
  void SessionWritten(const void* session, const void* bytes, std::size_t count);
  void SessionGaveNothing(const void* session);
  void SessionEnded(const void* session);

  /// The calling thread has looked for work without waiting (attribution.h).
  static void ThreadPolled();
  /// It is about to wait for work.
  static void ThreadWaits() {
    ThreadState& thread = thread_state;
    thread.turn &= kQueues;
    thread.loop_locks = 0;
    PacketLabels::End();
    if (recorder.trace().IsOn()) [[unlikely]]
      recorder.trace().Write({.type = log::TraceType::kWaits});
  }
  /// It handles what it has read ahead.
  static void HandleReadAhead();

  /// In a child of fork, alone: what clients of the parent's are owed is the parent's. False: there is no log.
  void ForgetClientsAfterFork(bool has_log) const;

  /// Gives the calling thread the labels of the packet that it handles, if it is InPacket::kUnlabelled. If other
  /// threads were started since, they may have read from the same connection, and nobody knows the labels any more.
  void LabelPacket();

 private:
  enum State : std::uint8_t {
    kUnknown = 0,
    kIgnored = 1,
    kWaker = 2,
    kConnecting = 3,  // a CONNECT is being written, or has been, and nothing was read yet
    kFollowed = 4,
    kServed = 5,    // followed, and we are the server
    kTried = 6,     // as kUnknown, and a read has given nothing
    kJoining = 7,   // it was open before the recorder came, and may turn out to be MQTT
    kWebSocket = 8,  // what is read and written are frames; what they carry has an index of its own
    kRequest = 9     // whoever reads from it begins something that is not followed: an HTTP request, whose answer may
                     // make it a web socket, or one that was lost
  };
  [[nodiscard]] static bool IsFollowed(State state) { return state == kFollowed || state == kServed; }
  [[nodiscard]] static bool IsNew(State state) { return state == kUnknown || state == kTried; }
  static constexpr unsigned char kConnectByte = 0x10;
  static constexpr std::size_t kAll = kMaxDescriptors + kMaxSessions;
  static constexpr std::size_t kChunk = 128;
  static constexpr std::size_t kWays = 8;
  struct Slot;

  [[nodiscard]] State StateOf(std::size_t index) const { return static_cast<State>(LoadRelaxed(states_[index])); }
  void SetState(std::size_t index, State state) { StoreRelaxed(states_[index], static_cast<std::uint8_t>(state)); }
  /// Unless another thread was faster.
  void SetState(std::size_t index, State before, State after) {
    Swap(states_[index], static_cast<std::uint8_t>(before), static_cast<std::uint8_t>(after));
  }
  void JoinSlot(std::size_t index, const char* peer, std::size_t bytes, Connection::Role role);
  bool JoinAgain(Slot& slot);
  static void NoteJoined(Slot& slot);
  void FollowDescriptor(int fd, const void* bytes, std::size_t count);
  void Follow(std::size_t index, const void* bytes, std::size_t count);
  [[gnu::noinline]] void Feed(std::size_t index, Slot& slot, const void* bytes, std::size_t count);
  void NoteQuietly(Slot& slot, bool is_first);
  static void NoteTurn(Slot& slot);
  void GaveNothing(std::size_t index, bool is_open);
  [[nodiscard]] std::size_t FindPlaceOf(const void* session) const;
  [[gnu::noinline]] void Label(Slot& slot);
  static void AdoptClient(Slot& slot);
  /// The connection's descriptor or session is not ignored.
  void Written(std::size_t index, const void* bytes, std::size_t count) {
    const State state = StateOf(index);
    if (state == kWebSocket) [[unlikely]]
      return WebSocketWritten(index, bytes, count);
    if (state == kRequest) return RequestAnswered(index, bytes, count);
    if (IsFollowed(state)) CountSent(index, bytes, count);
    // A CONNECT may be written in pieces.
    const bool may_be_connect = *static_cast<const unsigned char*>(bytes) == kConnectByte && state != kServed;
    if (may_be_connect || state == kConnecting) NoteWritten(index, bytes, count);
  }
  [[nodiscard]] static const void* KeyOfWebSocket(std::size_t index);
  [[gnu::noinline]] void BeginWebSocket(std::size_t index, const void* bytes, std::size_t count);
  [[gnu::noinline]] void WebSocketRead(std::size_t index, const void* bytes, std::size_t count);
  void WebSocketWritten(std::size_t index, const void* bytes, std::size_t count);
  void RequestAnswered(std::size_t index, const void* bytes, std::size_t count);
  void WebSocketGaveNothing(std::size_t index, bool is_open);
  void FollowInWebSocket(std::size_t index, const unsigned char* bytes, std::size_t count);
  void LoseWebSocket(std::size_t index);
  void NoteWritten(std::size_t index, const void* bytes, std::size_t count);
  static void AddSent(std::size_t index, Slot& slot, const void* bytes, std::size_t count, bool is_broker);
  // While a timeline is asked for:
  void TraceQuietly(std::size_t index, Slot& slot, bool is_first);
  static void TraceFed(std::size_t index, const Slot& slot, const Handling& handling, State before);
  static void TraceSent(std::size_t index, const Slot& slot, const PacketCounts& counts);
  static void TraceClosed(std::size_t index);
  [[gnu::noinline]] void CountSent(std::size_t index, const void* bytes, std::size_t count);
  static void FollowClient(Slot& slot, const void* bytes, std::size_t count);
  static void FollowQuietly(Slot& slot, bool is_first, const void* bytes, std::size_t count);
  static void GoOnWithSkipped(Slot& slot, std::size_t back);
  void LoseClient(std::size_t index);
  static void NoteUnfollowed(const void* bytes);
  void BeginUnknownSession(std::size_t index);
  void Reset(std::size_t index);
  [[nodiscard]] std::size_t PlaceOf(const void* session);
  [[nodiscard]] Slot* SlotAt(std::size_t index);
  [[nodiscard]] [[gnu::noinline]] Slot* MakeChunk(std::size_t number);
  [[nodiscard]] std::size_t FirstWay(const void* session) const;

  bool is_on_ = false, was_on_ = false;
  std::uint8_t states_[kAll] = {};    // one look-up for each read of what is not MQTT
  Slot* chunks_[kAll / kChunk] = {};  // had from the kernel when the first of them is needed
  std::uint64_t sessions_[kMaxSessions] = {};
  TopicPool pool_ = {};
};

/// The one of this process; in static storage that is touched only as connections come.
extern PacketTracker packet_tracker;

}  // namespace mqtrack::recorder
