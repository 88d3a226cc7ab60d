#include "preload/hooks/descriptors/descriptors.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cstring>

#include "preload/hooks/descriptors/descriptor_facts.h"
#include "preload/hooks/descriptors/peer_text.h"
#include "preload/hooks/resource_scope.h"
#include "preload/hooks/timers/timers_before.h"
#include "preload/recorder/packets/packet_labels.h"
#include "preload/recorder/packets/packet_tracker.h"
#include "preload/recorder/resources.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::hooks {
namespace {

using log::Kind;
using log::LabelKey;
using recorder::Connection;
using recorder::ErrnoKeeper;
using recorder::Label;
using recorder::LiveRecord;
using recorder::LoadRelaxed;
using recorder::StoreRelaxed;

/// What is known to be open: FdKind + 1, else 0. For copies, which are of their original's kind, and for calls that
/// close a range, which may be of thousands of millions of numbers. As large as the kernel's limit of descriptors is
/// unless an administrator raises it; untouched pages cost nothing. Larger numbers are recorded, and of kind `other`
/// when copied.
constexpr unsigned kNumbers = 1u << 20;
std::uint8_t open_kinds[kNumbers];
unsigned highest_known;

void NoteKind(int fd, std::uint8_t kind_plus_1) {
  const auto number = static_cast<unsigned>(fd);
  if (number >= kNumbers) return;
  StoreRelaxed(open_kinds[number], kind_plus_1);
  for (unsigned highest = LoadRelaxed(highest_known); number > highest; highest = LoadRelaxed(highest_known)) {
    if (recorder::Swap(highest_known, highest, number)) break;
  }
}

std::uint8_t KnownKind(int fd) {
  const auto number = static_cast<unsigned>(fd);
  return number < kNumbers ? LoadRelaxed(open_kinds[number]) : std::uint8_t{0};
}

std::uint8_t ToByte(FdKind kind) { return static_cast<std::uint8_t>(static_cast<unsigned>(kind) + 1); }

Label KindLabel(FdKind kind) {
  const char* name = kFdKindNames[static_cast<unsigned>(kind)];
  return {LabelKey::kFdKind, name, std::strlen(name)};
}

/// The guard, and whether this is the process whose descriptors are recorded: a child of vfork runs in its memory.
class DescriptorScope {
 public:
  explicit DescriptorScope(recorder::StartFrame frame) : scope_(frame) {}
  [[nodiscard]] bool records() const { return scope_.records() && !recorder::recorder.IsInChildOfVfork(); }

 private:
  const ErrnoKeeper keep_errno_;
  ResourceScope scope_;
};

void Record(int fd, FdKind kind, recorder::StartFrame frame, const PeerText* peer, int copy_of) {
  const auto handle = static_cast<std::uint64_t>(fd);
  LiveRecord stale;  // closed by a call that cannot be seen: fclose inside the C library
  (void)recorder::resources.Forget(Kind::kDescriptor, handle, stale);
  NoteKind(fd, ToByte(kind));
  Label labels[2] = {KindLabel(kind)};
  std::size_t count = 1;
  if (peer != nullptr && peer->length() != 0) labels[count++] = {LabelKey::kPeer, peer->text(), peer->length()};
  recorder::resources.Record(Kind::kDescriptor, handle, 0, frame, labels, count);
  OnDescriptorOpened(fd, kind, copy_of);
}

/// Without the port: whether the other end's is a well-known one cannot be told.
PeerText AskForPeer(int fd) {
  sockaddr_storage address;
  socklen_t bytes = sizeof address;
  address.ss_family = AF_UNSPEC;
  if (recorder::recorder.sandboxed() ||
      recorder::KernelCall(SYS_getpeername, fd, recorder::Argument(&address), recorder::Argument(&bytes)) != 0) {
    bytes = 0;
  }
  return {reinterpret_cast<const sockaddr*>(&address), bytes, PeerPort::kDrop};
}

void RecordOfKind(int fd, FdKind kind, recorder::StartFrame frame, int copy_of) {
  if (kind == FdKind::kTcp && recorder::recorder.Records(Kind::kDescriptor)) {
    const PeerText peer = AskForPeer(fd);
    Record(fd, kind, frame, &peer, copy_of);
  } else {
    Record(fd, kind, frame, nullptr, copy_of);
  }
}

/// The ports that the process listens on, while it is looked which connections are open: those of their own end on one
/// of these came in. Others it has made itself.
class ListeningPorts {
 public:
  void Clear() { count_ = 0; }
  void Add(int fd) {
    const unsigned port = PortOf(fd);
    if (port != 0 && count_ < kMost) ports_[count_++] = port;
  }
  [[nodiscard]] Connection::Role RoleIn(int fd) const {
    const unsigned port = PortOf(fd);
    if (port == 0 || count_ == kMost) return Connection::Role::kUnknown;
    for (std::size_t i = 0; i < count_; ++i) {
      if (ports_[i] == port) return Connection::Role::kServer;
    }
    return Connection::Role::kClient;
  }

