// What a descriptor of another process is: "tcp 127.0.0.1:1883", "pipe", "/var/log/x".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace mqtrack::procfs {

/// Reads /proc/PID/fd, and the tables of sockets when the first socket is asked for. A moment's picture.
class DescriptorNames {
 public:
  explicit DescriptorNames(pid_t pid) : pid_(pid) {}

  /// "tcp 10.0.0.1:1883 with 10.0.0.7:40312", "tcp 0.0.0.0:1883, listening", "unix /run/x", "epoll", "eventfd",
  /// "pipe", a path; empty if it cannot be told.
  [[nodiscard]] std::string Describe(std::int64_t descriptor);

 private:
  void ReadSockets();
  void ReadInternetSockets(const char* file, const char* protocol, bool is_version_6);
  void ReadUnixSockets();

  pid_t pid_;
  bool sockets_read_ = false;
  std::map<std::uint64_t, std::string> sockets_;  // by inode
};

}  // namespace mqtrack::procfs
