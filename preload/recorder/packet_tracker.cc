#include "preload/recorder/packet_tracker.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/recorder/atomic_field.h"
#include "preload/recorder/errno_keeper.h"
#include "preload/recorder/kernel_call.h"
#include "preload/recorder/recorder.h"

namespace mqtrack::recorder {

constinit PacketTracker packet_tracker;

struct PacketTracker::Slot {
  std::uint32_t is_busy;  // 1 while a thread feeds it
  Connection connection;
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
    for (volatile std::uint8_t& state : states_) state = kUnknown;
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
  if (states_[index] == kUnknown) {
    // A CONNECT says what it is; a CONNACK is short enough to be met in a file.
    const unsigned char first = *static_cast<const unsigned char*>(bytes);
    const bool is_socket = MayBegin(first) && (recorder.sandboxed() ? first == 0x10 : IsStreamSocket(fd));
    if (!is_socket) {
      states_[index] = kIgnored;
      return;
    }
  }
  Follow(index, bytes, count);
}

void PacketTracker::DescriptorLost(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= kMaxDescriptors || states_[index] != kFollowed) return;
  states_[index] = kIgnored;
  recorder.CountLostConnection();
}

void PacketTracker::Follow(std::size_t index, const void* bytes, std::size_t count) {
  Slot* slot = SlotAt(index);
  if (slot == nullptr || !Swap(slot->is_busy, 0u, 1u)) {
    if (states_[index] == kFollowed) recorder.CountLostConnection();
    states_[index] = kIgnored;
    return;
  }
  if (states_[index] == kUnknown) {
    slot->connection = {};
    states_[index] = kFollowed;
  }
  Handling handling;
  switch (Feed(slot->connection, pool_, bytes, count, handling)) {
    case Fed::kPacket:
      recorder.BeginPacket(slot->connection, handling);
      break;
    case Fed::kLostSync:
      recorder.CountLostConnection();
      [[fallthrough]];
    case Fed::kNotMqtt:
      states_[index] = kIgnored;
      Recorder::EndPacket();
      break;
  }
  StoreRelease(slot->is_busy, 0u);
}

std::size_t PacketTracker::FirstWay(const void* session) const {
  return log::Mix(reinterpret_cast<std::uintptr_t>(session)) % (kMaxSessions / kWays) * kWays;
}

void PacketTracker::SessionRead(const void* session, const void* bytes, std::size_t count) {
  const auto key = reinterpret_cast<std::uint64_t>(session);
  const std::size_t first = FirstWay(session);
  std::size_t place = kMaxSessions;
  for (std::size_t way = first; way < first + kWays && place == kMaxSessions; ++way) {
    if (LoadRelaxed(sessions_[way]) == key) place = way;
  }
  for (std::size_t way = first; way < first + kWays && place == kMaxSessions; ++way) {
    if (LoadRelaxed(sessions_[way]) != 0 || !Swap(sessions_[way], std::uint64_t{0}, key)) continue;
    place = way;
    states_[kMaxDescriptors + place] = kUnknown;
  }
  if (place == kMaxSessions) return;
  const std::size_t index = kMaxDescriptors + place;
  if (states_[index] == kUnknown && !MayBegin(*static_cast<const unsigned char*>(bytes))) states_[index] = kIgnored;
  if (states_[index] != kIgnored) Follow(index, bytes, count);
}

void PacketTracker::SessionEnded(const void* session) {
  const auto key = reinterpret_cast<std::uint64_t>(session);
  const std::size_t first = FirstWay(session);
  for (std::size_t way = first; way < first + kWays; ++way) {
    if (LoadRelaxed(sessions_[way]) == key) StoreRelaxed(sessions_[way], std::uint64_t{0});
  }
}

}  // namespace mqtrack::recorder
