#include "libtrack/procfs/descriptor_names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string_view>

#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

constexpr unsigned kListening = 0x0a;  // TCP_LISTEN, as /proc/net/tcp prints it
constexpr char kAnonymous[] = "anon_inode:";

/// An address of /proc/net/tcp or tcp6: words of 32 bits in the machine's own order, as hex.
std::string AddressText(const char* hex, unsigned port, bool is_version_6) {
  std::array<std::uint32_t, 4> words{};
  const std::size_t count = is_version_6 ? words.size() : 1;
  for (std::size_t i = 0; i < count && std::strlen(hex) >= 8 * (i + 1); ++i) {
    words[i] = static_cast<std::uint32_t>(std::strtoul(std::string(hex + 8 * i, 8).c_str(), nullptr, 16));
  }
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(is_version_6 ? AF_INET6 : AF_INET, words.data(), text, sizeof text);
  const std::string address = is_version_6 ? "[" + std::string(text) + "]" : text;
  return address + ":" + std::to_string(port);
}

}  // namespace

std::string DescriptorNames::Describe(std::int64_t descriptor) {
  char target[4096];
  const std::string link = "/proc/" + std::to_string(pid_) + "/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), target, sizeof target);
  if (length <= 0) return {};
  const std::string name(target, static_cast<std::size_t>(length));
  if (name.starts_with("pipe:")) return "pipe";
  if (name.starts_with(kAnonymous)) {
    const std::string kind = name.substr(sizeof kAnonymous - 1);
    if (kind == "[eventpoll]") return "epoll";
    return kind.size() > 2 && kind.front() == '[' ? kind.substr(1, kind.size() - 2) : kind;
  }
  std::uint64_t inode = 0;
  if (std::sscanf(name.c_str(), "socket:[%" SCNu64 "]", &inode) != 1) return name;
  if (!sockets_read_) ReadSockets();
  const auto found = sockets_.find(inode);
  return found == sockets_.end() ? "socket" : found->second;
}

void DescriptorNames::ReadSockets() {
  sockets_read_ = true;
  ReadInternetSockets("tcp", "tcp", false);
  ReadInternetSockets("tcp6", "tcp", true);
  ReadInternetSockets("udp", "udp", false);
  ReadInternetSockets("udp6", "udp", true);
  ReadUnixSockets();
}

void DescriptorNames::ReadInternetSockets(const char* file, const char* protocol, bool is_version_6) {
  const auto content = support::ReadFile("/proc/" + std::to_string(pid_) + "/net/" + file);
  if (!content) return;
  std::istringstream lines(*content);
  for (std::string line; std::getline(lines, line);) {
    char local[33] = "", remote[33] = "";
    unsigned local_port = 0, remote_port = 0, state = 0;
    std::uint64_t inode = 0;
    if (std::sscanf(line.c_str(), " %*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*s %*s %*s %*u %*u %" SCNu64, local,
                    &local_port, remote, &remote_port, &state, &inode) != 6) {
      continue;
    }
    std::string text = std::string(protocol) + " " + AddressText(local, local_port, is_version_6);
    if (std::string_view(protocol) == "tcp" && state == kListening) {
      text += ", listening";
    } else if (remote_port != 0) {
      text += " with " + AddressText(remote, remote_port, is_version_6);
    }
    sockets_[inode] = std::move(text);
  }
}

void DescriptorNames::ReadUnixSockets() {
  const auto content = support::ReadFile("/proc/" + std::to_string(pid_) + "/net/unix");
  if (!content) return;
  std::istringstream lines(*content);
  for (std::string line; std::getline(lines, line);) {
    std::uint64_t inode = 0;
    int path_at = 0;
    if (std::sscanf(line.c_str(), "%*s %*s %*s %*s %*s %*s %" SCNu64 " %n", &inode, &path_at) != 1) continue;
    const bool named = path_at > 0 && static_cast<std::size_t>(path_at) < line.size();
    sockets_[inode] = named ? "unix " + line.substr(static_cast<std::size_t>(path_at)) : "unix socket";
  }
}

}  // namespace mqtrack::procfs
