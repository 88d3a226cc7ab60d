#include "preload/recorder/packet_tracker.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/recorder/atomic_field.h"
#include "preload/recorder/errno_keeper.h"
#include "preload/recorder/kernel_call.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/shared_count.h"

namespace mqtrack::recorder {

constinit PacketTracker packet_tracker;

struct PacketTracker::Slot {
  std::uint64_t is_busy;  // 1 while a thread feeds `connection`
  Connection connection;
  ConnectionSets sets;
  std::uint32_t is_written;  // 1 while a thread feeds `written`
  std::uint32_t is_client_known;
  Connection written;  // the other direction, as far as its CONNECT: followed as the server will
};

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
  if (was_on_) {
    for (std::size_t index = 0; index < kAll; ++index) {
      if (StateOf(index) != kUnknown) Reset(index);
    }
    for (std::uint64_t& session : sessions_) StoreRelaxed(session, std::uint64_t{0});
  }
  is_on_ = is_on;
  was_on_ = was_on_ || is_on;
}

PacketTracker::Slot* PacketTracker::SlotAt(std::size_t index) {
  Slot*& chunk = chunks_[index / kChunk];
  Slot* slots = LoadAcquire(chunk);
  if (slots == nullptr) {
    const ErrnoKeeper keep_errno;
    constexpr std::size_t kBytes = kChunk * sizeof(Slot);
    void* memory = MapMemory(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    if (memory == MAP_FAILED) return nullptr;
    slots = static_cast<Slot*>(memory);
    if (!Swap(chunk, static_cast<Slot*>(nullptr), slots)) {
      UnmapMemory(slots, kBytes);
      slots = LoadAcquire(chunk);
    }
  }
  return slots + index % kChunk;
}

void PacketTracker::FollowDescriptor(int fd, const void* bytes, std::size_t count) {
  const auto index = static_cast<std::size_t>(fd);
  if (StateOf(index) == kUnknown) {
    // A CONNECT says what it is; a CONNACK is short enough to be met in a file.
    const unsigned char first = *static_cast<const unsigned char*>(bytes);
    const bool is_socket = MayBegin(first) && (recorder.sandboxed() ? first == 0x10 : IsStreamSocket(fd));
    if (!is_socket) return SetState(index, kIgnored);
  }
  Follow(index, bytes, count);
}

void PacketTracker::DescriptorLost(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= kMaxDescriptors || StateOf(index) != kFollowed) return;
  SetState(index, kIgnored);
  recorder.CountLostConnection();
}

void PacketTracker::Follow(std::size_t index, const void* bytes, std::size_t count) {
  Slot* slot = SlotAt(index);
  if (slot == nullptr || !SwapShared(slot->is_busy, 0, 1)) {
    if (StateOf(index) == kFollowed) recorder.CountLostConnection();
    return SetState(index, kIgnored);
  }
  Connection& connection = slot->connection;
  if (const State state = StateOf(index); state != kFollowed) {
    connection = {};
    slot->sets = {};
    if (state == kConnecting) connection.role = Connection::Role::kClient;
    SetState(index, kFollowed);
  }
  if (thread_state.in_packet != 0 && thread_state.packet_from == slot && FeedMore(connection, bytes, count)) {
    StoreRelease(slot->is_busy, std::uint64_t{0});
    return;
  }
  Handling handling;
  switch (Feed(connection, pool_, bytes, count, handling)) {
    case Fed::kPacket:
      // What the service writes is noted after the call, which may be later than its answer is read elsewhere.
      if (connection.role == Connection::Role::kClient && connection.has_client == 0 &&
          LoadAcquire(slot->is_client_known) != 0) {
        connection.client = slot->written.client;
        connection.has_client = 1;
      }
      recorder.BeginPacket(connection, handling, slot->sets);
      thread_state.packet_from = slot;
      break;
    case Fed::kLostSync:
      recorder.CountLostConnection();
      [[fallthrough]];
    case Fed::kNotMqtt:
      SetState(index, kIgnored);
      Recorder::EndPacket();
      break;
  }
  StoreRelease(slot->is_busy, std::uint64_t{0});
}

void PacketTracker::NoteWritten(std::size_t index, const void* bytes, std::size_t count) {
  const State before = StateOf(index);
  const bool is_descriptor = index < kMaxDescriptors;
  if (before == kUnknown && is_descriptor && !recorder.sandboxed() && !IsStreamSocket(static_cast<int>(index)))
    return SetState(index, kUnknown, kIgnored);
  Slot* slot = SlotAt(index);
  if (slot == nullptr || !Swap(slot->is_written, 0u, 1u)) return;
  if (before == kUnknown) {
    StoreRelease(slot->is_client_known, 0u);
    slot->written = {};
  }
  // Once something was read, only a CONNECT that was answered before it could be noted is still of interest.
  if (before != kFollowed || LoadRelaxed(slot->is_client_known) == 0) {
    Handling handling;
    const Fed fed = Feed(slot->written, pool_, bytes, count, handling);
    const bool is_client = fed == Fed::kPacket && slot->written.role == Connection::Role::kServer;
    if (before != kFollowed && LoadRelaxed(slot->is_client_known) == 0)
      SetState(index, before, is_client ? kConnecting : kIgnored);
    if (is_client && slot->written.has_client != 0) StoreRelease(slot->is_client_known, 1u);
  }
  StoreRelease(slot->is_written, 0u);
}

void PacketTracker::Reset(std::size_t index) {
  const State before = StateOf(index);
  SetState(index, kUnknown);
  if (before == kIgnored) return;
  if (Slot* slot = SlotAt(index)) StoreRelease(slot->is_client_known, 0u);
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

void PacketTracker::SessionRead(const void* session, const void* bytes, std::size_t count) {
  const std::size_t place = PlaceOf(session);
  if (place == kMaxSessions) return;
  const std::size_t index = kMaxDescriptors + place;
  if (StateOf(index) == kUnknown && !MayBegin(*static_cast<const unsigned char*>(bytes))) SetState(index, kIgnored);
  if (StateOf(index) != kIgnored) Follow(index, bytes, count);
}

void PacketTracker::NoteWrittenToSession(const void* session, const void* bytes, std::size_t count) {
  const std::size_t index = kMaxDescriptors + PlaceOf(session);
  if (index < kAll && StateOf(index) != kIgnored) NoteWritten(index, bytes, count);
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

}  // namespace mqtrack::recorder
