// Sockets, and descriptors that come in their messages. Only symbols: what they tell the recorder is descriptors.h's
// business. No guard is held over the real calls, which block and can be cancelled.
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "preload/hooks/descriptors/descriptor_facts.h"
#include "preload/hooks/descriptors/descriptor_functions.h"
#include "preload/hooks/descriptors/descriptors.h"
#include "preload/hooks/mqtt/packet_events.h"

using mqtrack::hooks::FollowDescriptors;
using mqtrack::hooks::KindOfSocket;
using mqtrack::hooks::OnOtherWork;
using mqtrack::hooks::OnReadIntoPieces;
using mqtrack::hooks::OnReceived;
using mqtrack::hooks::Opened;
using mqtrack::hooks::RecordAccepted;
using mqtrack::hooks::RecordConnected;
using mqtrack::hooks::RecordListening;
using mqtrack::hooks::RecordOpened;
using mqtrack::hooks::RecordReceived;

namespace {

constexpr int kScmPidFd = 4;  // SCM_PIDFD of Linux 6.5

/// A caller that does not want the peer's address leaves room for it to be had without another system call.
template <typename RealAccept>
int Accept(int listener, sockaddr* address, socklen_t* length, mqtrack::recorder::StartFrame frame,
           RealAccept real_accept) {
  OnOtherWork();  // of a client that has not said yet who it is
  if (!FollowDescriptors()) return real_accept(address, length);
  if (address != nullptr) {
    const int fd = real_accept(address, length);
    if (fd >= 0) RecordAccepted(fd, listener, frame, nullptr, 0);
    return fd;
  }
  sockaddr_storage own;
  socklen_t own_length = sizeof own;
  auto* peer = reinterpret_cast<sockaddr*>(&own);
  const int fd = real_accept(peer, &own_length);
  if (fd >= 0) RecordAccepted(fd, listener, frame, peer, own_length);
  return fd;
}

/// Descriptors that came with a message. The kernel has filled in the control data, and its length.
void RecordPassed(const msghdr& message, mqtrack::recorder::StartFrame frame) {
  if (message.msg_controllen < sizeof(cmsghdr) || message.msg_control == nullptr || !FollowDescriptors()) return;
  const auto* start = static_cast<const unsigned char*>(message.msg_control);
  for (std::size_t at = 0; at + sizeof(cmsghdr) <= message.msg_controllen;) {
    cmsghdr head;
    std::memcpy(&head, start + at, sizeof head);
    if (head.cmsg_len < sizeof head || head.cmsg_len > message.msg_controllen - at) return;
    if (head.cmsg_level == SOL_SOCKET && (head.cmsg_type == SCM_RIGHTS || head.cmsg_type == kScmPidFd)) {
      for (std::size_t data = CMSG_LEN(0); data + sizeof(int) <= head.cmsg_len; data += sizeof(int)) {
        int fd = -1;
        std::memcpy(&fd, start + at + data, sizeof fd);
        if (fd >= 0) RecordReceived(fd, frame);
      }
    }
    at += CMSG_ALIGN(head.cmsg_len);
  }
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  return Opened(MQTRACK_REAL(socket)(domain, type, protocol), KindOfSocket(domain, type), MQTRACK_HOOK_FRAME);
}

int socketpair(int domain, int type, int protocol, int fds[2]) noexcept {
  const int result = MQTRACK_REAL(socketpair)(domain, type, protocol, fds);
  if (result == 0 && FollowDescriptors()) {
    RecordOpened(fds[0], KindOfSocket(domain, type), MQTRACK_HOOK_FRAME);
    RecordOpened(fds[1], KindOfSocket(domain, type), MQTRACK_HOOK_FRAME);
  }
  return result;
}

int accept(int listener, sockaddr* address, socklen_t* length) {
  return Accept(listener, address, length, MQTRACK_HOOK_FRAME,
                [listener](sockaddr* peer, socklen_t* bytes) { return MQTRACK_REAL(accept)(listener, peer, bytes); });
}

int accept4(int listener, sockaddr* address, socklen_t* length, int flags) {
  return Accept(listener, address, length, MQTRACK_HOOK_FRAME, [listener, flags](sockaddr* peer, socklen_t* bytes) {
    return MQTRACK_REAL(accept4)(listener, peer, bytes, flags);
  });
}

int connect(int fd, const sockaddr* address, socklen_t length) {
  const int result = MQTRACK_REAL(connect)(fd, address, length);
  // Only now is it known that the address can be read.
  if ((result == 0 || errno == EINPROGRESS || errno == EINTR) && FollowDescriptors())
    RecordConnected(fd, address, length);
  return result;
}

int listen(int fd, int backlog) noexcept {
  const int result = MQTRACK_REAL(listen)(fd, backlog);
  if (result == 0 && FollowDescriptors()) RecordListening(fd);
  return result;
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const ssize_t received = MQTRACK_REAL(recvmsg)(fd, message, flags);
  if (received < 0) {
    OnReceived(fd, nullptr, 0, flags, received);
    return received;
  }
  RecordPassed(*message, MQTRACK_HOOK_FRAME);
  OnReadIntoPieces(fd, message->msg_iov, message->msg_iovlen, flags, received);
  return received;
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  const int received = MQTRACK_REAL(recvmmsg)(fd, messages, count, flags, timeout);
  if (received < 0) OnReceived(fd, nullptr, 0, flags, received);
  for (int i = 0; i < received; ++i) {
    const msghdr& message = messages[i].msg_hdr;
    RecordPassed(message, MQTRACK_HOOK_FRAME);
    OnReadIntoPieces(fd, message.msg_iov, message.msg_iovlen, flags, messages[i].msg_len);
  }
  return received;
}

}  // extern "C"
#pragma GCC visibility pop