 private:
  /// Of its own end, in the network's order of bytes; 0: none.
  static unsigned PortOf(int fd) {
    sockaddr_storage address;
    socklen_t bytes = sizeof address;
    address.ss_family = AF_UNSPEC;
    if (recorder::KernelCall(SYS_getsockname, fd, recorder::Argument(&address), recorder::Argument(&bytes)) != 0 ||
        (address.ss_family != AF_INET && address.ss_family != AF_INET6))
      return 0;
    std::uint16_t port = 0;
    std::memcpy(&port, reinterpret_cast<const unsigned char*>(&address) + 2, sizeof port);  // in both families
    return port;
  }

  static constexpr std::size_t kMost = 64;
  std::size_t count_ = 0;
  unsigned ports_[kMost] = {};
};
ListeningPorts listening;

void RecordInherited(int fd) {
  const DescriptorFacts facts = DescribeDescriptor(fd);
  NoteKind(fd, ToByte(facts.kind));
  const PeerText peer = AskForPeer(fd);
  const char* state = recorder::recorder.IsAttached() ? "before_attach" : "inherited";
  Label labels[3] = {KindLabel(facts.kind), {LabelKey::kState, state, std::strlen(state)}};
  std::size_t count = 2;
  if (facts.kind == FdKind::kTcp && peer.length() != 0) labels[count++] = {LabelKey::kPeer, peer.text(), peer.length()};
  recorder::resources.RecordInherited(Kind::kDescriptor, static_cast<std::uint64_t>(fd), 0, labels, count);
  if (facts.kind == FdKind::kTimerFd) RecordTimerFdBefore(fd);
  if (facts.kind == FdKind::kPipe || facts.kind == FdKind::kEventFd || facts.kind == FdKind::kTimerFd)
    recorder::packet_tracker.DescriptorWakes(fd);
  if (facts.listening) listening.Add(fd);
}

/// Of what was open when the recorder was attached.
void FollowConnection(int fd) {
  const std::uint8_t known = KnownKind(fd);
  const bool is_tcp = known == ToByte(FdKind::kTcp);
  if (!is_tcp && known != ToByte(FdKind::kUnix)) return;
  const PeerText peer = AskForPeer(fd);
  if (is_tcp && peer.length() == 0) return;  // it listens, or is not connected
  if (is_tcp) recorder::packet_labels.CountUnlabelled(log::Unlabelled::kOpenBefore);
  recorder::packet_tracker.DescriptorWasOpen(fd, peer.text(), peer.length(), listening.RoleIn(fd));
}

/// The guard is held.
void Copy(int fd, int original, recorder::StartFrame frame) {
  const std::uint8_t known = KnownKind(original);
  FdKind kind = known != 0 ? static_cast<FdKind>(known - 1) : FdKind::kOther;
  if (known == 0 && !recorder::recorder.sandboxed()) kind = DescribeDescriptor(fd).kind;
  RecordOfKind(fd, kind, frame, original);
}

}  // namespace

void RecordOpened(int fd, FdKind kind, recorder::StartFrame frame, int copy_of) {
  const DescriptorScope scope(frame);
  if (scope.records()) Record(fd, kind, frame, nullptr, copy_of);
}

void RecordAccepted(int fd, int listener, recorder::StartFrame frame, const sockaddr* peer, socklen_t peer_bytes) {
  const DescriptorScope scope(frame);
  if (!scope.records()) return;
  const std::uint8_t known = KnownKind(listener);
  FdKind kind = known != 0 ? static_cast<FdKind>(known - 1) : FdKind::kOther;
  if (known == 0 && !recorder::recorder.sandboxed()) kind = DescribeDescriptor(fd).kind;
  if (kind != FdKind::kTcp || !recorder::recorder.Records(Kind::kDescriptor))
    return Record(fd, kind, frame, nullptr, -1);
  const PeerText text = peer != nullptr ? PeerText(peer, peer_bytes, PeerPort::kDrop) : AskForPeer(fd);
  Record(fd, kind, frame, &text, -1);
}

void RecordCopy(int fd, int original, recorder::StartFrame frame) {
  const DescriptorScope scope(frame);
  if (scope.records()) Copy(fd, original, frame);
}

void RecordReplaced(int fd, int original, recorder::StartFrame frame) {
  const DescriptorScope scope(frame);
  if (!scope.records()) return;
  OnDescriptorClosing(fd);
  Copy(fd, original, frame);
}

void RecordReceived(int fd, recorder::StartFrame frame) {
  const DescriptorScope scope(frame);
  if (!scope.records()) return;
  RecordOfKind(fd, recorder::recorder.sandboxed() ? FdKind::kOther : DescribeDescriptor(fd).kind, frame, -1);
}

void RecordConnected(int fd, const sockaddr* peer, socklen_t peer_bytes) {
  const DescriptorScope scope(MQTRACK_HOOK_FRAME);
  if (!scope.records() || !recorder::recorder.Records(Kind::kDescriptor)) return;
  const PeerText text(peer, peer_bytes, PeerPort::kKeep);
  const Label label = {LabelKey::kPeer, text.text(), text.length()};
  if (text.length() == 0) return;
  (void)recorder::resources.Relabel(Kind::kDescriptor, static_cast<std::uint64_t>(fd), &label, 1);
}

void RecordListening(int fd) {
  const DescriptorScope scope(MQTRACK_HOOK_FRAME);
  if (!scope.records()) return;
  constexpr char kListening[] = "listening";
  const Label label = {LabelKey::kState, kListening, sizeof kListening - 1};
  (void)recorder::resources.Relabel(Kind::kDescriptor, static_cast<std::uint64_t>(fd), &label, 1);
}

void RecordClosing(int fd, ClosingDescriptor& closing) {
  const DescriptorScope scope(MQTRACK_HOOK_FRAME);
  if (fd < 0 || !scope.records()) return;
  OnDescriptorClosing(fd);
  closing.kind = KnownKind(fd);
  NoteKind(fd, 0);
  closing.known = recorder::resources.Forget(Kind::kDescriptor, static_cast<std::uint64_t>(fd), closing.record);
}

void RestoreClosing(int fd, const ClosingDescriptor& closing) {
  const DescriptorScope scope(MQTRACK_HOOK_FRAME);
  if (!closing.known || !scope.records()) return;
  NoteKind(fd, closing.kind);
  recorder::resources.Restore(Kind::kDescriptor, static_cast<std::uint64_t>(fd), closing.record);
}

void RecordClosingRange(unsigned first, unsigned last) {
  const unsigned highest = LoadRelaxed(highest_known);
  for (unsigned fd = first; fd <= last && fd <= highest; ++fd) {
    if (KnownKind(static_cast<int>(fd)) != 0) RecordClosing(static_cast<int>(fd));
  }
}

void ForgetDescriptorsAfterFork() {
  if (!AreDescriptorsFollowed()) return;
  recorder::resources.ForgetWhere(Kind::kDescriptor, [](std::uint64_t handle) {
    return recorder::KernelCall(SYS_fcntl, static_cast<long>(handle), F_GETFD) < 0;
  });
  VisitOpenDescriptors([](int fd) {
    if (!recorder::resources.Knows(Kind::kDescriptor, static_cast<std::uint64_t>(fd))) RecordInherited(fd);
  });
}

void RecordInheritedDescriptors() {
  // Under a filter they are not asked for; the comparison with /proc at a snapshot finds them.
  if (!AreDescriptorsFollowed() || recorder::recorder.sandboxed()) return;
  listening.Clear();
  VisitOpenDescriptors(RecordInherited);
  // A program that was started begins with no connection that has said anything.
  const bool was_started = recorder::recorder.header().origin == static_cast<std::uint32_t>(log::Origin::kPreload);
  if (!was_started && recorder::packet_tracker.is_on()) VisitOpenDescriptors(FollowConnection);
}

}  // namespace mqtrack::hooks
